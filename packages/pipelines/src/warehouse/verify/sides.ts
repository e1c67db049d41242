import type { AttemptContext, ConnectionSpec, SqlValue } from '@drover/core';
import { Session } from '@drover/postgres';
import type { TargetRow, TargetSql } from '../target-sql.ts';
import { type Dialect, sourceDialect, TARGET_DIALECT } from './dialect.ts';
import { testDigests } from './self-test.ts';

/** What a verification is connected to. */
export interface VerifyParts {
  readonly source: ConnectionSpec;
  readonly target: TargetSql;
}

export type VerifyAttempt = Pick<AttemptContext, 'applicationName' | 'signal'>;

/** One of the two databases, as far as queries go that are written for both. */
export interface Side {
  readonly dialect: Dialect;
  query(text: string): Promise<readonly TargetRow[]>;
}

/** One statement at a time. */
export interface SourceSide extends Side {
  query(text: string, values?: readonly SqlValue[]): Promise<readonly TargetRow[]>;
}

export interface Sides extends AsyncDisposable {
  readonly source: SourceSide;
  readonly target: Side;
}

/**
 * Opens a session on the source, and makes sure that both sides compute the same digests. When the signal
 * aborts, the source is told to stop, nobody waits for the target any more, and queries throw the reason.
 * @throws DroverError DIGEST_UNRELIABLE
 */
export async function openSides(parts: VerifyParts, attempt: VerifyAttempt): Promise<Sides> {
  const { signal, applicationName } = attempt;
  signal.throwIfAborted();
  const session = await Session.open(parts.source, { side: 'source', applicationName });
  const interrupt = () => session.interrupt();
  signal.addEventListener('abort', interrupt, { once: true });
  const close = async () => {
    signal.removeEventListener('abort', interrupt);
    await session.close();
  };
  const query: SourceSide['query'] = (text, values) =>
    untilAborted(signal, () => session.query(text, values));
  try {
    const [encoding] = await query("select getdatabaseencoding() = 'UTF8' as utf8");
    const utf8 = encoding?.['utf8'] === 't';
    const source: SourceSide = { dialect: sourceDialect(utf8), query };
    const target: Side = {
      dialect: TARGET_DIALECT,
      query: (text) => untilAborted(signal, () => parts.target.query(text, signal)),
    };
    await testDigests(source, target, utf8);
    return { source, target, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** One look at the source: all that `work` reads there is of the same moment. */
export async function inSnapshot<T>(source: SourceSide, work: () => Promise<T>): Promise<T> {
  await source.query('begin isolation level repeatable read read only');
  await source.query('set local jit = off');
  const result = await work();
  await source.query('commit');
  return result;
}

async function untilAborted<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  let giveUp = () => {};
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal.reason);
  });
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await Promise.race([ask(), aborted]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

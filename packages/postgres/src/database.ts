import {
  type ConnectionSpec,
  DroverError,
  type SqlDatabase,
  type SqlRow,
  type SqlValue,
} from '@drover/core';
import pg from 'pg';
import { classifyError } from './classify.ts';
import {
  clientConfig,
  dropUnlessEnded,
  pinSettings,
  type SessionOptions,
  whereOf,
} from './client.ts';

/** A pool for short statements. Close it with `close`. */
export interface Database extends SqlDatabase, AsyncDisposable {
  readonly where: string;
  close(): Promise<void>;
}

export interface DatabaseOptions extends SessionOptions {
  /** Most connections at a time. */
  readonly max: number;
  /** How long a statement waits for its answer before its connection is dropped; 60 s by default. */
  readonly answerTimeoutMs?: number;
}

/**
 * Longer than any statement that goes through a pool should take. A server that hangs, or that vanished
 * while bytes were on their way to it, shows in no other way: keepalives are answered by the kernel of the
 * one, and are not sent to the other, for which TCP tries again for a quarter of an hour.
 */
const ANSWER_TIMEOUT_MS = 60_000;

/** @throws DroverError AUTHENTICATION_FAILED where a file for TLS cannot be read. */
export function openDatabase(spec: ConnectionSpec, options: DatabaseOptions): Database {
  const where = whereOf(spec, options);
  const answerTimeoutMs = options.answerTimeoutMs ?? ANSWER_TIMEOUT_MS;
  const pool = new pg.Pool({
    ...clientConfig(spec, options),
    query_timeout: answerTimeoutMs,
    max: options.max,
    idleTimeoutMillis: 30_000,
    // oxlint-disable-next-line typescript/no-misused-promises -- pg-pool waits for it; its types do not say so
    onConnect: (client) => pinSettings(client, spec, options),
  });
  // A connection that breaks while idle is replaced by the pool; the next statement tells the rest.
  pool.on('error', ignore);
  const clients = new Set<pg.PoolClient>();
  pool.on('connect', (client) => clients.add(client));
  pool.on('remove', (client) => clients.delete(client));
  const classified = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw classifyError(error, where, answerTimeoutMs);
    }
  };
  const run = (client: pg.Pool | pg.PoolClient, text: string, values?: readonly SqlValue[]) =>
    classified(async () => {
      const { rows } = await client.query<SqlRow>(text, values as unknown[] | undefined);
      return rows;
    });
  const close = async () => {
    // Waits for the statements in hand, but not for the goodbyes.
    await pool.end();
    for (const client of clients) dropUnlessEnded(client);
  };
  return {
    where,
    query: (text, values) => run(pool, text, values),
    async transaction(work) {
      const client = await classified(() => pool.connect());
      // One that breaks between two statements says so at the next one; unheard, it would end the process.
      client.on('error', ignore);
      let healthy = false;
      try {
        await run(client, 'begin');
        const result = await work({ query: (text, values) => run(client, text, values) });
        await run(client, 'commit');
        healthy = true;
        return result;
      } catch (error) {
        healthy = !isLost(error) && (await rollsBack(client));
        throw error;
      } finally {
        client.off('error', ignore);
        client.release(!healthy);
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Then nothing can be asked of it any more: behind a statement without an answer one would wait as long. */
function isLost(error: unknown): boolean {
  return error instanceof DroverError && error.code === 'CONNECTION_LOST';
}

function rollsBack(client: pg.PoolClient): Promise<boolean> {
  return client.query('rollback').then(
    () => true,
    () => false,
  );
}

function ignore(): void {}

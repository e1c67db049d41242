import type { Run, SplitPart, SqlRow, Unparking } from '@drover/core';
import { type LedgerFixture, plannedChunks, verdictOf } from './ledger-fixture.ts';

/** Takes a chunk of the run's phase and parks it, as an attempt that failed for good does. */
export async function park(fixture: LedgerFixture, runId: number, chunkId: number): Promise<void> {
  const attempt = await fixture.take(runId, chunkId);
  await fixture.ledger.release({
    ...attempt,
    errorCode: 'TABLE_LIMIT',
    errorText: 'too wide',
    reason: 'parked',
    rows: 5,
    bytes: 50,
    event: 'park',
  });
}

/** Moves or verifies whatever the run's phase has to do, and closes it. */
export async function workOffPhase(fixture: LedgerFixture, runId: number): Promise<void> {
  const { ledger } = fixture;
  await ledger.feed({ runId, depth: 1_000 });
  for (const { chunkId } of await ledger.outstanding(runId)) {
    const key = await fixture.take(runId, chunkId);
    if (key.claim.chunk.phase !== 'verify') await fixture.settle(key);
    else await ledger.settleVerdict({ ...key, verdict: verdictOf() });
  }
  const run = await ledger.findRun(runId);
  if (run === null) throw new Error('there is no such run');
  const next = run.phases[run.phases.indexOf(run.phase) + 1] ?? null;
  if (!(await ledger.closePhase({ runId, phase: run.phase, next }))) {
    throw new Error(`the phase ${run.phase} is not over`);
  }
}

/** A run that is done and verified but for the data chunks of the given places, which are parked. */
export async function doneRun(
  fixture: LedgerFixture,
  of: { readonly chunks: number; readonly parked: readonly number[] },
): Promise<{ run: Run; data: readonly number[]; verify: readonly number[] }> {
  const { run, ids: data } = await fixture.plannedRun(of.chunks);
  for (const place of of.parked) await park(fixture, run.id, data[place] ?? 0);
  await workOffPhase(fixture, run.id);
  const moved = data.filter((_, place) => !of.parked.includes(place));
  const verify = await fixture.plan(
    run.id,
    'verify',
    moved.map((originId, ordinal) => ({ ...first(plannedChunks(1, { originId })), ordinal })),
  );
  await workOffPhase(fixture, run.id);
  return { run, data, verify };
}

/** The chunk as it is, to be tried again. */
export const whole = (chunkId: number): Unparking => ({ chunkId, parts: null });

/** A part of any chunk, told from others by its range. */
export const partAt = (at: string): SplitPart => ({
  stream: 'fleet',
  range: { at },
  estimatedRows: 40,
});

/** The chunk's row as the ledger has it. */
export async function chunkRow(fixture: LedgerFixture, chunkId: number): Promise<SqlRow> {
  return first(
    await fixture.database.sql.query(
      `select state, token, generation, attempts, rest_ms, due_at, error_code, error_text, parent_id, ordinal, stream,
         range, estimated_rows, to_char(changed_at, 'HH24:MI:SS.US') as changed
       from drover.chunk where id = $1`,
      [chunkId],
    ),
  );
}

/** Resolves when somebody's statement waits for a lock of another session of this database. */
export async function someoneWaits(fixture: LedgerFixture): Promise<boolean> {
  const waiting = await fixture.database.sql.query(
    `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return waiting.length > 0;
}

export function first<T>(rows: readonly T[]): T {
  const [row] = rows;
  if (row === undefined) throw new Error('there is none');
  return row;
}

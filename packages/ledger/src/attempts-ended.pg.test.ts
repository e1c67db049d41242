import type { EndedAttempts } from '@drover/core';
import { expect, inject, test } from 'vitest';
import { readAttemptsEnded } from './statements/attempts-ended.ts';
import { type LedgerFixture, ledgerFixture } from './testing/ledger-fixture.ts';
import { first, park } from './testing/parked-run.ts';

const postgresUrl = inject('postgresUrl');

/** The attempt began so long before now, and took so long. */
async function endedAgo(
  { database }: LedgerFixture,
  of: { chunkId: number; agoMs: number; tookMs: number },
): Promise<void> {
  await database.sql.query(
    `update drover.attempt set ended_at = clock_timestamp() - $2::int8 * interval '1 ms',
       started_at = clock_timestamp() - ($2::int8 + $3::int8) * interval '1 ms' where chunk_id = $1`,
    [of.chunkId, of.agoMs, of.tookMs],
  );
}

const outcomesOf = ({ outcomes }: EndedAttempts) =>
  outcomes.map(({ outcome, errorCode, count, movedRows }) => ({
    outcome,
    errorCode,
    count,
    movedRows,
  }));

// Mutations: without the filter on the receipt the rows of a parked attempt count as moved; without
// `ended_at > span.beyond` the second call gives the first one's again.
test('attempts that ended are counted by outcome, once each, with rows and times', async () => {
  await using fixture = await ledgerFixture(postgresUrl);
  const { ledger } = fixture;
  const { run, ids } = await fixture.plannedRun(4);
  const [one = 0, other = 0, parked = 0, open = 0] = ids;
  await fixture.settle(await fixture.take(run.id, one), { read: 40 });
  await fixture.settle(await fixture.take(run.id, other), { read: 2 });
  await park(fixture, run.id, parked);
  await fixture.take(run.id, open);
  await endedAgo(fixture, { chunkId: one, agoMs: 60_000, tookMs: 300 });
  await endedAgo(fixture, { chunkId: other, agoMs: 50_000, tookMs: 100 });
  await endedAgo(fixture, { chunkId: parked, agoMs: 40_000, tookMs: 20 });

  const begin = await ledger.attemptsEnded({ runId: run.id, afterMs: null });
  expect(outcomesOf(begin)).toEqual([
    { outcome: 'done', errorCode: null, count: 2, movedRows: 42 },
    { outcome: 'parked', errorCode: 'TABLE_LIMIT', count: 1, movedRows: 0 },
  ]);
  expect(first(begin.outcomes).totalMs).toBeCloseTo(400, -1);
  expect(first(begin.outcomes).slowestMs).toBeCloseTo(300, -1);

  const next = await ledger.attemptsEnded({ runId: run.id, afterMs: begin.untilMs });
  expect(next.outcomes).toEqual([]);
  expect(next.untilMs).toBeGreaterThanOrEqual(begin.untilMs);
});

// Mutation: without COMMIT_WITHIN the attempt is counted at once; where it were committed a moment later, never.
test('what ended just now is left to the next call, unless the run is over', async () => {
  await using fixture = await ledgerFixture(postgresUrl);
  const { ledger } = fixture;
  const { run, ids } = await fixture.plannedRun(2);
  const [old = 0, young = 0] = ids;
  await fixture.settle(await fixture.take(run.id, old), { read: 5 });
  await endedAgo(fixture, { chunkId: old, agoMs: 10_000, tookMs: 10 });
  await fixture.settle(await fixture.take(run.id, young), { read: 7 });
  const before = await ledger.attemptsEnded({ runId: run.id, afterMs: null });
  expect(before.outcomes).toMatchObject([{ count: 1, movedRows: 5 }]);
  await ledger.changeRun({ runId: run.id, event: 'cancel' });
  const after = await ledger.attemptsEnded({ runId: run.id, afterMs: before.untilMs });
  expect(after.outcomes).toMatchObject([{ count: 1, movedRows: 7 }]);
  const last = await ledger.attemptsEnded({ runId: run.id, afterMs: after.untilMs });
  expect(last.outcomes).toEqual([]);
});

// Mutation: `extract(epoch from ended_at) > extract(epoch from span.beyond)` reads every attempt of the run.
test('a run with many attempts is not read through for the last of them', async () => {
  await using fixture = await ledgerFixture(postgresUrl);
  const { sql } = fixture.database;
  const { run } = await fixture.plannedRun(1);
  await sql.query(
    `insert into drover.attempt (run_id, chunk_id, generation, delivery, token, application_name, worker_id, host,
       pid, started_at, ended_at, outcome, rows)
     select $1, n, 1, 1, gen_random_uuid(), 'a', 'w', 'h', 1, now() - n * interval '1 s',
       now() - n * interval '1 s', 'done', 1 from generate_series(1, 100000) n`,
    [run.id],
  );
  await sql.query('analyze drover.attempt');
  const afterMs = Date.now() - 30_000;
  let plan = '';
  await readAttemptsEnded(
    {
      query: async (text, values) => {
        const literal = text.replace('$1', String(run.id)).replace('$2', String(afterMs));
        const lines = await sql.query(
          `explain (analyze, costs off, timing off, summary off) ${literal.replace('$1', String(run.id))}`,
        );
        plan = lines.map((line) => line['QUERY PLAN']).join('\n');
        return sql.query(text, values);
      },
    },
    { runId: run.id, afterMs },
  );
  expect(plan).toMatch(/attempt_recent[\s\S]*Index Cond: .*ended_at > /);
  expect(plan).not.toContain('Rows Removed');
  expect(plan).not.toContain('Seq Scan on attempt');
});

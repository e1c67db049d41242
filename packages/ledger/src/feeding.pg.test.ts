import { describe, expect, inject, test } from 'vitest';
import { feed } from './statements/feed.ts';
import { ledgerFixture } from './testing/ledger-fixture.ts';

const postgresUrl = inject('postgresUrl');

describe('feeding', () => {
  // Mutation: without `for update of c skip locked`, or without `skip locked`, the second waits for the first.
  test('by two at once gives each chunk to one of them, in the order of the plan', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger, database } = fixture;
    const { run, ids } = await fixture.plannedRun(20);
    await database.sql.transaction(async (sql) => {
      const first = await feed(sql, { runId: run.id, depth: 15 });
      const second = await ledger.feed({ runId: run.id, depth: 15 });
      const deliver = (chunkId: number) => ({ runId: run.id, chunkId, delivery: 1 });
      expect(first).toEqual(ids.slice(0, 15).map(deliver));
      expect(second).toEqual(ids.slice(15).map(deliver));
    });
  });

  // Mutation: without `outstanding` in feed.ts every look adds another `depth`.
  test('keeps so many chunks outstanding and no more, and only in the phase that is open', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const { run, ids } = await fixture.plannedRun(5);
    await fixture.plan(run.id, 'verify', [
      { ordinal: 0, stream: 'fleet', range: null, estimatedRows: 1, originId: ids[0] ?? null },
    ]);
    const chunks = async (depth: number) =>
      (await ledger.feed({ runId: run.id, depth })).map((one) => one.chunkId);
    expect(await chunks(2)).toEqual(ids.slice(0, 2));
    expect(await chunks(2)).toEqual([]);
    expect(await chunks(1)).toEqual([]);
    const attempt = await fixture.take(run.id, ids[0] ?? 0);
    await fixture.settle(attempt);
    expect(await ledger.outstanding(run.id)).toHaveLength(4);
    expect(await chunks(10)).toEqual([]);
    await ledger.changeRun({ runId: run.id, event: 'pause' });
    expect(await chunks(10)).toEqual([]);
  });

  // Mutation: without `due_at` in feed.ts a chunk that is to wait is fed at once.
  test('leaves a chunk alone until it is due, and gives it a new delivery number then', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger, database } = fixture;
    const { run, ids } = await fixture.plannedRun(1);
    const [chunkId = 0] = ids;
    const attempt = await fixture.take(run.id, chunkId);
    const why = {
      errorCode: 'DEADLOCK',
      errorText: null,
      reason: 'failed',
      rows: 0,
      bytes: 0,
    } as const;
    await ledger.release({ ...attempt, ...why, event: 'retry', pauseMs: 3_600_000 });
    expect(await ledger.feed({ runId: run.id, depth: 10 })).toEqual([]);
    await database.sql.query(`update drover.chunk set due_at = now()`);
    expect(await ledger.feed({ runId: run.id, depth: 10 })).toEqual([
      { runId: run.id, chunkId, delivery: 2 },
    ]);
    expect((await fixture.take(run.id, chunkId)).claim.attempts).toBe(1);
  });

  // Mutation: without `chunk.delivery = lost.delivery` in `redeliver` each of them makes another delivery.
  test('again what the queue lost is done by one of two, and not for what went on meanwhile', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const { run, ids } = await fixture.plannedRun(3);
    const [queued = 0, running = 0, done = 0] = ids;
    const fed = await ledger.feed({ runId: run.id, depth: 10 });
    await fixture.take(run.id, running);
    await fixture.settle(await fixture.take(run.id, done));
    const again = await Promise.all([ledger.redeliver(fed), ledger.redeliver(fed)]);
    const made = again.flat().sort((a, b) => a.chunkId - b.chunkId);
    expect(made).toEqual([
      { runId: run.id, chunkId: queued, delivery: 2 },
      { runId: run.id, chunkId: running, delivery: 2 },
    ]);
    expect(await fixture.state(done)).toBe('done');
    expect(await ledger.redeliver([])).toEqual([]);
  });
});

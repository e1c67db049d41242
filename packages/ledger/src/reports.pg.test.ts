import { describe, expect, inject, test } from 'vitest';
import {
  healthOf,
  ledgerFixture,
  plannedChunks,
  receiptOf,
  rejectOf,
  verdictOf,
} from './testing/ledger-fixture.ts';

const postgresUrl = inject('postgresUrl');

const part = (name: string, read: number, rejected = 0) => ({
  part: name,
  read,
  loaded: read - rejected,
  rejected,
  skipped: 0,
  nulled: 0,
  written: 1,
});

/** A receipt of rows of one table, with some of them rejected. */
const moved = (read: number, rejected = 0) =>
  receiptOf({
    read,
    loaded: read - rejected,
    rejected,
    written: 1,
    bytesRead: read * 10,
    bytesWritten: read * 20,
    parts: [part('wide_S1', read, rejected)],
    sourceSnapshot: `snapshot of ${read}`,
  });

const HALVES = [0, 1].map((at) => ({ stream: 'fleet', range: { at }, estimatedRows: 60 }));
const WHY = { errorText: null, reason: 'test', rows: 0, bytes: 0 };

describe('the sums of a run', () => {
  // Mutation: without `row['state'] === 'done'` in progress.ts the split chunk's former sums count too.
  test('go over the leaves: what a chunk moved before it was split is not counted again', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger, database } = fixture;
    const { run, ids } = await fixture.plannedRun(2);
    const [whole = 0, parent = 0] = ids;
    await fixture.settle(await fixture.take(run.id, whole), moved(100, 3), [rejectOf('S1', 3)]);
    await fixture.settle(await fixture.take(run.id, parent), moved(100, 1), [rejectOf('S2')]);
    // The second is moved again, and is now too long.
    await database.sql.query(
      `update drover.chunk set state = 'planned', generation = 2 where id = $1`,
      [parent],
    );
    const again = await fixture.take(run.id, parent);
    const split = { ...again, errorCode: 'CHUNK_TIME_LIMIT', parts: HALVES } as const;
    expect(await ledger.splitChunk(split)).toBe(true);
    const left = async () => {
      const { phases, total } = await ledger.progress(run.id);
      return { ...phases[0], read: total.read };
    };
    expect(await left()).toMatchObject({
      read: 100,
      chunks: { done: 1, split: 1, planned: 2 },
      estimatedRows: 220,
      estimatedRowsLeft: 120,
    });
    // Mutation: without `earlier` in split-chunk.ts the reject of the first generation stays on record.
    expect(await ledger.rejectCounts(run.id)).toEqual([
      { rule: 'format-mismatch', rejects: 1, rows: 3, open: 1 },
    ]);
    const halves = await database.sql.query(
      'select id from drover.chunk where parent_id = $1 order by id',
      [parent],
    );
    for (const half of halves) {
      const key = await fixture.take(run.id, Number(half['id']));
      expect(key.claim).toMatchObject({ chunk: { generation: 2 }, attempts: 0, estimatedRows: 60 });
      await fixture.settle(key, moved(55));
    }
    const { total, bytesRead, bytesWritten, recent, phases } = await ledger.progress(run.id);
    expect(total).toEqual({
      read: 210,
      loaded: 207,
      rejected: 3,
      skipped: 0,
      nulled: 0,
      written: 3,
    });
    expect([bytesRead, bytesWritten]).toEqual([2100, 4200]);
    expect(recent).toMatchObject({ chunks: 4, rows: 310 });
    expect(phases[0]).toMatchObject({ planned: true, estimatedRowsLeft: 0 });
    expect(await ledger.parts(run.id)).toEqual([{ ...part('wide_S1', 210, 3), written: 3 }]);
    expect(await ledger.attempts(run.id)).toEqual({
      attempts: 5,
      outcomes: [
        { outcome: 'done', errorCode: null, count: 4 },
        { outcome: 'split', errorCode: 'CHUNK_TIME_LIMIT', count: 1 },
      ],
    });
  });

  // Mutation: without `c.generation = a.generation` in WINNING_ATTEMPTS both generations' parts count.
  test('are those of the last generation, and so are the rejects', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const { run, ids } = await fixture.plannedRun(1);
    const [data = 0] = ids;
    await fixture.settle(await fixture.take(run.id, data), moved(100, 2), [
      rejectOf('S1'),
      rejectOf('S2'),
    ]);
    await ledger.closePhase({ runId: run.id, phase: 'data', next: 'verify' });
    const [verify = 0] = await fixture.plan(run.id, 'verify', plannedChunks(1, { originId: data }));
    const key = await fixture.take(run.id, verify);
    await ledger.settleVerdict({ ...key, verdict: verdictOf({ stale: 1, compared: 100 }) });
    expect(await ledger.reopenStale({ runId: run.id, maxRounds: 2 })).toBe(1);
    const failed = await fixture.take(run.id, data);
    await ledger.release({ ...failed, ...WHY, errorCode: 'DEADLOCK', event: 'retry', pauseMs: 0 });
    // Mutation: without `earlier` in settle.ts those of the first generation stay.
    await fixture.settle(await fixture.take(run.id, data), moved(120, 1), [rejectOf('S3')]);
    expect(await ledger.rejects({ runId: run.id, limit: 9 })).toMatchObject([rejectOf('S3')]);
    expect(await ledger.parts(run.id)).toEqual([part('wide_S1', 120, 1)]);
    expect((await ledger.progress(run.id)).total).toMatchObject({ read: 120, rejected: 1 });
    expect(await ledger.moved(verify)).toEqual({
      receipts: [moved(120, 1)],
      rejects: [rejectOf('S3')],
    });
  });
});

describe('a verification', () => {
  test('is summed over its verdicts and keeps the differences of the last one', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const { run, ids } = await fixture.plannedRun(2, ['verify']);
    const difference = (ship: string) => ({
      key: { ship },
      kind: 'different' as const,
      stale: false,
      source: '1',
      target: null,
    });
    const [one = 0, other = 0] = ids;
    const first = await fixture.take(run.id, one);
    await ledger.settleVerdict({
      ...first,
      verdict: verdictOf({ compared: 10, wrong: 1, explained: 2, differences: [difference('S1')] }),
    });
    await fixture.database.sql.query(
      `update drover.chunk set state = 'planned', generation = 2 where id = $1`,
      [one],
    );
    const second = await fixture.take(run.id, one);
    await ledger.settleVerdict({
      ...second,
      verdict: verdictOf({ compared: 11, wrong: 1, differences: [difference('S2')] }),
    });
    await fixture.take(run.id, other);
    expect(await ledger.verification(run.id)).toEqual({
      uncovered: 0,
      chunks: 2,
      verified: 1,
      compared: 11,
      wrong: 1,
      stale: 0,
      explained: 0,
    });
    // Mutation: without `earlier` in settle-verdict.ts the difference of the first look stays.
    expect(await ledger.differences({ runId: run.id, limit: 9 })).toEqual([difference('S2')]);
    expect(await ledger.differences({ runId: run.id, limit: 0 })).toEqual([]);
  });

  // Mutation: with `where c.id = origin` alone in moved.ts and reopen-stale.ts the parts are not found.
  test('whose data chunk was split when it was moved again knows its parts, and moves them again', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger, database } = fixture;
    const { run, ids } = await fixture.plannedRun(1);
    const [data = 0] = ids;
    await fixture.settle(await fixture.take(run.id, data), moved(100));
    await ledger.closePhase({ runId: run.id, phase: 'data', next: 'verify' });
    const [verify = 0] = await fixture.plan(run.id, 'verify', plannedChunks(1, { originId: data }));
    const stale = async () => {
      const key = await fixture.take(run.id, verify);
      await ledger.settleVerdict({ ...key, verdict: verdictOf({ stale: 1 }) });
      return ledger.reopenStale({ runId: run.id, maxRounds: 9 });
    };
    expect(await stale()).toBe(1);
    const again = await fixture.take(run.id, data);
    await ledger.splitChunk({ ...again, errorCode: 'CHUNK_TIME_LIMIT', parts: HALVES });
    const halves = (
      await database.sql.query('select id from drover.chunk where parent_id = $1 order by id', [
        data,
      ])
    ).map((row) => Number(row['id']));
    const [one = 0, other = 0] = halves;
    await fixture.settle(await fixture.take(run.id, one), moved(40, 1), [rejectOf('S1')]);
    await fixture.settle(await fixture.take(run.id, other), moved(60));
    await ledger.closePhase({ runId: run.id, phase: 'data', next: 'verify' });
    expect(await ledger.moved(verify)).toEqual({
      receipts: [moved(40, 1), moved(60)],
      rejects: [rejectOf('S1')],
    });
    expect(await stale()).toBe(2);
    expect(await Promise.all([data, ...halves].map((id) => fixture.state(id)))).toEqual([
      'split',
      'planned',
      'planned',
    ]);
  });
});

describe('workers', () => {
  // Mutation: without `on conflict (id)` in workers.ts the second beat fails.
  test('are known by their last beat until they retire', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger, migration } = fixture;
    const beat = {
      id: 'w1',
      migrationId: migration.id,
      host: 'host',
      pid: 12,
      concurrency: 2,
      rssBytes: 3_000_000_000,
      connections: 4,
      activity: [],
      waitsFor: [],
      health: healthOf({ gcMs: 1.25 }),
    };
    await ledger.beat(beat);
    const later = { connections: 5, health: healthOf({ gcMs: 7, heapUsedBytes: 9 }) };
    await ledger.beat({ ...beat, ...later });
    await ledger.beat({ ...beat, id: 'w2', pid: 13 });
    expect(await ledger.workers(migration.id)).toMatchObject([
      { ...beat, ...later },
      { ...beat, id: 'w2', pid: 13 },
    ]);
    await fixture.database.sql.query(
      `update drover.worker set health = null, seen_at = now() - interval '59 minutes' where id = 'w2'`,
    );
    // As a worker of an older version writes it.
    expect((await ledger.workers(migration.id)).map(({ health }) => health)).toEqual([
      later.health,
      null,
    ]);
    await fixture.database.sql.query(
      `update drover.worker set seen_at = now() - interval '1 day' where id = 'w2'`,
    );
    await ledger.retireWorker('w1');
    expect(await fixture.database.sql.query('select id from drover.worker')).toEqual([]);
  });
});

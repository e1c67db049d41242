import type { GivenChunk, Run } from '@drover/core';
import { describe, expect, inject, test } from 'vitest';
import { type LedgerFixture, ledgerFixture, rejectOf } from './testing/ledger-fixture.ts';
import { doneRun, first, park, partAt, whole, workOffPhase } from './testing/parked-run.ts';

const postgresUrl = inject('postgresUrl');

const given = (at: string, of: Partial<GivenChunk> = {}): GivenChunk => ({
  ...partAt(at),
  parentId: null,
  rejectIds: [],
  ...of,
});

/** A run that moves these chunks and verifies nothing. */
const reprocess = (
  fixture: LedgerFixture,
  chunks: readonly GivenChunk[],
  takenOver: readonly number[] = [],
): Promise<Run> =>
  fixture.ledger.createRun(
    fixture.newRun({
      kind: 'reprocess',
      phases: ['data'],
      given: {
        restMs: 30,
        chunks,
        takenOver: takenOver.map((chunkId) => ({ chunkId, parked: [] })),
      },
    }),
  );

/** A run that is over, whose two chunks have two rejects each. */
async function runWithRejects(fixture: LedgerFixture) {
  const { ledger } = fixture;
  const { run, ids } = await fixture.plannedRun(2, ['data']);
  for (const [place, id] of ids.entries()) {
    const key = await fixture.take(run.id, id);
    await fixture.settle(key, {}, [rejectOf(`S${place}a`), rejectOf(`S${place}b`)]);
  }
  await workOffPhase(fixture, run.id);
  const rejects = await ledger.rejects({ runId: run.id, limit: 9 });
  const open = async () =>
    (await ledger.rejects({ runId: run.id, limit: 9, openOnly: true })).map((one) => one.id);
  return { run, ids: rejects.map((one) => one.id), open };
}

const chunkIds = async (fixture: LedgerFixture, runId: number): Promise<number[]> => {
  const rows = await fixture.database.sql.query(
    'select id from drover.chunk where run_id = $1 order by id',
    [runId],
  );
  return rows.map((row) => Number(row['id']));
};

describe('a run that is born with its chunks', () => {
  // Mutation: without `complete = true` in given-chunks.ts the phase is planned from the anchor as well.
  test('has them planned to the end, in their order, with the rest that workers take after each', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const run = await reprocess(
      fixture,
      ['b', 'a', 'c'].map((at) => given(at)),
    );
    expect(await ledger.planProgress({ runId: run.id, phase: 'data' })).toMatchObject({
      planned: 3,
      complete: true,
    });
    const more = { runId: run.id, phase: 'data', expected: 3, chunks: [], complete: true } as const;
    expect(await ledger.appendChunks(more)).toBe(false);
    const seen: unknown[] = [];
    for (const { chunkId } of await ledger.feed({ runId: run.id, depth: 9 })) {
      const { claim } = await fixture.take(run.id, chunkId);
      seen.push([claim.chunk.range, claim.chunk.stream, claim.estimatedRows, claim.restMs]);
    }
    expect(seen).toEqual(['b', 'a', 'c'].map((at) => [{ at }, 'fleet', 40, 30]));
  });

  test('is over at once where it has none', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const run = await reprocess(fixture, []);
    await workOffPhase(fixture, run.id);
    expect(await fixture.ledger.findRun(run.id)).toMatchObject({ state: 'done' });
  });

  // Mutation: without `held.length < taken.length` in given-chunks.ts two runs move the chunk.
  test('takes parked chunks over together or not at all', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const { run, data } = await doneRun(fixture, { chunks: 2, parked: [0, 1] });
    const [one = 0, other = 0] = data;
    await ledger.dropParked([other]);
    const chunks = [given('a', { parentId: one }), given('b', { parentId: other })];
    await expect(reprocess(fixture, chunks, [one, other])).rejects.toMatchObject({
      code: 'RUN_UNFINISHED',
    });
    expect(await fixture.state(one)).toBe('parked');
    expect(await ledger.runs({ migrationId: fixture.migration.id })).toHaveLength(1);
    await reprocess(fixture, chunks.slice(0, 1), [one]);
    expect(await fixture.state(one)).toBe('split');
    const unparked = await ledger.unpark({ runId: run.id, chunks: [whole(one)], restMs: 0 });
    expect(unparked.again).toEqual([]);
  });
});

describe('rejects that are replayed', () => {
  // Mutation: without `c.state not in ('done', 'split')` in close-phase.ts those of a parked part are closed
  // as well; without `replay_ordinal`, none are.
  test('are closed with the data when their chunk was moved, whole or in parts, and not before', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const { ids, open } = await runWithRejects(fixture);
    const [one = 0, two = 0, three = 0, four = 0] = ids;
    const run = await reprocess(fixture, [
      given('a', { rejectIds: [one] }),
      given('b', { rejectIds: [two, three] }),
    ]);
    const [a = 0, b = 0] = await chunkIds(fixture, run.id);
    await fixture.settle(await fixture.take(run.id, a), {}, [rejectOf('still bad')]);
    const parts = [partAt('b1'), partAt('b2')];
    const long = await fixture.take(run.id, b);
    await ledger.splitChunk({ ...long, errorCode: 'CHUNK_TIME_LIMIT', parts });
    const [, , , parked = 0] = await chunkIds(fixture, run.id);
    await park(fixture, run.id, parked);
    expect(await open()).toEqual(ids);
    await workOffPhase(fixture, run.id);
    expect(await open()).toEqual([two, three, four]);
    const [closed] = await ledger.rejects({ runId: 1, limit: 1 });
    expect(closed).toMatchObject({ id: one, closedAtMs: expect.any(Number) as number });
    expect(await ledger.rejectCounts(1)).toMatchObject([{ rejects: 4, open: 3 }]);

    await ledger.unpark({ runId: run.id, chunks: [whole(parked)], restMs: 0 });
    expect(await open()).toEqual([two, three, four]);
    await workOffPhase(fixture, run.id);
    expect(await open()).toEqual([four]);
    // What is bad still is a reject of the new run.
    expect(await ledger.rejects({ runId: run.id, limit: 9 })).toMatchObject([
      { key: { ship: 'still bad' }, closedAtMs: null },
    ]);
  });

  // Mutation: with 'cancelled' beside 'done' in close-phase.ts they are closed although nothing was moved.
  test('stay open where their chunk is given up', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const { ids, open } = await runWithRejects(fixture);
    const run = await reprocess(fixture, [
      given('a', { rejectIds: ids.slice(0, 1) }),
      given('b', { rejectIds: ids.slice(1) }),
    ]);
    const [a = 0, b = 0] = await chunkIds(fixture, run.id);
    await park(fixture, run.id, a);
    await park(fixture, run.id, b);
    await workOffPhase(fixture, run.id);
    expect(await ledger.dropParked([b])).toBe(1);
    await ledger.unpark({ runId: run.id, chunks: [whole(a)], restMs: 0 });
    await workOffPhase(fixture, run.id);
    expect(await open()).toEqual(ids.slice(1));
  });

  // Mutation: without `closed_at is null` in `markReplayed` a closed one is opened to another run.
  test('that were closed are not replayed again', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ids, open } = await runWithRejects(fixture);
    const [one = 0] = ids;
    const replay = async () => {
      const run = await reprocess(fixture, [given('a', { rejectIds: [one] })]);
      await workOffPhase(fixture, run.id);
      const [row] = await fixture.database.sql.query(
        'select replay_run, closed_at from drover.reject where id = $1',
        [one],
      );
      return { run: run.id, row };
    };
    const before = await replay();
    expect(await open()).toEqual(ids.slice(1));
    expect(before.row).toMatchObject({ replay_run: String(before.run) });
    expect((await replay()).row).toEqual(before.row);
  });

  // Mutation: without `part.parent_id` in close-phase.ts a chunk that another run took over counts as moved.
  test('follow their chunk to the run that takes it over, and are closed there', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const { ids, open } = await runWithRejects(fixture);
    const [one = 0, two = 0] = ids;
    const early = await reprocess(fixture, [
      given('a', { rejectIds: [one] }),
      given('b', { rejectIds: [two] }),
    ]);
    const [a = 0, b = 0] = await chunkIds(fixture, early.id);
    await park(fixture, early.id, a);
    await park(fixture, early.id, b);
    await workOffPhase(fixture, early.id);
    const late = await reprocess(fixture, [given('a', { parentId: a })], [a]);
    const [again = 0] = await chunkIds(fixture, late.id);
    await park(fixture, late.id, again);
    await workOffPhase(fixture, late.id);
    await ledger.unpark({ runId: early.id, chunks: [whole(b)], restMs: 0 });
    await workOffPhase(fixture, early.id);
    expect(await open()).toEqual([one, ...ids.slice(2)]);
    await ledger.unpark({ runId: late.id, chunks: [whole(again)], restMs: 0 });
    await workOffPhase(fixture, late.id);
    expect(await open()).toEqual(ids.slice(2));
  });
});

describe('the parked chunks of a migration', () => {
  // Mutation: without `migration_id` in `readParkedIds` those of other migrations are shown.
  test('are those of all its runs, oldest first, until they are tried again, dropped or taken over', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger, migration } = fixture;
    const ids = async (limit = 9) =>
      (await ledger.parkedIds({ migrationId: migration.id, limit })).map((one) => one.chunkId);
    const { run, data } = await doneRun(fixture, { chunks: 4, parked: [0, 1, 2] });
    const [again = 0, taken = 0, dropped = 0, moved = 0] = data;
    const other = await ledger.openMigration({ name: 'other', pipeline: 'pivot' });
    const foreign = await ledger.createRun(
      fixture.newRun({ migrationId: other.id, phases: ['data'], given: workOf('x') }),
    );
    await park(fixture, foreign.id, first(await chunkIds(fixture, foreign.id)));
    const later = await fixture.plannedRun(1);
    await park(fixture, later.run.id, first(later.ids));
    expect(await ids()).toEqual([again, taken, dropped, ...later.ids]);
    expect(await ids(2)).toEqual([again, taken]);
    expect(first(await ledger.parkedIds({ migrationId: migration.id, limit: 1 }))).toEqual({
      runId: run.id,
      chunkId: again,
    });

    // Mutation: without `state = 'parked'` in `dropParked` what was moved is given up.
    expect(await ledger.dropParked([dropped, moved, 999_999])).toBe(1);
    expect([await fixture.state(dropped), await fixture.state(moved)]).toEqual([
      'cancelled',
      'done',
    ]);
    expect(await ledger.dropParked([dropped])).toBe(0);
    expect(await ledger.findRun(run.id)).toMatchObject({ state: 'done' });
    await reprocess(fixture, [given('a', { parentId: taken })], [taken]);
    await ledger.changeRun({ runId: later.run.id, event: 'cancel' });
    await ledger.cancelChunks(later.run.id);
    expect(await ids()).toEqual([again]);
    await ledger.unpark({ runId: run.id, chunks: [whole(again)], restMs: 0 });
    expect(await ids()).toEqual([]);
  });
});

const workOf = (at: string) => ({ restMs: 0, chunks: [given(at)], takenOver: [] });

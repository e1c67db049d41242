import { describe, expect, inject, test } from 'vitest';
import { ledgerFixture, plannedChunks, verdictOf } from './testing/ledger-fixture.ts';
import { chunkRow, first, park, partAt, whole, workOffPhase } from './testing/parked-run.ts';

const postgresUrl = inject('postgresUrl');

describe('what was verified of a chunk that is tried again', () => {
  /** A run whose only chunk was moved, found stale, and parked as its second generation. */
  async function parkedSecondGeneration() {
    const fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const { run, ids } = await fixture.plannedRun(2);
    const [origin = 0, other = 0] = ids;
    await workOffPhase(fixture, run.id);
    const verify = await fixture.plan(run.id, 'verify', [
      ...plannedChunks(1, { originId: origin }),
      { ...first(plannedChunks(1, { originId: other })), ordinal: 1 },
    ]);
    const [verification = 0, others = 0] = verify;
    const stale = await fixture.take(run.id, verification);
    await ledger.settleVerdict({ ...stale, verdict: verdictOf({ stale: 1 }) });
    const well = await fixture.take(run.id, others);
    await ledger.settleVerdict({ ...well, verdict: verdictOf() });
    await ledger.reopenStale({ runId: run.id, maxRounds: 3 });
    return { fixture, ledger, run, origin, verification, others };
  }

  // Mutation: without `origin_id` in unpark.ts the verdict on what lay there before stays.
  test('is verified again, and nothing else', async () => {
    const { fixture, ledger, run, origin, verification, others } = await parkedSecondGeneration();
    await using _ = fixture;
    await park(fixture, run.id, origin);
    await workOffPhase(fixture, run.id);
    await workOffPhase(fixture, run.id);
    expect(await fixture.state(verification)).toBe('done');
    await ledger.unpark({ runId: run.id, chunks: [whole(origin)], restMs: 0 });
    expect(await chunkRow(fixture, verification)).toMatchObject({
      state: 'planned',
      generation: '3',
    });
    expect(await chunkRow(fixture, others)).toMatchObject({ state: 'done', generation: '1' });
  });

  // Mutation: without `LINE` in unpark.ts only the chunk itself is looked for, whose parts have no verdict.
  test('is verified again where the chunk is tried in parts, or is itself a part of what was verified', async () => {
    const { fixture, ledger, run, origin, verification } = await parkedSecondGeneration();
    await using _ = fixture;
    const split = await fixture.take(run.id, origin);
    await ledger.splitChunk({
      ...split,
      errorCode: 'CHUNK_TIME_LIMIT',
      parts: [partAt('a'), partAt('b')],
    });
    const halves = await fixture.database.sql.query(
      'select id from drover.chunk where parent_id = $1 order by id',
      [origin],
    );
    const [half = 0, otherHalf = 0] = halves.map((row) => Number(row['id']));
    await park(fixture, run.id, half);
    await park(fixture, run.id, otherHalf);
    await workOffPhase(fixture, run.id);
    await workOffPhase(fixture, run.id);
    const again = async (chunk: Parameters<typeof ledger.unpark>[0]['chunks'][number]) => {
      expect(await fixture.state(verification)).toBe('done');
      await ledger.unpark({ runId: run.id, chunks: [chunk], restMs: 0 });
      expect(await fixture.state(verification)).toBe('planned');
      await workOffPhase(fixture, run.id);
      const progress = await ledger.planProgress({ runId: run.id, phase: 'verify' });
      await ledger.appendChunks({
        runId: run.id,
        phase: 'verify',
        expected: progress.planned,
        chunks: [],
        complete: true,
      });
      await workOffPhase(fixture, run.id);
    };
    await again(whole(half));
    await again({ chunkId: otherHalf, parts: { again: [partAt('b1')], parked: [partAt('b2')] } });
  });

  // Mutation: without `handBack` in unpark.ts a verdict that was begun before comes to stand for what is moved;
  // without `token = null` the chunk looks as if somebody had it.
  test('is verified again where somebody is just verifying it, who can settle nothing any more', async () => {
    const { fixture, ledger, run, origin, verification } = await parkedSecondGeneration();
    await using _ = fixture;
    await park(fixture, run.id, origin);
    await workOffPhase(fixture, run.id);
    const begun = await fixture.take(run.id, verification);
    await ledger.unpark({ runId: run.id, chunks: [whole(origin)], restMs: 0 });
    expect(await ledger.findRun(run.id)).toMatchObject({ phase: 'data' });
    expect(await ledger.settleVerdict({ ...begun, verdict: verdictOf({ wrong: 1 }) })).toBe(false);
    expect(await chunkRow(fixture, verification)).toMatchObject({ state: 'planned', token: null });
  });
});

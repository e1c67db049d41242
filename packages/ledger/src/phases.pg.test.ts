import { describe, expect, inject, test } from 'vitest';
import {
  type LedgerFixture,
  ledgerFixture,
  plannedChunks,
  verdictOf,
} from './testing/ledger-fixture.ts';

const postgresUrl = inject('postgresUrl');

/** A run whose data chunks are moved and verified; the verdicts find as many stale as given. */
async function verifiedRun(fixture: LedgerFixture, stale: readonly number[]) {
  const { ledger } = fixture;
  const { run, ids: data } = await fixture.plannedRun(stale.length);
  for (const chunkId of data) await fixture.settle(await fixture.take(run.id, chunkId));
  await ledger.closePhase({ runId: run.id, phase: 'data', next: 'verify' });
  const verify = await fixture.plan(
    run.id,
    'verify',
    plannedChunks(data.length).map((chunk, index) => ({ ...chunk, originId: data[index] ?? null })),
  );
  for (const [index, chunkId] of verify.entries()) {
    const key = await fixture.take(run.id, chunkId);
    await ledger.settleVerdict({ ...key, verdict: verdictOf({ stale: stale[index] ?? 0 }) });
  }
  return { run, data, verify };
}

describe('closing a phase', () => {
  // Mutation: without `phase = $2` in close-phase.ts a late caller closes a phase that is not the one it means.
  test('by many at once has one winner, and the last phase ends the run', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const { run, ids } = await fixture.plannedRun(1);
    await fixture.settle(await fixture.take(run.id, ids[0] ?? 0));
    const close = () => ledger.closePhase({ runId: run.id, phase: 'data', next: 'verify' });
    const won = await Promise.all([close(), close(), close(), close()]);
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await ledger.findRun(run.id)).toMatchObject({ phase: 'verify', state: 'running' });
    expect(await close()).toBe(false);
    const end = () => ledger.closePhase({ runId: run.id, phase: 'verify', next: null });
    // Mutation: without `p.complete` in PHASE_IS_OVER a phase that nobody has planned is over.
    expect(await end()).toBe(false);
    await fixture.plan(run.id, 'verify', []);
    expect(await close()).toBe(false);
    expect((await Promise.all([end(), end()])).filter(Boolean)).toHaveLength(1);
    const ended = await ledger.findRun(run.id);
    expect(ended).toMatchObject({ phase: 'verify', state: 'done' });
    expect(ended?.finishedAtMs).toBeGreaterThanOrEqual(ended?.createdAtMs ?? Number.NaN);
  });

  // Mutation: without the chunks of UNFINISHED_CHUNK_STATES in PHASE_IS_OVER it closes at once.
  test('waits for what is planned, queued or running, and for no parked or cancelled chunk', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const { run, ids } = await fixture.plannedRun(2);
    const [done = 0, parked = 0] = ids;
    const close = () => ledger.closePhase({ runId: run.id, phase: 'data', next: 'verify' });
    expect(await close()).toBe(false);
    await ledger.feed({ runId: run.id, depth: 10 });
    expect(await close()).toBe(false);
    await fixture.settle(await fixture.take(run.id, done));
    const attempt = await fixture.take(run.id, parked);
    expect(await close()).toBe(false);
    const why = {
      errorCode: 'TABLE_LIMIT',
      errorText: 'too wide',
      reason: 'failed',
      rows: 0,
      bytes: 0,
    } as const;
    await ledger.release({ ...attempt, ...why, event: 'park' });
    await ledger.changeRun({ runId: run.id, event: 'pause' });
    expect(await close()).toBe(false);
    await ledger.changeRun({ runId: run.id, event: 'resume' });
    expect(await close()).toBe(true);
    expect(await ledger.parked(run.id)).toMatchObject([
      { id: parked, phase: 'data', attempts: 1, errorCode: 'TABLE_LIMIT', errorText: 'too wide' },
    ]);
  });
});

describe('another round', () => {
  // Mutation: without `error_code = 'STALE'` in reopen-stale.ts every chunk is moved again.
  test('moves the stale chunks again as their next generation, and those alone; of two callers one opens it', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const { run, data, verify } = await verifiedRun(fixture, [0, 3, 0]);
    const reopen = () => ledger.reopenStale({ runId: run.id, maxRounds: 3 });
    const opened = await Promise.all([reopen(), reopen()]);
    expect(opened.filter((moved) => moved > 0)).toEqual([1]);
    expect(await ledger.findRun(run.id)).toMatchObject({ phase: 'data', round: 2 });
    const states = async (ids: readonly number[]) =>
      Promise.all(ids.map((id) => fixture.state(id)));
    expect(await states(data)).toEqual(['done', 'planned', 'done']);
    expect(await states(verify)).toEqual(['done', 'planned', 'done']);
    expect((await fixture.take(run.id, data[1] ?? 0)).claim.chunk.generation).toBe(2);
  });

  // Mutation: without `round < $2` it never ends.
  test('is opened as often as is allowed, not before the phase is over, and not without stale chunks', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const { run, data, verify } = await verifiedRun(fixture, [2]);
    const reopen = (maxRounds: number) => ledger.reopenStale({ runId: run.id, maxRounds });
    expect(await reopen(1)).toBe(0);
    expect(await reopen(2)).toBe(1);
    expect(await reopen(9)).toBe(0);
    await fixture.settle(await fixture.take(run.id, data[0] ?? 0));
    await ledger.closePhase({ runId: run.id, phase: 'data', next: 'verify' });
    const key = await fixture.take(run.id, verify[0] ?? 0);
    expect(key.claim.chunk.generation).toBe(2);
    expect(await reopen(9)).toBe(0);
    await ledger.settleVerdict({ ...key, verdict: verdictOf({ stale: 1 }) });
    expect(await reopen(2)).toBe(0);
    expect(await reopen(3)).toBe(1);
  });

  test('is not opened for what is wrong: moving it again would not mend it', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const { run } = await verifiedRun(fixture, [0]);
    expect(await ledger.reopenStale({ runId: run.id, maxRounds: 9 })).toBe(0);
    expect(await ledger.findRun(run.id)).toMatchObject({ phase: 'verify', round: 1 });
  });
});

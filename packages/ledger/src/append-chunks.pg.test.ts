import { describe, expect, inject, test } from 'vitest';
import { ledgerFixture, plannedChunks } from './testing/ledger-fixture.ts';

const postgresUrl = inject('postgresUrl');

describe('appending planned chunks', () => {
  // Mutation: without `planned = $3` in append-chunks.ts both win.
  test('by two planners at once: one wins, the other changes nothing', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const run = await ledger.createRun(fixture.newRun());
    const append = (stream: string) =>
      ledger.appendChunks({
        runId: run.id,
        phase: 'data',
        expected: 0,
        chunks: plannedChunks(2, { stream }),
        complete: false,
      });
    const won = await Promise.all([append('one'), append('other')]);
    expect(won.filter(Boolean)).toHaveLength(1);
    const progress = await ledger.planProgress({ runId: run.id, phase: 'data' });
    expect(progress).toEqual({
      planned: 2,
      complete: false,
      last: {
        ordinal: 1,
        stream: won[0] ? 'one' : 'other',
        range: { at: 1 },
        estimatedRows: 100,
        originId: null,
      },
    });
  });

  test('goes on where the plan stands, keeps ranges as they are, and not beyond its end', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const run = await ledger.createRun(fixture.newRun());
    const at = { runId: run.id, phase: 'data' } as const;
    expect(await ledger.planProgress(at)).toEqual({ planned: 0, last: null, complete: false });
    const range = { ships: ["S'1", 'S"2', '\\ 3', '日'], from: null, to: '12345678901234567890' };
    const chunk = (ordinal: number) => ({
      ordinal,
      stream: 'fleet, north',
      range,
      estimatedRows: 0.6,
      originId: ordinal === 2 ? 17 : null,
    });
    const append = (expected: number, ordinals: number[], complete: boolean) =>
      ledger.appendChunks({ ...at, expected, chunks: ordinals.map(chunk), complete });
    expect(await append(0, [0, 1], false)).toBe(true);
    expect(await append(0, [0, 1], false)).toBe(false);
    expect(await append(1, [1, 2], false)).toBe(false);
    expect(await append(2, [2], true)).toBe(true);
    // Mutation: without `and not complete` in append-chunks.ts a plan that is over grows.
    expect(await append(3, [3], true)).toBe(false);
    expect(await ledger.planProgress(at)).toEqual({
      planned: 3,
      complete: true,
      last: { ordinal: 2, stream: 'fleet, north', range, estimatedRows: 1, originId: 17 },
    });
  });

  test('with none left only says that the plan is over', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const run = await ledger.createRun(fixture.newRun());
    const at = { runId: run.id, phase: 'data' } as const;
    expect(await ledger.appendChunks({ ...at, expected: 0, chunks: [], complete: true })).toBe(
      true,
    );
    expect(await ledger.planProgress(at)).toEqual({ planned: 0, last: null, complete: true });
  });
});

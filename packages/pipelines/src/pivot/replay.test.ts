import { DroverError, floorToGrid, type ReplayPart } from '@drover/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pivotSelections } from './selections.ts';
import { holds, momentText, placeOnLine, SHIPS, spanIn } from './testing/range-model.ts';

const DAY = 86_400_000_000n;
const daily = pivotSelections({ chunkMicros: DAY });

/** Chunks of 5000 microseconds: times that are less than 5 apart are near one another. */
const CHUNK = 5000;
const NEAR = 5;
const short = pivotSelections({ chunkMicros: BigInt(CHUNK) });

/** Around the edges of two cells of the grid. */
const time = fc.oneof(
  { weight: 10, arbitrary: fc.integer({ min: -12, max: 12 }) },
  { weight: 5, arbitrary: fc.integer({ min: CHUNK - 10, max: CHUNK + 12 }) },
  { weight: 2, arbitrary: fc.constantFrom(Infinity, -Infinity) },
);

const keys = fc.array(
  fc.record({
    ship: fc.option(fc.constantFrom(...SHIPS), { freq: 10 }),
    time: fc.option(time, { freq: 10 }),
    channel: fc.option(fc.constantFrom('/a', undefined), { freq: 10 }),
  }),
  { maxLength: 25 },
);

type Key = typeof keys extends fc.Arbitrary<(infer T)[]> ? T : never;

/** As the ledger keeps it: the key of a whole wide row has no channel, but a table. */
const rejectOf = ({ ship, time: at, channel }: Key, index: number) => ({
  id: 100 + index,
  stream: 's',
  key: {
    ship,
    time: at === null ? null : momentText(at, index % 2 === 0 ? '' : '+00'),
    ...(channel === undefined ? { table: 't', group: 'g' } : { channel }),
  },
});

const cellOf = (at: number): number => Number(floorToGrid(BigInt(at), BigInt(CHUNK)));

/** The finite times of the ship's rejects that the part names, in order. */
function timesOf(part: ReplayPart, all: readonly Key[]): number[] {
  return part.rejectIds
    .map((id) => all[id - 100]?.time ?? Number.NaN)
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
}

describe('the ranges that hold rejects', () => {
  // Mutation: without `last.ids.push(...next.ids)` a range forgets the rejects that joined it.
  test('hold each of them once, by its ship and time; those without a key have one of their own', () => {
    fc.assert(
      fc.property(keys, (all) => {
        const parts = short.replay(all.map(rejectOf));
        expect(parts.filter((part) => part.rejectIds.length === 0)).toEqual([]);
        for (const [index, { ship, time: at, channel }] of all.entries()) {
          const naming = parts.filter((part) => part.rejectIds.includes(100 + index));
          if (ship === null || at === null || channel === null) {
            expect(naming.map((part) => part.range)).toEqual([{ nullKeys: true }]);
          } else {
            expect(naming).toHaveLength(1);
            expect(parts.filter((part) => holds(part.range, ship, at))).toEqual(naming);
          }
        }
        expect(parts.flatMap((part) => part.rejectIds)).toHaveLength(all.length);
        expect(parts.filter((part) => part.stream === 'null keys').length).toBeLessThan(2);
      }),
      { numRuns: 1000 },
    );
  });

  // Mutation: `isNear` without `< near` joins all of a cell; without its last line, beyond the plan's chunks.
  test('are as short as can be, and one where little lies between them', () => {
    fc.assert(
      fc.property(keys, (all) => {
        const finite = all.filter(({ time: at }) => at === null || Number.isFinite(at));
        const parts = short
          .replay(finite.map(rejectOf))
          .filter((part) => part.stream !== 'null keys');
        for (const part of parts) {
          const times = timesOf(part, finite);
          const { from, to } = spanIn(part.range);
          expect([placeOnLine(from ?? ''), placeOnLine(to ?? '')]).toEqual([
            times[0],
            (times.at(-1) ?? 0) + 1,
          ]);
          expect(new Set(times.map(cellOf)).size).toBe(1);
          for (const [index, at] of times.slice(1).entries()) {
            expect(at - (times[index] ?? 0) - 1).toBeLessThan(NEAR);
          }
          for (const other of parts) {
            const gap = placeOnLine(spanIn(other.range).from ?? '') - placeOnLine(to ?? '');
            const isNext = other.stream === part.stream && gap >= 0;
            if (isNext && cellOf(times[0] ?? 0) === cellOf(timesOf(other, finite)[0] ?? 0)) {
              expect(gap).toBeGreaterThanOrEqual(NEAR);
            }
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('are what a person would draw', () => {
    const times = [
      'infinity',
      '2026-01-01 00:00:00',
      '2026-01-01 00:01:26.4',
      '2026-01-01 00:01:26.400001',
      '2026-01-01 00:02:52.799999',
      '2026-01-01 00:00:00',
      '2026-01-01 23:59:59.999999',
      '2026-01-02 00:00:00',
      '294276-12-31 23:59:59.999999',
      '-infinity',
    ];
    const rejects = times.map((text, id) => ({
      id,
      stream: 's',
      key: { ship: 'A', time: text, channel: '/a' },
    }));
    const parts = daily.replay([
      ...rejects,
      { id: 99, stream: 's', key: { ship: null, time: null, channel: 'x' } },
    ]);
    const part = (from: string | null, to: string | null, ...rejectIds: number[]) => ({
      stream: 'A',
      range: { ships: ['A'], from, to },
      estimatedRows: 0,
      rejectIds,
    });
    expect(parts).toEqual([
      part(null, '4714-11-24 00:00:00 BC', 9),
      part('2026-01-01 00:00:00', '2026-01-01 00:02:52.8', 1, 5, 2, 3, 4),
      part('2026-01-01 23:59:59.999999', '2026-01-02 00:00:00', 6),
      part('2026-01-02 00:00:00', '2026-01-02 00:00:00.000001', 7),
      part('294276-12-31 23:59:59.999999', 'infinity', 8),
      part('infinity', null, 0),
      { stream: 'null keys', range: { nullKeys: true }, estimatedRows: 0, rejectIds: [99] },
    ]);
  });

  // Mutation: `momentOf` without DATE makes a range of a microsecond, which no day lies in.
  test('are whole days where the time is a date', () => {
    const key = { ship: 'A', time: '0044-03-15 BC', channel: '/a' };
    expect(daily.replay([{ id: 1, stream: 's', key }]).map((part) => part.range)).toEqual([
      { ships: ['A'], from: '0044-03-15 00:00:00 BC', to: '0044-03-16 00:00:00 BC' },
    ]);
  });

  test('are none without rejects, and an error where a time is no moment', () => {
    expect(daily.replay([])).toEqual([]);
    const key = { ship: 'A', time: 'soon', channel: '/a' };
    expect(() => daily.replay([{ id: 1, stream: 's', key }])).toThrow(DroverError);
  });
});

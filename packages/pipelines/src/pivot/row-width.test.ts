import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ChannelWidth, fits, fittingRuns, MAX_COLUMNS, rowBytes } from './row-width.ts';

const TIME = { type: 'timestamp without time zone', maxBytes: 8 };
const text = (channel: string, maxBytes: number): ChannelWidth => ({
  channel,
  type: 'text',
  maxBytes,
});

describe('the bytes of a row', () => {
  test('are its header, the bitmap of its NULLs, and each value where its type may lie', () => {
    expect(rowBytes([])).toBe(24);
    expect(rowBytes([TIME])).toBe(32);
    const flag = { type: 'boolean', maxBytes: 5 };
    expect(rowBytes([flag, TIME])).toBe(24 + 8 + 8);
    expect(rowBytes([TIME, flag])).toBe(24 + 8 + 1);
    expect(rowBytes(Array.from({ length: 9 }, () => flag))).toBe(32 + 9);
    expect(rowBytes([text('a', 23)])).toBe(24 + 24);
    expect(rowBytes([text('a', 24)])).toBe(24 + 18);
  });
});

const columns = fc
  .array(
    fc.record({
      missing: fc.boolean(),
      type: fc.constantFrom('text', 'double precision', 'boolean', 'bigint'),
      maxBytes: fc.nat({ max: 40 }),
    }),
    { maxLength: 700, size: 'max' },
  )
  .map((list) =>
    list.flatMap(({ missing, ...column }, n) =>
      missing ? [] : [{ channel: String.fromCodePoint(0xe000 + n * 20), ...column }],
    ),
  );

describe('the runs that fit', () => {
  test('have every channel of every ship once, in the order of bytes, and each fits each ship', () => {
    fc.assert(
      fc.property(fc.array(columns, { minLength: 1, maxLength: 3 }), (ships) => {
        const runs = fittingRuns(TIME, ships);
        const all = [...new Set(ships.flat().map((column) => column.channel))];
        expect(runs.flat()).toEqual(all.sort((a, b) => Buffer.from(a).compare(Buffer.from(b))));
        for (const run of runs) {
          const wanted = new Set(run);
          for (const ship of ships) {
            const mine = ship.filter((column) => wanted.has(column.channel));
            expect(fits([TIME, ...mine])).toBe(true);
          }
        }
      }),
      { numRuns: 20 },
    );
  });

  test('are as few as there can be in that order', () => {
    const ship = Array.from({ length: 1000 }, (_, n) => text(String(n).padStart(4, '0'), 17));
    const runs = fittingRuns(TIME, [ship]);
    for (const [place, run] of runs.entries()) {
      const next = runs[place + 1]?.[0];
      if (next === undefined) continue;
      const wanted = new Set([...run, next]);
      const grown = ship.filter(({ channel }) => wanted.has(channel));
      expect(fits([TIME, ...grown])).toBe(false);
    }
    expect(runs.length).toBe(3);
  });

  // Mutation: without MAX_COLUMNS in `fits` there is one run of 2,000.
  test('hold no more columns than a table can have, the time among them', () => {
    const ship = Array.from({ length: 2000 }, (_, n) => ({
      ...text(String(n).padStart(4, '0'), 0),
      type: 'boolean',
    }));
    expect(fittingRuns(TIME, [ship]).map((run) => run.length)).toEqual([MAX_COLUMNS - 1, 401]);
  });

  test('are none where there is no channel', () => {
    expect(fittingRuns(TIME, [])).toEqual([]);
    expect(fittingRuns(TIME, [[], []])).toEqual([]);
  });
});

import { DroverError, type Json, type SplitPart } from '@drover/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Span } from './range.ts';
import { pivotSelections } from './selections.ts';
import {
  holds,
  placeOnLine,
  SHIPS,
  selections,
  spanIn,
  spans,
  TIMES,
} from './testing/range-model.ts';

const HOUR = 3_600_000_000n;
const lists = pivotSelections({ chunkMicros: HOUR });

/** Ranges that no list can name: of other phases, and of rows without a key. */
const NAMELESS: readonly Json[] = [{ nullKeys: true }, { ship: 'A' }, { table: 'A' }];

const holding = (ranges: readonly Json[], ship: string, time: number): number =>
  ranges.filter((range) => holds(range, ship, time)).length;

const rangesOf = (parts: readonly SplitPart[]): Json[] => parts.map((part) => part.range);

const spansOf = (parts: readonly SplitPart[]): Span[] => rangesOf(parts).map(spanIn);

/** Spans that begin where another one of the same ship ends. */
const touching = (parts: readonly SplitPart[]): Span[] =>
  spansOf(parts).filter((one, index, all) =>
    all.some(
      (other, at) =>
        at !== index &&
        other.to !== null &&
        one.from !== null &&
        placeOnLine(other.to) === placeOnLine(one.from) &&
        other.ships.some((ship) => one.ships.includes(ship)),
    ),
  );

describe('a range in a list', () => {
  test('is named once for each ship, with its bounds as they are written', () => {
    const [from, to] = ['0044-03-15 00:00:00.000001 BC', null];
    expect(lists.of({ ships: ['B', 'A'], from, to })).toEqual([
      { entity: 'B', from, to },
      { entity: 'A', from, to },
    ]);
  });

  // Mutation: `spanOf` without its look for ships throws at the ranges of other phases.
  test('is none where no ship and time can name it', () => {
    for (const range of NAMELESS) expect(lists.of(range)).toEqual([]);
  });
});

describe('a range that is carved', () => {
  // Mutation: `merge` without `sort`, or joining only where `next.from < last.to`.
  test('is tiled by its parts, and inside is what the list names of it', () => {
    fc.assert(
      fc.property(spans, selections, (span, selection) => {
        const { inside, outside } = lists.carve(chunkOf(span), selection);
        const named = selection.map(({ entity, from, to }) => ({ ships: [entity], from, to }));
        for (const ship of SHIPS) {
          for (const time of TIMES) {
            const has = holds(span, ship, time);
            const isNamed = holding(named, ship, time) > 0;
            expect(holding(rangesOf(inside), ship, time)).toBe(has && isNamed ? 1 : 0);
            expect(holding(rangesOf(outside), ship, time)).toBe(has && !isNamed ? 1 : 0);
          }
        }
        expect([...touching(inside), ...touching(outside)]).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  // Mutation: `${from}/${to}` of the key replaced by the ship sets every ship apart.
  test('keeps ships together that are cut alike, its own bounds as written, and shares its rows', () => {
    const span = {
      ships: ['C', 'B', 'A'],
      from: '2026-01-01 00:00:00+00',
      to: '2026-01-02 00:00:00+00',
    };
    const chunk = { stream: '3 ships', range: span, estimatedRows: 2400 };
    const six = { from: '2026-01-01 06:00:00', to: '2026-01-01 12:00:00' };
    const { inside, outside } = lists.carve(chunk, [
      { entity: 'A', ...six },
      { entity: 'C', from: six.from, to: '2026-01-01 07:00:00' },
      { entity: 'C', from: '2026-01-01 07:00:00', to: six.to },
      { entity: 'D', from: null, to: null },
    ]);
    expect(inside).toEqual([
      { stream: '2 ships', range: { ships: ['C', 'A'], ...six }, estimatedRows: 400 },
    ]);
    expect(outside).toEqual([
      {
        stream: '2 ships',
        range: { ships: ['C', 'A'], from: span.from, to: six.from },
        estimatedRows: 400,
      },
      {
        stream: '2 ships',
        range: { ships: ['C', 'A'], from: six.to, to: span.to },
        estimatedRows: 800,
      },
      { stream: 'B', range: { ...span, ships: ['B'] }, estimatedRows: 800 },
    ]);
  });

  test('that has an open end shares its rows by ships, and evenly among the pieces of a ship', () => {
    const chunk = { ...chunkOf({ ships: ['A', 'B'], from: null, to: null }), estimatedRows: 120 };
    const noon = '2026-01-01 12:00:00';
    const { inside, outside } = lists.carve(chunk, [{ entity: 'B', from: noon, to: null }]);
    expect([...inside, ...outside].map((part) => [part.stream, part.estimatedRows])).toEqual([
      ['B', 30],
      ['A', 60],
      ['B', 30],
    ]);
  });

  // Mutation: without `inside.length === 0 ? [chunk]` a range that holds nothing vanishes.
  test('is left as it is where the list names nothing of it', () => {
    const empty = { ships: ['A'], from: '2026-01-02 00:00:00', to: '2026-01-01 00:00:00' };
    for (const range of [...NAMELESS, empty, { ships: ['B', 'C'], from: null, to: null }]) {
      const chunk = { ...chunkOf(range), estimatedRows: 7 };
      const carving = lists.carve(chunk, [{ entity: 'A', from: null, to: null }]);
      expect(carving).toEqual({ inside: [], outside: [chunk] });
    }
  });

  // Mutation: `placeOf` without its two comparisons writes years that Postgres does not have.
  test('is cut at moments that Postgres has, even where the list goes beyond them', () => {
    const whole = chunkOf({ ships: ['A'], from: null, to: null });
    const cut = (from: string, to: string) => lists.carve(whole, [{ entity: 'A', from, to }]);
    const [first, end] = ['4714-11-24 00:00:00 BC', 'infinity'];
    const wide = cut('9999-01-01 00:00:00 BC', '300000-01-01 00:00:00');
    expect(rangesOf(wide.inside)).toEqual([{ ships: ['A'], from: first, to: end }]);
    expect(rangesOf(wide.outside)).toEqual([
      { ships: ['A'], from: null, to: first },
      { ships: ['A'], from: end, to: null },
    ]);
  });
});

describe('chunks that cover a list', () => {
  const four = pivotSelections({ chunkMicros: 4n });

  // Mutation: `subtract` with all of `others` taken for nothing covers what a range has already.
  test('hold what it names and no range has, once, a ship at a time, no longer than a chunk', () => {
    fc.assert(
      fc.property(selections, fc.array(spans, { maxLength: 4 }), (selection, without) => {
        const parts = four.cover(selection, [...NAMELESS, ...without]);
        const named = selection.map(({ entity, from, to }) => ({ ships: [entity], from, to }));
        for (const ship of SHIPS) {
          for (const time of TIMES) {
            const isLeft = holding(named, ship, time) > 0 && holding(without, ship, time) === 0;
            expect(holding(rangesOf(parts), ship, time)).toBe(isLeft ? 1 : 0);
          }
        }
        const cells = spansOf(parts).map(({ from, to }) => [
          Math.floor(from === null ? -Infinity : placeOnLine(from) / 4),
          Math.floor(to === null ? Infinity : (placeOnLine(to) - 1) / 4),
        ]);
        expect(
          cells.filter(([first = 0, last = 0]) => first < last && last - first < Infinity),
        ).toEqual([]);
        expect(touching(parts).filter(({ from }) => placeOnLine(from ?? '') % 4 !== 0)).toEqual([]);
        expect(spansOf(parts).filter(({ ships }) => ships.length !== 1)).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  // Mutation: `first + BigInt(index + 1)` counted from the interval's start is beside the plan's grid.
  test('are cut where the plan cuts, and reach from an open end to the first bound', () => {
    const parts = lists.cover(
      [
        { entity: 'A', from: '2026-01-01 00:30:00.000001', to: '2026-01-01 02:00:00' },
        { entity: 'A', from: '2026-01-01 02:00:00', to: '2026-01-01 02:00:00.5' },
        { entity: 'B', from: null, to: '1969-12-31 22:59:59' },
        { entity: 'B', from: '1969-12-31 23:30:00', to: null },
        { entity: 'C', from: null, to: null },
      ],
      [{ ships: ['B', 'D'], from: '1970-01-01 01:15:00+00', to: '1970-01-02 00:00:00+00' }],
    );
    expect(parts).toEqual(
      [
        ['A', '2026-01-01 00:30:00.000001', '2026-01-01 01:00:00'],
        ['A', '2026-01-01 01:00:00', '2026-01-01 02:00:00'],
        ['A', '2026-01-01 02:00:00', '2026-01-01 02:00:00.5'],
        ['B', null, '1969-12-31 22:59:59'],
        ['B', '1969-12-31 23:30:00', '1970-01-01 00:00:00'],
        ['B', '1970-01-01 00:00:00', '1970-01-01 01:00:00'],
        ['B', '1970-01-01 01:00:00', '1970-01-01 01:15:00'],
        ['B', '1970-01-02 00:00:00', null],
        ['C', null, null],
      ].map(([ship, from, to]) => ({
        stream: ship,
        range: { ships: [ship], from, to },
        estimatedRows: 0,
      })),
    );
  });

  // Mutation: without `if (chunks > MAX_CHUNKS)` the list makes chunks until the memory is full.
  test('are refused where there would be more of them than anybody means', () => {
    const century = { entity: 'A', from: '1900-01-01', to: '2020-01-01' };
    expect(() => lists.cover([century], [])).toThrow(DroverError);
    expect(() => lists.cover([century], [])).toThrow('1051896 chunks');
    expect(lists.cover([century], [{ ships: ['A'], from: '1900-01-02', to: null }])).toHaveLength(
      24,
    );
  });
});

const chunkOf = (range: Json): SplitPart => ({ stream: 'some', range, estimatedRows: 0 });

import type { WideTables } from '@drover/testkit';
import { describe, expect, test } from 'vitest';
import { compareTables } from './compare-tables.ts';

const tables = (change: (tables: WideTables) => void = () => {}): WideTables => {
  const whole: WideTables = {
    t1: { '00:00': { a: '1', b: '2' }, '00:01': { a: '3' } },
    t2: { '00:00': { a: '4' } },
  };
  change(whole);
  return whole;
};
const cellsOf = (whole: WideTables, table: string, time: string) => whole[table]?.[time] ?? {};

describe('two sets of wide tables', () => {
  test('that are equal have no difference, and every cell was looked at', () => {
    const empty = tables((whole) => {
      whole['t3'] = {};
    });
    expect(compareTables(tables(), empty)).toEqual({ cells: 4, differences: [] });
  });

  // Mutation: with `break` for `continue` after the first cell, the second is not looked at.
  test('that differ in a cell, by its value or by its being there, differ in that place', () => {
    const changed = tables((whole) => {
      cellsOf(whole, 't1', '00:00')['b'] = '5';
    });
    expect(compareTables(tables(), changed).differences).toEqual(['t1 00:00 "b"']);
    const gone = tables((whole) => {
      delete cellsOf(whole, 't1', '00:00')['b'];
    });
    expect(compareTables(tables(), gone).differences).toEqual(['t1 00:00 "b"']);
    // Mutation: with `Object.keys(expected)` alone in `both`, what is too much is not seen.
    expect(compareTables(gone, tables()).differences).toEqual(['t1 00:00 "b"']);
  });

  // Mutation: without the comparison of rows, one without values may be missing, or be too much.
  test('that differ in a row without values differ', () => {
    const more = tables((whole) => {
      whole['t2'] = { ...whole['t2'], '00:09': {} };
    });
    expect(compareTables(tables(), more).differences).toEqual(['t2 00:09: the row is extra']);
    expect(compareTables(more, tables()).differences).toEqual(['t2 00:09: the row is missing']);
  });

  test('that differ in a whole table differ in all of its cells', () => {
    const less = tables((whole) => {
      delete whole['t2'];
    });
    expect(compareTables(tables(), less).differences).toEqual([
      't2 00:00: the row is missing',
      't2 00:00 "a"',
    ]);
  });
});

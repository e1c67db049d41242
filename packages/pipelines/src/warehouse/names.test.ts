import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cleanTableName,
  columnNameFault,
  columnNames,
  expandPattern,
  tableNameFault,
  targetIdentifier,
} from './names.ts';

const none = new Map<string, string>();
const named = (columns: readonly string[], given: ReadonlyMap<string, string> = none) =>
  Object.fromEntries(columnNames(columns, given));

test('an identifier is quoted by backticks, and backticks in it are doubled', () => {
  expect(targetIdentifier('a`b')).toBe('`a``b`');
});

describe('names of columns', () => {
  test('stay where Doris takes them', () => {
    const names = ['id', 'Total EUR', 'a.b', 'x-y', '#1', 'a,b "c"', '9'];
    expect(named(names)).toEqual(Object.fromEntries(names.map((name) => [name, name])));
  });

  test('that differ by capitals only get a number, the first in code units stays', () => {
    expect(named(['a', 'A'])).toEqual({ A: 'A', a: 'a_2' });
    expect(named(['aa', 'Aa', 'aA', 'AA'])).toEqual({
      AA: 'AA',
      Aa: 'Aa_2',
      aA: 'aA_3',
      aa: 'aa_4',
    });
  });

  test('that can stay are not taken from their columns by altered ones', () => {
    expect(named(['A', 'a', 'a_2'])).toEqual({ A: 'A', a: 'a_3', a_2: 'a_2' });
    expect(named(['ä', '_'])).toEqual({ _: '_', ä: '__2' });
  });

  test('lose characters that Doris does not take, one underscore for each', () => {
    expect(named(['größe', '名\u{1F40E}', 'a\tb\nc', 'a`b', "a'b", 'a\\b'])).toEqual({
      größe: 'gr__e',
      '名\u{1F40E}': '__',
      'a\tb\nc': 'a_b_c',
      "a'b": 'a_b',
      'a\\b': 'a_b_2',
      'a`b': 'a_b_3',
    });
  });

  test('that begin like the server’s own get a letter in front', () => {
    expect(named(['__DORIS_DELETE_SIGN__', '__doris_x'])).toEqual({
      __DORIS_DELETE_SIGN__: 'c__DORIS_DELETE_SIGN__',
      __doris_x: 'c__doris_x',
    });
  });

  test('that the file gives are taken first, and as they are', () => {
    expect(named(['a', 'b'], new Map([['b', 'A']]))).toEqual({ a: 'a_2', b: 'A' });
  });

  test('are legal, unlike one another and the same in whatever order the columns come', () => {
    const column = fc.oneof(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }),
      fc.constantFrom('a', 'A', 'a_2', 'A_2', 'ä', 'Ä', '_', '__', '_2', '__DORIS_A', 'c__doris_a'),
    );
    const shuffled = fc
      .uniqueArray(column, { minLength: 1, maxLength: 12 })
      .chain((columns) =>
        fc.tuple(
          fc.constant(columns),
          fc.shuffledSubarray(columns, { minLength: columns.length, maxLength: columns.length }),
        ),
      );
    fc.assert(
      fc.property(shuffled, ([columns, others]) => {
        const names = columnNames(columns, none);
        const list = [...names.values()];
        expect(list.map(columnNameFault)).toEqual(list.map(() => null));
        expect(new Set(list.map((name) => name.toLowerCase())).size).toBe(columns.length);
        expect(named(others)).toEqual(Object.fromEntries(names));
      }),
    );
  });

  test('of the file are refused where Doris does not take them', () => {
    expect(columnNameFault('größe')).toMatch(/characters/);
    expect(columnNameFault('__Doris_a')).toMatch(/prefix/);
    expect(columnNameFault('')).toMatch(/0 characters/);
    expect(columnNameFault('x'.repeat(256))).toBeNull();
    expect(columnNameFault('x'.repeat(257))).toMatch(/257/);
  });
});

describe('names of tables and databases', () => {
  test('a pattern stands for the source’s names, which are not patterns themselves', () => {
    const source = { schema: '{table}', name: '$&{schema}' };
    expect(expandPattern('x_{schema}_{table}_{other}', source)).toBe(
      'x_{table}_$&{schema}_{other}',
    );
  });

  test.each([
    ['orders', 'orders'],
    ['Größe 7', 'Gr__e_7'],
    ['_x', 't__x'],
    ['7', 't_7'],
    ['a.b', 'a_b'],
    ['', 't_'],
  ])('%s becomes %s', (name, clean) => {
    expect(cleanTableName(name, 't_')).toBe(clean);
    expect(tableNameFault(clean)).toBeNull();
  });

  test.each([
    ['x'.repeat(65), /65 characters/],
    ['_x', /letter/],
    ['a b', /letter/],
    ['a\n', /letter/],
    ['', /letter/],
    ['MySQL', /server/],
    ['information_schema', /server/],
  ])('%s is refused', (name, why) => {
    expect(tableNameFault(name)).toMatch(why);
    expect(tableNameFault('x'.repeat(64))).toBeNull();
  });
});

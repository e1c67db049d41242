import { DroverError, formatTimestamp, parseTimestamp, type Selection } from '@drover/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatShipList, parseShipList } from './ship-list.ts';

/** What is said of a list, line by line. */
function faultsOf(text: string): string[] {
  try {
    parseShipList(text, 'failed.csv');
  } catch (error) {
    expect(error).toBeInstanceOf(DroverError);
    expect(error).toMatchObject({ code: 'FILE_INVALID' });
    return error instanceof DroverError ? error.message.split('\n') : [];
  }
  return [];
}

const range = (entity: string, from: string | null, to: string | null): Selection => ({
  entity,
  from,
  to,
});

const NO_MOMENT =
  'is no moment; write for example 2026-01-31 or 2026-01-31 08:15:00.123456, or nothing for an open end';

describe('a list of failed ranges', () => {
  test('is read as it was written for the tool before', () => {
    const text = [
      'IMO1234567,2026-01-01 00:00:00,2026-01-02 00:00:00',
      'IMO1234567,2026-01-02 00:00:00.000001,',
      'IMO7654321,,',
      '"a ""ship"", of two\r\nlines",2026-01-01,2026-01-01 00:00:00.5',
    ].join('\n');
    expect(parseShipList(text, 'failed.csv')).toEqual([
      range('IMO1234567', '2026-01-01 00:00:00', '2026-01-02 00:00:00'),
      range('IMO1234567', '2026-01-02 00:00:00.000001', null),
      range('IMO7654321', null, null),
      range('a "ship", of two\r\nlines', '2026-01-01 00:00:00', '2026-01-01 00:00:00.5'),
    ]);
  });

  // Mutation: `text` parsed without `replace` has a byte order mark in the first ship; with the delimiters
  // left to the parser, line ends of another kind than the first stand in a field.
  test('is the same from Windows, with a byte order mark, with blank lines, without a last line end', () => {
    const wanted = [range('A', null, null), range('B', null, '2026-01-01 00:00:00')];
    for (const text of [
      'A,,\nB,,2026-01-01\n',
      'A,,\nB,,2026-01-01',
      '\uFEFFA,,\r\nB,,2026-01-01\r\n',
      '\uFEFF\r\n\r\nA,,\r\n  \r\nB,,2026-01-01\r\n\t\r\n',
      '\uFEFF"A",,"  "\rB,"",2026-01-01\r',
      'A,,\r\n\nB, , 2026-01-01 \n',
    ]) {
      expect(parseShipList(text, 'failed.csv')).toEqual(wanted);
    }
  });

  test.each([
    ['2026-01-31T08:15', '2026-01-31 08:15:00'],
    ['2026-01-31T08:15:30.120Z', '2026-01-31 08:15:30.12'],
    ['2026-01-31 08:15:30+00', '2026-01-31 08:15:30'],
    ['2026-01-31 08:15:30+05:30', '2026-01-31 02:45:30'],
    ['2026-01-31 24:00:00', '2026-02-01 00:00:00'],
    ['0044-03-15 00:00:00.000001+00 BC', '0044-03-15 00:00:00.000001 BC'],
    ['294276-12-31 23:59:59.999999', '294276-12-31 23:59:59.999999'],
    ['infinity', 'infinity'],
  ])('takes %s for %s', (written, meant) => {
    expect(parseShipList(`A,${written},`, 'failed.csv')).toEqual([range('A', meant, null)]);
    expect(parseShipList(`A,,${written}`, 'failed.csv')).toEqual([range('A', null, meant)]);
  });

  // Mutation: `cast` without `quoting` takes it for no ship.
  test('can name the ship whose name is empty, in quotes', () => {
    expect(parseShipList('"",,\n', 'failed.csv')).toEqual([range('', null, null)]);
  });
});

const BAD: readonly (readonly [what: string, text: string, ...said: string[]])[] = [
  ['one field', 'A\n', '1: 1 field instead of 3; write ship,start,end'],
  ['two fields', 'A,,\nA,2026-01-01\n', '2: 2 fields instead of 3; write ship,start,end'],
  ['four fields', 'A,,,\n', '1: 4 fields instead of 3; write ship,start,end'],
  ['another delimiter', 'A;;\n', '1: 1 field instead of 3; write ship,start,end'],
  ['no ship', '\n  ,2026-01-01,\n', '2: no ship; write its id before the first comma'],
  [
    'no moments',
    'A,,\nA,now,2026-02-30',
    `2: start "now" ${NO_MOMENT}`,
    `2: end "2026-02-30" ${NO_MOMENT}`,
  ],
  ['the start of all time', 'A,-infinity,\n', `1: start "-infinity" ${NO_MOMENT}`],
  ['a long text', `A,${'1'.repeat(41)},`, `1: start "${'1'.repeat(40)}..." ${NO_MOMENT}`],
  [
    'an end before the start',
    'A, 2026-01-02 ,2026-01-01\n',
    '1: end 2026-01-01 is not after start 2026-01-02',
  ],
  [
    'an end at the start, by another clock',
    'A,2026-01-01 09:00+09,2026-01-01\n',
    '1: end 2026-01-01 is not after start 2026-01-01 09:00+09',
  ],
  ['nothing after all time', 'A,infinity,infinity', '1: end infinity is not after start infinity'],
  [
    'a header line',
    '\nship,start,end\nA,,\n',
    '2: this is a header line, and a list has none; remove it',
  ],
  [
    'words further down',
    'A,,\nship,start,end\n',
    `2: start "start" ${NO_MOMENT}`,
    `2: end "end" ${NO_MOMENT}`,
  ],
  ['one word', 'A,2026-01-01,soon\n', `1: end "soon" ${NO_MOMENT}`],
  [
    'a quote never closed',
    'A,,\n"B,,\nC,,\n',
    '2: a quote is opened here and never closed; close it',
  ],
  [
    'text after a quote',
    'A,,\n"B"s,,\n',
    '2: text follows the closing quote of a field; write each quote within quotes twice',
  ],
  [
    'a quote in a field',
    'A "B",,\n',
    '1: a quote stands within a field; put the field into quotes, and write each quote in it twice',
  ],
  [
    'faults before a quote',
    'A\n"',
    '1: 1 field instead of 3; write ship,start,end',
    '2: a quote is opened here and never closed; close it',
  ],
];

describe('a bad list names line, fault and fix', () => {
  // Mutation: each fault of readRange left out; `isFirst` always true takes any two words for a header.
  test.each(BAD)('%s', (_, text, ...said) => {
    expect(faultsOf(text)).toEqual(said.map((line) => `failed.csv:${line}`));
  });

  // Mutation: without the check of `selections.length` these move nothing and say nothing.
  test.each(['', '\uFEFF', '\n\r\n  \n'])('that names no range: %j', (text) => {
    const [fault, ...more] = faultsOf(text);
    expect(fault).toBe('failed.csv names no range; write ship,start,end, one range a line');
    expect(more).toEqual([]);
  });

  // Mutation: `faults` joined whole instead of `faults.slice(0, MAX_FAULTS)`.
  test('twenty times at most, and counts the rest', () => {
    const text = 'A\n'.repeat(22);
    expect(faultsOf(text)).toHaveLength(21);
    expect(faultsOf(text).at(-2)).toMatch(/^failed\.csv:20: /);
    expect(faultsOf(text).at(-1)).toBe('... and 2 more');
    expect(faultsOf('A\n'.repeat(20))).toHaveLength(20);
  });

  // Mutation: the parser's `lines` instead of `line` counts a CRLF within quotes twice.
  test('by the line on which it begins, as an editor counts, whatever the ships hold', () => {
    const good = fc.tuple(ship, fc.constant(',,'), fc.boolean());
    const bad = fc.tuple(ship, fc.constant(',2,2'), fc.boolean());
    fc.assert(
      fc.property(
        fc.array(fc.oneof(good, bad), { maxLength: 8 }),
        fc.constantFrom('\n', '\r\n', '\r'),
        (ranges, lineEnd) => {
          let text = '';
          const said: string[] = [];
          for (const [name, times, blankBefore] of ranges) {
            if (blankBefore) text += lineEnd;
            const at = `failed.csv:${text.split(/\r\n|\r|\n/).length}`;
            if (times !== ',,')
              said.push(`${at}: start "2" ${NO_MOMENT}`, `${at}: end "2" ${NO_MOMENT}`);
            text += `"${name.replaceAll('"', '""')}"${times}${lineEnd}`;
          }
          fc.pre(ranges.length > 0);
          const shown = said.slice(0, 20);
          expect(faultsOf(text).slice(0, 20)).toEqual(shown);
        },
      ),
      { numRuns: 500 },
    );
  });
});

/** Ships as hard to write as they come. */
const ship = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.string({
    unit: fc.constantFrom('a', ',', '"', '\r', '\n', ' ', '\uFEFF', 'é', '🚢'),
    maxLength: 6,
  }),
);

/** Any moment that Postgres has. */
const moment = fc
  .bigInt({
    min: parseTimestamp('4714-11-24 BC') ?? 0n,
    max: parseTimestamp('294276-12-31 23:59:59.999999') ?? 0n,
  })
  .map(formatTimestamp);

const bounds = fc.oneof(
  fc.record({ from: fc.constant(null), to: fc.option(moment) }),
  fc.record({ from: moment, to: fc.constantFrom(null, 'infinity') }),
  fc
    .uniqueArray(moment, { minLength: 2, maxLength: 2 })
    .map((two) =>
      two.sort((a, b) => ((parseTimestamp(a) ?? 0n) < (parseTimestamp(b) ?? 0n) ? -1 : 1)),
    )
    .map(([from = '', to = '']) => ({ from, to })),
);

describe('a list that Drover writes', () => {
  // Mutation: without `quoted_match` a ship of blanks, or one that begins with a byte order mark, is lost.
  test('is read as it was, whatever the ships are called', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(ship, bounds), { minLength: 1, maxLength: 6 }), (pairs) => {
        const selections = pairs.map(([entity, ends]) => ({ entity, ...ends }));
        expect(parseShipList(formatShipList(selections), 'failed.csv')).toEqual(selections);
      }),
      { numRuns: 500 },
    );
  });

  test('has a range a line, quotes where they are needed, and the moments as they come', () => {
    const list = formatShipList([
      range('IMO1', '2026-01-01 00:00:00+00', null),
      range('a, b', null, '2026-01-01 00:00:00.000001'),
    ]);
    expect(list).toBe('IMO1,2026-01-01 00:00:00+00,\n"a, b",,2026-01-01 00:00:00.000001\n');
    expect(formatShipList([])).toBe('');
  });
});

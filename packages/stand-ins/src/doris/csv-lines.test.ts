import { describe, expect, it } from 'vitest';
import { fieldsOf } from './csv-fields.ts';
import { type CsvFormat, CsvLines } from './csv-lines.ts';
import { NotDescribed } from './refusal.ts';
import type { Generation } from './store.ts';
import {
  fuzzRows,
  type Random,
  randomFrom,
  splitAtRandom,
  writeCsv,
} from './testing/csv-writer.ts';

const GENERATIONS: readonly Generation[] = ['D24', 'D26'];
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const ROWS = 400;

/** The headers of the recipe (§5). */
function recipe(generation: Generation): CsvFormat {
  return {
    generation,
    separator: Buffer.from(','),
    encloseByte: '"'.charCodeAt(0),
    escapeByte: '\\'.charCodeAt(0),
    trimDoubleQuotes: true,
  };
}

function read(text: string | Buffer, format: CsvFormat, random?: Random): (string | null)[][] {
  const lines = new CsvLines(format);
  const bytes = Buffer.from(text);
  const pieces = random === undefined ? [bytes] : splitAtRandom(bytes, random);
  const rows = pieces.flatMap((piece) => [...lines.push(piece)]);
  return [...rows, ...lines.end()].map((line) =>
    fieldsOf(line, format).map((field) => field?.toString('utf8') ?? null),
  );
}

/** How many of the rows are not read as they were written, at their place. */
function countWrong(rows: readonly (readonly (string | null)[])[], found: unknown[]): number {
  return rows.filter((row, at) => JSON.stringify(row) !== JSON.stringify(found[at])).length;
}

describe.each(GENERATIONS)('the reader of %s', (generation) => {
  const format = recipe(generation);

  it.each([1, 4])(
    'reads what the recipe writes, %i columns, whatever the pieces (§5)',
    (columns) => {
      for (const seed of SEEDS) {
        const random = randomFrom(seed);
        const rows = fuzzRows(ROWS, columns, random);
        const text = writeCsv(rows, { escape: '\\', forceQuote: true });
        const found = read(text, format, random);
        expect(found).toHaveLength(ROWS);
        expect(countWrong(rows, found)).toBe(0);
      }
    },
  );

  it('reads rows wrong that were not written with FORCE_QUOTE (§5)', () => {
    const random = randomFrom(11);
    const rows = fuzzRows(ROWS, 1, random);
    const found = rows.map((row) => {
      const text = writeCsv([row], { escape: '\\', forceQuote: false });
      return read(text, format, random)[0];
    });
    const wrong = countWrong(rows, found);
    expect(wrong).toBeGreaterThan(ROWS * 0.1);
    expect(wrong).toBeLessThan(ROWS * 0.6);
  });

  it('reads doubled quotes wrong without an escape (§5 rules 3 and 4)', () => {
    const doubled = { ...format, escapeByte: null };
    const rows = [['a"b']];
    const text = writeCsv(rows, { escape: '"', forceQuote: true });
    expect(read(text, doubled)).toEqual([['a""b']]);
    expect(read('"a"",b"\n', doubled)).toEqual(generation === 'D24' ? [['a"', 'b"']] : [['a"",b']]);
  });

  it('reads single quotes as enclosure without trim_double_quotes (§5)', () => {
    const single = { ...format, encloseByte: "'".charCodeAt(0), trimDoubleQuotes: false };
    expect(read("'a,b','c'\n", single)).toEqual([['a,b', 'c']]);
  });

  it('drops lines without a byte and the carriage return before a line feed (§5 rule 1)', () => {
    expect(read('\n"a"\r\n\r\n\n"b\r\n"\n"c\r"\nd\r\r\n', format)).toEqual([
      ['a'],
      ['b\r\n'],
      ['c\r'],
      ['d\r'],
    ]);
  });

  it('takes a byte order mark off the start of a line, not out of an enclosure (§5 rule 1)', () => {
    expect(read('\u{FEFF}a,\u{FEFF}b\n"\u{FEFF}a"\n', format)).toEqual([
      ['a', '\u{FEFF}b'],
      ['\u{FEFF}a'],
    ]);
  });

  it('compares with \\N after the trimming and before the unescaping (§5 rule 2)', () => {
    expect(read('\\N,"\\N","\\\\N",\\\\N,,""\n', format)).toEqual([
      [null, null, '\\N', '\\N', '', ''],
    ]);
  });

  it('unescapes fields that are not enclosed, and knows no letters (§5 rule 5)', () => {
    expect(read('a\\b,"a\\nb",a\\,b\n', format)).toEqual([['ab', 'anb', 'a\\', 'b']]);
  });

  it('encloses a field only from its first byte (§5 rule 3)', () => {
    expect(read('a"b,c"d\n', format)).toEqual([['a"b', 'c"d']]);
  });

  it('cuts at separators of several bytes, over the ends of pieces', () => {
    const wide = { ...format, separator: Buffer.from('||') };
    const text = '"a||b"||c|d||\n|"x"||y|||z\n';
    for (const seed of SEEDS) {
      expect(read(text, wide, randomFrom(seed))).toEqual([
        ['a||b', 'c|d', ''],
        ['|"x"', 'y', '|z'],
      ]);
    }
  });

  it('reads a last line without an end, and refuses one that ends in an enclosure', () => {
    expect(read('"a"\n"b"', format)).toEqual([['a'], ['b']]);
    expect(() => read('"a"\n"b', format)).toThrow(NotDescribed);
  });

  it('reads text without enclosure and escape as it is', () => {
    const bare = { ...format, encloseByte: null, escapeByte: null, trimDoubleQuotes: false };
    expect(read('"a\\b",\\N\n', bare)).toEqual([['"a\\b"', null]]);
  });
});

it('D24 leaves the quotes on without trim_double_quotes, D26 does not (§5 rule 4)', () => {
  const rows = fuzzRows(ROWS, 4, randomFrom(5)).filter((row) =>
    row.some((field) => field !== null),
  );
  const text = writeCsv(rows, { escape: '\\', forceQuote: true });
  const wrong = (generation: Generation) =>
    countWrong(rows, read(text, { ...recipe(generation), trimDoubleQuotes: false }));
  expect(wrong('D24')).toBe(rows.length);
  expect(wrong('D26')).toBe(0);
});

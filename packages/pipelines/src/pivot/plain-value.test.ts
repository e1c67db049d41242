import { describe, expect, test } from 'vitest';
import { plainColumn } from './framing.ts';
import type { PivotPlan } from './pivot-plan.ts';
import { OPTIONS } from './testing/pivoted.ts';
import {
  asText,
  fixed,
  int8,
  marked,
  mismatch,
  noValue,
  textValue,
  tupleFields,
  tupleOf,
  varying,
} from './testing/tuple-stream.ts';
import { TuplePivot } from './tuple-pivot.ts';
import { TupleReader } from './tuple-reader.ts';

const [LONG, NUMBER, TEXT, DECIMAL] = [0, 1, 2, 3];
const typesWith = (number: string) => ['bigint', number, 'text', 'numeric'];

/** One channel per value column, all of one ship; rows as hexadecimal, null is NULL. */
function pivoted(types: readonly string[], tuples: readonly (readonly [number, Buffer][])[]) {
  const columns = types.map((_, index) => ({ channel: `/${index}`, accepts: [index] }));
  const plan: PivotPlan = {
    ships: ['A'],
    tables: [{ ship: 'A', columns }],
    homeless: [],
    valueTypes: types,
  };
  const rejects: string[] = [];
  const pivot = new TuplePivot(plan, OPTIONS, ({ tag, value }) =>
    rejects.push(`${tag} ${value.toString('utf8')}`),
  );
  for (const [time, items] of tuples.entries()) {
    const rows = items.map(([channel, value]) => ({ channel: `/${channel}`, value }));
    pivot.push(tupleOf(tupleFields(BigInt(time), rows)));
  }
  const copy = pivot.tables[0]?.take(undefined).copy ?? Buffer.alloc(0);
  const reader = new TupleReader({ fields: types.length + 1, maxBytes: 1e6 });
  const rows: (string | null)[][] = [];
  for (const { bytes, offsets } of reader.push(copy)) {
    const cells = columns.map((_, index) => {
      const at = offsets[index * 2 + 2] ?? 0;
      const length = bytes.readInt32BE(at - 4);
      return length === -1 ? null : bytes.toString('hex', at, at + length);
    });
    rows.push(cells);
  }
  return { rows, rejects };
}

/** A number for each of its first two bytes, all other bytes zero. */
function numbersOf(bytes: number): Buffer[] {
  return Array.from({ length: 0x10000 }, (_, start) => {
    const number = Buffer.alloc(bytes);
    number.writeUInt16BE(start);
    return number;
  });
}

describe('numbers without a tag', () => {
  for (const [type, bytes, read, lowest] of [
    ['double precision', 8, (one: Buffer) => one.readDoubleBE(), 'fff0000000000000'],
    ['real', 4, (one: Buffer) => one.readFloatBE(), 'ff800000'],
  ] as const) {
    // Mutation: with the first byte of MARK alone (tuple-pivot.ts) large negative numbers are taken for tags.
    test(`are told from tags, whatever a ${type} begins with`, () => {
      const all = numbersOf(bytes).filter((one) => !Number.isNaN(read(one)));
      expect(all.at(-1)?.toString('hex')).toBe(lowest);
      const { rows, rejects } = pivoted(
        typesWith(type),
        all.map((number) => [[NUMBER, number]]),
      );
      expect(rejects).toEqual([]);
      expect(rows.map((row) => row.join(' '))).toEqual(
        all.map((number) => ` ${number.toString('hex')}  `),
      );
    });
  }

  test('stand between values of all other forms, which have mark and tag', () => {
    const number = Buffer.from('bff0000000000000', 'hex');
    const nan = Buffer.from('ffffffffffffffff', 'hex');
    const decimal = Buffer.from('0001000000000000ffff', 'hex');
    const { rows, rejects } = pivoted(typesWith('double precision'), [
      [
        [NUMBER, number],
        [LONG, marked(fixed(LONG, int8(-1n)))],
        [TEXT, marked(textValue(TEXT, 'é'))],
        [DECIMAL, marked(varying(DECIMAL, decimal))],
      ],
      [
        [DECIMAL, marked(noValue())],
        [NUMBER, marked(fixed(NUMBER, nan))],
        [LONG, marked(asText(NUMBER, '1.5'))],
        [TEXT, marked(mismatch({ a: 1 }))],
      ],
      [
        [TEXT, marked(textValue(TEXT, ''))],
        [NUMBER, nan.fill(0)],
      ],
      // Contradicts its column, which is for whole numbers.
      [[LONG, number]],
    ]);
    expect(rows).toEqual([
      ['ffffffffffffffff', number.toString('hex'), 'c3a9', decimal.toString('hex')],
      [null, 'ffffffffffffffff', null, null],
      [null, '0000000000000000', '', null],
    ]);
    expect(rejects.map((one) => one.slice(0, 6))).toEqual([
      '65 1.5',
      '129 {"',
      `1 ${number.toString('utf8').slice(0, 4)}`,
    ]);
  });

  test('are those of the first column that holds such', () => {
    expect(plainColumn(['text', 'real', 'double precision'])).toBe(1);
    expect(plainColumn(['numeric', 'double precision[]', 'text'])).toBeNull();
  });
});

// Mutation: with `<=` for `<` behind the loop of `textEnd` (tuple-pivot.ts) those of 32 bytes and more go wrong.
test('texts of any length end where they end', () => {
  const lengths = Array.from({ length: 100 }, (_, length) => length);
  const { rows } = pivoted(
    typesWith('numeric'),
    lengths.map((length) => [
      [TEXT, textValue(TEXT, 'x'.repeat(length))],
      [LONG, fixed(LONG, int8(BigInt(length)))],
    ]),
  );
  expect(rows.map(([long, , text]) => [Number(`0x${long}`), (text ?? '').length / 2])).toEqual(
    lengths.map((length) => [length, length]),
  );
});

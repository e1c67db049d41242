import { DroverError } from '@drover/core';
import { describe, expect, test } from 'vitest';
import { SEPARATOR } from './framing.ts';
import type { PivotPlan } from './pivot-plan.ts';
import { LONG, long, pivoted, planOf, TEXT, TYPES, text } from './testing/pivoted.ts';
import { HOSTILE_CHANNELS, HOSTILE_TEXTS } from './testing/torture.ts';
import { asText, int8, mismatch, noValue, tupleFields, tupleOf } from './testing/tuple-stream.ts';

describe('tuples of hostile channel ids', () => {
  // Mutation: without the escapes in `framedKey` (framing.ts), or comparing only a start in KeyList, these fail.
  test('become rows whose every cell is in its own column, in any order, with any gaps', () => {
    const plan = planOf(HOSTILE_CHANNELS, null);
    const cell = (channel: string, turn: number) =>
      HOSTILE_TEXTS[(HOSTILE_CHANNELS.indexOf(channel) + turn) % HOSTILE_TEXTS.length] ?? '';
    const orders = [
      HOSTILE_CHANNELS,
      [...HOSTILE_CHANNELS].reverse(),
      HOSTILE_CHANNELS.filter((_, index) => index % 2 === 0),
      HOSTILE_CHANNELS.filter((_, index) => index % 3 !== 0).reverse(),
      HOSTILE_CHANNELS,
    ];
    const tuples = orders.map((order, turn) =>
      order.map((channel) => ({ channel, value: text(cell(channel, turn)) })),
    );
    const { rows, rejects } = pivoted(plan, tuples);
    expect(rejects).toEqual([]);
    expect(rows[0]).toEqual(
      orders.map((order, turn) => [
        String(turn),
        ...HOSTILE_CHANNELS.map((channel) =>
          order.includes(channel) ? cell(channel, turn) : null,
        ),
      ]),
    );
  });

  test('and ships are kept apart', () => {
    const ships = ['', 'A', '\x01', 'A\x01', '\x1bS', '日本'];
    const tables = ships.map((ship) => ({
      ship,
      columns: HOSTILE_CHANNELS.map((channel) => ({ channel, accepts: null })),
    }));
    const plan: PivotPlan = { ships, tables, homeless: [], valueTypes: TYPES };
    const items = HOSTILE_CHANNELS.flatMap((channel) =>
      ships.map((ship) => ({ ship, channel, value: text(`${ship} has ${channel}`) })),
    );
    const { rows } = pivoted(plan, [items, [...items].reverse()]);
    expect(rows).toEqual(
      ships.map((ship) =>
        ['0', '1'].map((time) => [time, ...HOSTILE_CHANNELS.map((one) => `${ship} has ${one}`)]),
      ),
    );
  });

  test('an empty id is a channel like others, and a missing one is not an empty one', () => {
    const plan: PivotPlan = {
      ...planOf(['a', 'b'], null),
      homeless: [{ ship: 'A', channel: '', action: 'reject' }],
    };
    const items = ['', 'a', '', 'b', ''].map((channel) => ({ channel, value: text(channel) }));
    const { rows, rejects, pivot } = pivoted(plan, [items]);
    expect(rows).toEqual([[['0', 'a', 'b']]]);
    expect(rejects.map(({ rule, channel }) => `${rule} "${channel}"`)).toEqual(
      Array(3).fill('homeless ""'),
    );
    expect([...pivot.rejectedPerShip]).toEqual([3]);
    const fields = tupleFields(0n, [{ channel: 'a', value: text('x') }]);
    const more = fields.map((field, index) =>
      index === 1 ? Buffer.concat([field, Buffer.from([SEPARATOR])]) : field,
    );
    expect(() => pivot.push(tupleOf(more))).toThrow(DroverError);
    // Mutation: with `<` for `<=` in the loop of `push` (tuple-pivot.ts) an empty list has no row.
    expect(pivot.push(tupleOf(tupleFields(0n, [{ channel: '', value: text('x') }])))).toBe(1);
  });
});

describe('values', () => {
  test('pass as they are, to the extremes of their type', () => {
    const values = [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 9007199254740993n];
    const plan = planOf(['n'], [LONG]);
    const { rows } = pivoted(
      plan,
      values.map((value) => [{ channel: 'n', value: long(value) }]),
    );
    expect(rows[0]).toEqual(values.map((value, time) => [String(time), String(value)]));
  });

  test('of NULL are NULL and loaded, empty ones are not NULL', () => {
    const { rows, pivot } = pivoted(planOf(['a', 'b', 'c'], null), [
      [
        { channel: 'a', value: noValue() },
        { channel: 'b', value: text('') },
      ],
      [{ channel: 'a', value: noValue() }],
    ]);
    expect(rows[0]).toEqual([
      ['0', null, '', null],
      ['1', null, null, null],
    ]);
    expect(pivot.tables[0]).toMatchObject({ loaded: 3, written: 2, rejected: 0, nulled: 0 });
  });

  test('in binary for a column of text are asked for again as text', () => {
    const { pivot } = pivoted(planOf(['a', 'b'], null), [
      [
        { channel: 'a', value: long(1n) },
        { channel: 'b', value: asText(LONG, '1') },
      ],
    ]);
    expect([...pivot.needText.values()]).toEqual([{ ship: 'A', channel: 'a' }]);
  });

  test('as text for a column of another type are rejects, never bytes of another kind', () => {
    const { rows, rejects } = pivoted(planOf(['n'], [LONG]), [
      [{ channel: 'n', value: asText(LONG, '1') }],
      [{ channel: 'n', value: text('x') }],
    ]);
    expect(rows).toEqual([[]]);
    expect(rejects.map(({ rule, tag }) => [rule, tag])).toEqual([
      ['mismatch', 0x40],
      ['mismatch', TEXT],
    ]);
  });
});

describe('a value that does not fit', () => {
  const bad = { channel: 'n', value: mismatch({ value_format: 'Complex', double_v: '1' }) };

  test('is a reject with its row, and leaves no row behind that has nothing else', () => {
    const { rows, rejects, pivot } = pivoted(planOf(['n', 'm'], [LONG]), [
      [bad],
      [bad, { channel: 'm', value: long(2n) }],
    ]);
    expect(rows[0]).toEqual([['1', null, '2']]);
    expect(rejects).toHaveLength(2);
    expect(rejects[0]?.value.toString()).toBe('{"value_format":"Complex","double_v":"1"}');
    expect(rejects[0]?.time).toEqual(int8(0n));
    expect(pivot.tables[0]).toMatchObject({ loaded: 1, rejected: 2, written: 1 });
    expect([...pivot.readPerTable]).toEqual([3]);
  });

  test('is NULL, loaded and counted with mismatch: null', () => {
    const { rows, rejects, pivot } = pivoted(planOf(['n'], [LONG]), [[bad]], { mismatch: 'null' });
    expect(rows[0]).toEqual([['0', null]]);
    expect(rejects).toEqual([]);
    expect(pivot.tables[0]).toMatchObject({ loaded: 1, nulled: 1, rejected: 0 });
  });

  // Mutation: with `nulled` counted when the value comes, not when its row is made, it stays 1 here.
  test('is not counted as NULL once another value has taken its place', () => {
    const good = { channel: 'n', value: long(1n) };
    const options = { mismatch: 'null' } as const;
    const last = pivoted(planOf(['n'], [LONG]), [[bad, good]], options);
    expect(last.rows[0]).toEqual([['0', '1']]);
    expect(last.pivot.tables[0]).toMatchObject({ loaded: 1, nulled: 0, skipped: 1 });
    const worse = pivoted(planOf(['n'], [LONG]), [[good, bad]], options);
    expect(worse.rows[0]).toEqual([['0', null]]);
    expect(worse.pivot.tables[0]).toMatchObject({ loaded: 1, nulled: 1, skipped: 1 });
  });
});

describe('duplicates within a timestamp', () => {
  const three = ['1', '22', '333'].map((value) => ({ channel: 'a', value: text(value) }));
  const other = { channel: 'b', value: text('b') };

  for (const [duplicates, cell] of [
    ['last', '333'],
    ['first', '1'],
  ] as const) {
    test(`leave the ${duplicates}, and the others are skipped`, () => {
      const { rows, pivot } = pivoted(planOf(['a', 'b'], null), [[...three, other]], {
        duplicates,
      });
      expect(rows[0]).toEqual([['0', cell, 'b']]);
      expect(pivot.tables[0]).toMatchObject({ loaded: 2, skipped: 2, rejected: 0 });
    });
  }

  test('are all rejects where nobody knows which counts', () => {
    const options = { duplicates: 'reject' } as const;
    const { rows, rejects, pivot } = pivoted(
      planOf(['a', 'b'], null),
      [[...three, other]],
      options,
    );
    expect(rows[0]).toEqual([['0', null, 'b']]);
    expect(rejects.map((item) => item.value.toString())).toEqual(['1', '22', '333']);
    expect(pivot.tables[0]).toMatchObject({ loaded: 1, skipped: 0, rejected: 3 });
    expect(pivoted(planOf(['a'], null), [three], options).rows).toEqual([[]]);
  });

  test('of two timestamps are none', () => {
    const [first, second] = three.map((item) => [item]);
    const { rows } = pivoted(planOf(['a'], null), [first ?? [], second ?? []], {
      duplicates: 'reject',
    });
    expect(rows[0]).toEqual([
      ['0', '1'],
      ['1', '22'],
    ]);
  });
});

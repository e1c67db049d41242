import { DroverError } from '@drover/core';
import { describe, expect, test } from 'vitest';
import type { PivotPlan } from './pivot-plan.ts';
import { OPTIONS, pivoted, planOf, TYPES, text } from './testing/pivoted.ts';
import { noValue, tupleFields, tupleOf } from './testing/tuple-stream.ts';
import { TuplePivot } from './tuple-pivot.ts';

describe('what the list of the snapshot does not have', () => {
  const plan: PivotPlan = {
    ships: ['A', 'B'],
    tables: [{ ship: 'A', columns: [{ channel: 'a', accepts: null }] }],
    homeless: [
      { ship: 'B', channel: 'gone', action: 'skip' },
      { ship: 'B', channel: 'bad', action: 'reject' },
    ],
    valueTypes: TYPES,
  };
  const item = (ship: string, channel: string) => [{ ship, channel, value: text('x') }];

  test('is an error, never skipped: ship, channel, or channel of that ship', () => {
    for (const [ship, channel, said] of [
      ['C', 'a', 'a ship that is not in the list of its snapshot: "C"'],
      ['A', 'aa', 'a channel that is not in the list of its snapshot: "aa"'],
      ['A', '', 'a channel that is not in the list of its snapshot: ""'],
      ['B', 'a', 'no channel "a" for ship "B"'],
    ] as const) {
      expect(() => pivoted(plan, [item(ship, channel)])).toThrow(said);
    }
  });

  test('is skipped or rejected only where the plan says so, and counted', () => {
    const { rows, rejects, pivot } = pivoted(plan, [
      [...item('B', 'gone'), ...item('A', 'a'), ...item('B', 'bad')],
    ]);
    expect(rows).toEqual([[['0', 'x']]]);
    expect(rejects).toMatchObject([{ rule: 'homeless', ship: 'B', channel: 'bad', table: null }]);
    expect([...pivot.skippedPerShip]).toEqual([0, 1]);
    expect([...pivot.rejectedPerShip]).toEqual([0, 1]);
  });
});

describe('a tuple whose lists do not end with the same row', () => {
  // Mutation: without the check behind the loop of `push` (tuple-pivot.ts) all but one of these are taken.
  test('is an error: more or fewer ships, channels or values, or a text without its end', () => {
    const items = ['a', 'b'].map((channel) => ({ ship: 'A', channel, value: text('x') }));
    const plan: PivotPlan = {
      ...planOf(['a', 'b'], null),
      ships: ['A', 'B'],
    };
    const whole = tupleFields(0n, items);
    const values = whole[3] ?? Buffer.alloc(0);
    const swap = (field: number, bytes: Buffer) =>
      whole.map((one, index) => (index === field ? bytes : one));
    const wrong = [
      swap(1, Buffer.from('A')),
      swap(1, Buffer.from('A\x01A\x01A')),
      swap(2, Buffer.from('a')),
      swap(2, Buffer.from('a\x01')),
      swap(2, Buffer.from('a\x01b\x01a')),
      swap(3, text('x')),
      swap(3, Buffer.concat([values, noValue()])),
      swap(3, values.subarray(0, -1)),
    ];
    const push = (fields: readonly Buffer[]) =>
      new TuplePivot(plan, OPTIONS, () => {}).push(tupleOf(fields));
    expect(push(whole)).toBe(2);
    for (const fields of wrong) expect(() => push(fields)).toThrow(DroverError);
  });

  test('is an error for one ship too', () => {
    const items = ['a', 'b'].map((channel) => ({ channel, value: text('x') }));
    const [time, channels, values] = tupleFields(0n, items) as [Buffer, Buffer, Buffer];
    const push = (fields: readonly Buffer[]) =>
      new TuplePivot(planOf(['a', 'b'], null), OPTIONS, () => {}).push(tupleOf(fields));
    expect(push([time, channels, values])).toBe(2);
    for (const fields of [
      [time, Buffer.from('a'), values],
      [time, Buffer.from('a\x01b\x01b'), values],
      [time, channels, text('x')],
      [time, channels, Buffer.concat([values, text('')])],
    ]) {
      expect(() => push(fields)).toThrow(DroverError);
    }
  });
});

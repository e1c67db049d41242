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

describe('a tuple that does not hold what it counts', () => {
  // Mutation: without `usedUp` in `push` of tuple-pivot.ts a list that is too long is taken.
  test('is an error: more or fewer rows, or values, or ships', () => {
    const items = ['a', 'b'].map((channel) => ({ ship: 'A', channel, value: text('x') }));
    const plan: PivotPlan = {
      ...planOf(['a', 'b'], null),
      ships: ['A', 'B'],
    };
    const whole = tupleFields(0n, items);
    const swap = (field: number, bytes: Buffer) =>
      whole.map((one, index) => (index === field ? bytes : one));
    const wrong = [
      tupleFields(0n, items, 1),
      tupleFields(0n, items, 3),
      swap(2, Buffer.from('A\x01A\x01A')),
      swap(3, Buffer.from('a\x01b\x01a')),
      swap(3, Buffer.from('a\x01')),
      swap(4, Buffer.concat([whole[4] ?? Buffer.alloc(0), noValue()])),
    ];
    const push = (fields: readonly Buffer[]) =>
      new TuplePivot(plan, OPTIONS, () => {}).push(tupleOf(fields));
    expect(push(whole)).toBe(2);
    for (const fields of wrong) expect(() => push(fields)).toThrow(DroverError);
  });
});

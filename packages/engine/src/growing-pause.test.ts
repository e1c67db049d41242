import { expect, test } from 'vitest';
import { growingPause, spread } from './growing-pause.ts';

const pause = (times: number, random: number) =>
  growingPause({ times, firstPauseMs: 1_000, longestPauseMs: 30_000, random });

// Mutation: without `Math.min` in growing-pause.ts it doubles for ever.
test('a pause doubles each time up to the longest', () => {
  expect([0, 1, 2, 3, 4, 5, 6, 5_000].map((times) => pause(times, 1))).toEqual([
    1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000,
  ]);
});

// Mutation: with `pauseMs * random` in `spread` it can be no pause at all.
test('a pause lies between half and the whole of its length, in whole milliseconds', () => {
  expect([0, 0.5, 1].map((random) => pause(1, random))).toEqual([1_000, 1_500, 2_000]);
  expect(pause(9, 0)).toBe(15_000);
  expect(spread(5, 0.3)).toBe(3);
});

import { describe, expect, test } from 'vitest';
import { seededRandom } from './random.ts';

const draws = (seed: number) => {
  const random = seededRandom(seed);
  return Array.from({ length: 20 }, () => random.between(1, 1000));
};

describe('draws from a seed', () => {
  // Mutation: with Math.random() in `next` they differ.
  test('are repeated by the same seed, and by no other', () => {
    expect(draws(7)).toEqual(draws(7));
    expect(draws(7)).not.toEqual(draws(8));
  });

  // Mutation: with `seed ^ state` in `fork` the branch depends on what was drawn before.
  test('of a branch do not depend on how many were drawn elsewhere', () => {
    const early = seededRandom(7).fork('fault 3');
    const trunk = seededRandom(7);
    trunk.next();
    expect(trunk.fork('fault 3').next()).toBe(early.next());
    expect(seededRandom(7).fork('fault 4').next()).not.toBe(seededRandom(7).fork('fault 3').next());
  });

  // Mutation: without `+ 1` in `between` the upper bound never comes.
  test('reach both bounds and nothing beyond', () => {
    const random = seededRandom(1);
    const drawn = Array.from({ length: 200 }, () => random.between(3, 5));
    expect(new Set(drawn)).toEqual(new Set([3, 4, 5]));
  });

  test('shuffle a list without losing anything', () => {
    const shuffled = seededRandom(2).shuffled([1, 2, 3, 4, 5, 6]);
    expect(shuffled).not.toEqual([1, 2, 3, 4, 5, 6]);
    expect(new Set(shuffled)).toEqual(new Set([1, 2, 3, 4, 5, 6]));
    expect(shuffled).toHaveLength(6);
  });

  test('from nothing are refused', () => {
    expect(() => seededRandom(1).pick([])).toThrow('nothing to pick from');
  });
});

import { describe, expect, test } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

/** A bucket with a clock that the test turns. */
function bucketAt(perSecond: number | null) {
  const bucket = new TokenBucket();
  let nowMs = 1_000_000;
  bucket.setRate(perSecond, nowMs);
  return {
    setRate: (rate: number | null) => bucket.setRate(rate, nowMs),
    take: (amount: number) => bucket.take(amount, nowMs),
    wait: () => bucket.waitMs(nowMs),
    turn: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('a token bucket', () => {
  test('without a rate makes nobody wait', () => {
    const bucket = bucketAt(null);
    bucket.take(1e12);
    expect(bucket.wait()).toBe(0);
  });

  // Mutation: without `#fill` in `waitMs` the debt is never paid.
  test('makes wait until what was taken has come in, however it was taken', () => {
    const bucket = bucketAt(100);
    bucket.take(30);
    bucket.take(20);
    expect(bucket.wait()).toBe(500);
    bucket.turn(200);
    expect(bucket.wait()).toBe(300);
    bucket.take(10);
    expect(bucket.wait()).toBe(400);
    bucket.turn(400);
    expect(bucket.wait()).toBe(0);
  });

  // Mutation: without `Math.min` in `#fill` an hour without work is made up for at full speed.
  test('saves up no more than comes in within a second', () => {
    const bucket = bucketAt(100);
    bucket.turn(3_600_000);
    bucket.take(100);
    expect(bucket.wait()).toBe(0);
    bucket.take(100);
    expect(bucket.wait()).toBe(1000);
  });

  test('keeps to its rate over many takers and pieces of all sizes', () => {
    const bucket = bucketAt(1_000);
    let taken = 0;
    let elapsedMs = 0;
    for (let turn = 0; turn < 10_000; turn += 1) {
      const waitMs = bucket.wait();
      bucket.turn(waitMs);
      elapsedMs += waitMs;
      const amount = 1 + ((turn * 7919) % 997);
      bucket.take(amount);
      taken += amount;
    }
    expect(taken).toBeGreaterThan(4_000_000);
    // The last piece is still to be paid for.
    expect(taken - elapsedMs).toBeLessThanOrEqual(997);
    expect(taken - elapsedMs).toBeGreaterThanOrEqual(0);
  });

  test('pays what is owed at the new rate when it changes', () => {
    const bucket = bucketAt(1);
    bucket.take(3_600);
    expect(bucket.wait()).toBe(3_600_000);
    bucket.setRate(3_600);
    expect(bucket.wait()).toBe(1000);
  });

  // Mutation: without `#level = 0` in `setRate` what was owed long ago is asked for when there is a rate again.
  test('forgets what is owed when the rate is lifted', () => {
    const bucket = bucketAt(1);
    bucket.take(3_600);
    bucket.setRate(null);
    expect(bucket.wait()).toBe(0);
    bucket.setRate(1);
    expect(bucket.wait()).toBe(0);
    bucket.take(1);
    expect(bucket.wait()).toBe(1000);
  });

  // Mutation: without `Math.max` in `#fill` an hour that the clock is put back is waited for.
  test('stands still while the clock is put back', () => {
    const bucket = bucketAt(100);
    bucket.take(50);
    bucket.turn(-3_600_000);
    expect(bucket.wait()).toBe(500);
    bucket.turn(500);
    expect(bucket.wait()).toBe(0);
  });
});

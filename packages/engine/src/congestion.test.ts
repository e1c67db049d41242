import { beforeEach, describe, expect, test } from 'vitest';
import { Congestion } from './congestion.ts';

describe('a target that pushes back', () => {
  let nowMs = 0;
  let congestion = new Congestion({ now: () => nowMs });
  const refuse = (inHand: number, startedAtMs = nowMs) => {
    nowMs += 1;
    congestion.refused({ startedAtMs, inHand });
  };

  beforeEach(() => {
    nowMs = 1000;
    congestion = new Congestion({ now: () => nowMs });
  });

  test('that has not pushed back yet gets all', () => {
    expect(congestion.concurrency(8)).toBe(8);
  });

  test('gets half as many chunks at once, and half of that when it goes on, but never none', () => {
    refuse(8);
    expect(congestion.concurrency(8)).toBe(4);
    refuse(4, nowMs);
    expect(congestion.concurrency(8)).toBe(2);
    refuse(2, nowMs);
    refuse(1, nowMs);
    expect(congestion.concurrency(8)).toBe(1);
  });

  test('is not given less for each of the chunks that were under way together', () => {
    const startedAtMs = nowMs;
    for (let chunk = 8; chunk > 0; chunk -= 1) refuse(chunk, startedAtMs);
    expect(congestion.concurrency(8)).toBe(4);
  });

  test('gets one more after each half minute, until it has all again', () => {
    refuse(8);
    const seen = [0, 29_999, 1, 30_000, 60_000, 1].map((ms) => {
      nowMs += ms;
      return congestion.concurrency(8);
    });
    expect(seen).toEqual([4, 4, 5, 6, 8, 8]);
    refuse(8);
    expect(congestion.concurrency(8)).toBe(4);
  });

  test('is halved from what the worker had in hand, not from what it might have', () => {
    refuse(3);
    expect(congestion.concurrency(16)).toBe(1);
  });
});

import { Stopped } from '@drover/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AttemptPace } from './attempt-pace.ts';
import { answeredThrottler } from './testing/answered-throttler.ts';
import { TimeLimit } from './time-limit.ts';

const HELD = {
  settings: { hours: { from: '22:00', to: '06:00', timeZone: 'UTC' } },
  held: 'it is day',
};

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** An attempt with a time limit of a second, which has run for half of it. */
function pacedAttempt(file = {}) {
  const { throttler, says } = answeredThrottler(file);
  const hand = { rows: 0, stop: new AbortController() };
  const over = vi.fn();
  const timeLimit = new TimeLimit(1000, { now: () => Date.now(), onOver: over });
  timeLimit.go();
  vi.advanceTimersByTime(500);
  const pace = new AttemptPace({ throttler, hand, timeLimit, signal: hand.stop.signal });
  return { pace, hand, says, over, throttler };
}

describe('the pace of an attempt', () => {
  // Mutation: without `timeLimit.stop()` the chunk is halved for having been held; without `timeLimit.go()` it
  // has no limit any more.
  test('is set by what holds work, and the wait does not count as its time', async () => {
    const { pace, says, over } = pacedAttempt();
    await says(HELD);
    const next = pace.next();
    await vi.advanceTimersByTimeAsync(50_000);
    await says({ held: null });
    await next;
    await vi.advanceTimersByTimeAsync(499);
    expect(over).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(over).toHaveBeenCalledOnce();
  });

  // Mutation: without `#charged` in `charge` every row counts again at each piece.
  test('counts each row once, and those of another way of trying from the start', async () => {
    const { pace, hand, throttler, says } = pacedAttempt({ rowsPerSecond: 100 });
    await says({});
    const waited = async (rows: number) => {
      hand.rows = rows;
      const since = Date.now();
      const next = pace.next();
      while (throttler.slows) await vi.advanceTimersByTimeAsync(10);
      await next;
      return Date.now() - since;
    };
    expect(await waited(10)).toBe(100);
    expect(await waited(30)).toBe(200);
    expect(await waited(30)).toBe(0);
    expect(await waited(5)).toBe(50);
    expect(await waited(15)).toBe(100);
  });

  test('asks nobody to wait where nothing demands it', async () => {
    const { pace, hand } = pacedAttempt();
    hand.rows = 1e9;
    expect(pace.next()).toBe(pace.next());
  });

  // Mutation: without `stop.abort` the databases work on for an attempt that is given up.
  test('stops an attempt that was held for too long', async () => {
    const { pace, hand, says } = pacedAttempt();
    await says(HELD);
    const next = expect(pace.next()).rejects.toEqual(new Stopped('held'));
    await vi.advanceTimersByTimeAsync(60_000);
    await next;
    expect(hand.stop.signal.reason).toEqual(new Stopped('held'));
  });

  test('ends with the reason of whoever stops the attempt meanwhile', async () => {
    const { pace, hand, says } = pacedAttempt();
    await says(HELD);
    const next = expect(pace.next()).rejects.toEqual(new Stopped('shutdown'));
    hand.stop.abort(new Stopped('shutdown'));
    await next;
  });
});

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TimeLimit } from './time-limit.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function limitOf(ms: number) {
  const over = vi.fn();
  return { over, limit: new TimeLimit(ms, { now: () => Date.now(), onOver: over }) };
}

describe('a time limit', () => {
  test('is over when its time has gone by', () => {
    const { limit, over } = limitOf(1000);
    limit.go();
    vi.advanceTimersByTime(999);
    expect(over).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(over).toHaveBeenCalledOnce();
  });

  // Mutation: without `clearTimeout` in `stop` it is over in the middle of the pause; without the subtraction
  // every pause gives it its whole time again.
  test('stands still while it is stopped, and keeps what was used before', () => {
    const { limit, over } = limitOf(1000);
    limit.go();
    vi.advanceTimersByTime(600);
    limit.stop();
    vi.advanceTimersByTime(3_600_000);
    expect(over).not.toHaveBeenCalled();
    limit.go();
    vi.advanceTimersByTime(399);
    expect(over).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(over).toHaveBeenCalledOnce();
  });

  test('does not begin by itself, and is over for good when it is disposed', () => {
    const { limit, over } = limitOf(1000);
    vi.advanceTimersByTime(5000);
    expect(over).not.toHaveBeenCalled();
    limit.go();
    limit[Symbol.dispose]();
    expect(vi.getTimerCount()).toBe(0);
  });
});

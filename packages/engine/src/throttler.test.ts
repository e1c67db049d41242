import { Stopped } from '@drover/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { answeredThrottler } from './testing/answered-throttler.ts';

const HOURS = { from: '22:00', to: '06:00', timeZone: 'UTC' };
const HELD = { settings: { hours: HOURS }, held: 'it is day' };

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** What became of a promise so far. */
function watch<T>(promise: Promise<T>) {
  const seen: { state: 'waits' | 'ended' | 'failed'; value?: unknown } = { state: 'waits' };
  promise.then(
    (value) => Object.assign(seen, { state: 'ended', value }),
    (error: unknown) => Object.assign(seen, { state: 'failed', value: error }),
  );
  return seen;
}

const settle = () => vi.advanceTimersByTimeAsync(0);

describe('starting a chunk', () => {
  test('waits for nothing where no limit is set', async () => {
    const { throttler, asked } = answeredThrottler();
    expect(await throttler.mayStart(new AbortController().signal)).toBe(true);
    expect(asked).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('asks for a turn, and again when its time has come', async () => {
    const { throttler, asked, turns } = answeredThrottler({ chunksPerSecond: 0.5 });
    turns.push(300, 100, 0);
    const start = watch(throttler.mayStart(new AbortController().signal));
    await vi.advanceTimersByTimeAsync(399);
    expect(start.state).toBe('waits');
    await vi.advanceTimersByTimeAsync(1);
    expect(start).toEqual({ state: 'ended', value: true });
    expect(asked).toEqual([2000, 2000, 2000]);
  });

  // Mutation: without `ring` in `refresh` the wait of an hour goes on.
  test.each([
    ['lifted', { chunksPerSecond: null }, []],
    ['raised', { chunksPerSecond: 10 }, [3_600_000, 100]],
  ])('takes note at once when the limit is %s', async (_, settings, intervals) => {
    const { throttler, asked, turns, says } = answeredThrottler({ chunksPerSecond: 1 / 3600 });
    turns.push(3_600_000, 0);
    const start = watch(throttler.mayStart(new AbortController().signal));
    await settle();
    expect(start.state).toBe('waits');
    await says({ settings });
    await settle();
    expect(start).toEqual({ state: 'ended', value: true });
    expect(asked).toEqual(intervals.length === 0 ? [3_600_000] : intervals);
    expect(vi.getTimerCount()).toBe(0);
  });

  // Mutation: without `first` in `#comesUp` all three ask, each time.
  test('is asked for by one of a worker at a time, in order', async () => {
    const { throttler, asked, turns } = answeredThrottler({ chunksPerSecond: 1 });
    turns.push(1000, 0, 1000, 0, 1000, 0);
    const { signal } = new AbortController();
    const starts = [1, 2, 3].map(() => watch(throttler.mayStart(signal)));
    const ended = () => starts.filter((start) => start.state === 'ended').length;
    await settle();
    expect(asked).toHaveLength(1);
    for (let expected = 1; expected <= 3; expected += 1) {
      await vi.advanceTimersByTimeAsync(1000);
      expect(ended()).toBe(expected);
      expect(starts[expected - 1]?.state).toBe('ended');
    }
    expect(asked).toHaveLength(6);
  });

  // Mutation: without the signal in `Bell.wait` it waits for the rest of the hour.
  test('is given up at once when the signal aborts, and leaves its place to the next', async () => {
    const { throttler, turns } = answeredThrottler({ chunksPerSecond: 1 });
    turns.push(3_600_000, 0);
    const stop = new AbortController();
    const first = watch(throttler.mayStart(stop.signal));
    const second = watch(throttler.mayStart(new AbortController().signal));
    await settle();
    stop.abort();
    await settle();
    expect(first).toEqual({ state: 'ended', value: false });
    expect(second).toEqual({ state: 'ended', value: true });
    const aborted = throttler.mayStart(stop.signal);
    await settle();
    expect(await aborted).toBe(false);
  });

  // Mutation: without the listener in the constructor of the throttler they wait for the rest of the hour.
  test('is given up by all when the worker stops', async () => {
    const { throttler, turns, stopping } = answeredThrottler({ chunksPerSecond: 1 });
    turns.push(3_600_000);
    const { signal } = new AbortController();
    const starts = [1, 2].map(() => watch(throttler.mayStart(signal)));
    await settle();
    stopping.abort();
    await settle();
    for (const start of starts) expect(start).toEqual({ state: 'ended', value: false });
    expect(vi.getTimerCount()).toBe(0);
  });

  test('fails with the ledger, and the next one asks anew', async () => {
    const { throttler, turns } = answeredThrottler({ chunksPerSecond: 1 });
    const { signal } = new AbortController();
    turns.shift = () => {
      throw new Error('away');
    };
    await expect(throttler.mayStart(signal)).rejects.toThrow('away');
    turns.shift = () => 0;
    const start = watch(throttler.mayStart(signal));
    await settle();
    expect(start).toEqual({ state: 'ended', value: true });
  });

  // Mutation: without the look at `#held` in `#comesUp` it takes its turn, and is started.
  test('waits while work is held, and takes no turn meanwhile', async () => {
    const { throttler, asked, turns, says } = answeredThrottler({ chunksPerSecond: 1 });
    await says(HELD);
    turns.push(0);
    const start = watch(throttler.mayStart(new AbortController().signal));
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(start.state).toBe('waits');
    expect(asked).toEqual([]);
    await says({ held: null });
    await settle();
    expect(start).toEqual({ state: 'ended', value: true });
  });
});

describe('chunks at once', () => {
  test.each([
    [undefined, 4, 4],
    [2, 4, 2],
    [4, 4, 4],
    [9, 4, 4],
  ])('are by a limit of %s, in a worker that was started with %s: %s', async (limit, own, most) => {
    const { throttler, says } = answeredThrottler();
    await says({ settings: limit === undefined ? {} : { concurrency: limit } });
    expect(throttler.concurrency(own)).toBe(most);
  });
});

describe('reading on', () => {
  const reads = (throttler: ReturnType<typeof answeredThrottler>['throttler']) =>
    watch(throttler.mayReadOn(new AbortController().signal));

  test('waits for nothing where no limit is set, whatever was read', async () => {
    const { throttler } = answeredThrottler();
    throttler.charge(1e9);
    expect(throttler.slows).toBe(false);
    await throttler.mayReadOn(new AbortController().signal);
  });

  // Mutation: without `workers` in `refresh` each of four workers reads as much as all of them together may.
  test('waits until the share of this worker allows for what was read', async () => {
    const { throttler, says } = answeredThrottler({ rowsPerSecond: 1000 });
    await says({ workers: 4 });
    throttler.charge(500);
    expect(throttler.slows).toBe(true);
    const read = reads(throttler);
    await vi.advanceTimersByTimeAsync(1999);
    expect(read.state).toBe('waits');
    await vi.advanceTimersByTimeAsync(1);
    expect(read.state).toBe('ended');
    expect(throttler.slows).toBe(false);
  });

  test('takes note at once when the limit, or the number of workers, changes', async () => {
    const { throttler, says } = answeredThrottler({ rowsPerSecond: 1 });
    await says({ workers: 2 });
    throttler.charge(3600);
    const read = reads(throttler);
    await vi.advanceTimersByTimeAsync(1000);
    await says({ workers: 1 });
    await settle();
    expect(read.state).toBe('waits');
    await says({ settings: { rowsPerSecond: null } });
    await settle();
    expect(read.state).toBe('ended');
    expect(vi.getTimerCount()).toBe(0);
  });

  // Mutation: without `heldBy` in `refresh` a verdict of the past holds for ever what no limit can hold.
  test('is held by the verdict of the ledger while a limit is in force that can hold', async () => {
    const { throttler, says } = answeredThrottler();
    await says(HELD);
    expect(throttler.held).toBe('it is day');
    const read = reads(throttler);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(read.state).toBe('waits');
    await says({ settings: { hours: null } });
    await settle();
    expect(read.state).toBe('ended');
    expect(throttler.held).toBeNull();
  });

  // Mutation: without `heldUntilMs = null` the two halves count as one.
  test('is given up after a minute in which it was held in one piece', async () => {
    const { throttler, says } = answeredThrottler({ rowsPerSecond: 1 });
    await says(HELD);
    throttler.charge(3600);
    const read = reads(throttler);
    await vi.advanceTimersByTimeAsync(59_000);
    await says({ held: null });
    await settle();
    await says({ held: 'it is day' });
    await vi.advanceTimersByTimeAsync(59_999);
    expect(read.state).toBe('waits');
    await vi.advanceTimersByTimeAsync(1);
    expect(read).toEqual({ state: 'failed', value: new Stopped('held') });
  });

  test('ends at once when the signal aborts', async () => {
    const { throttler, says } = answeredThrottler();
    await says(HELD);
    const stop = new AbortController();
    const read = watch(throttler.mayReadOn(stop.signal));
    await settle();
    stop.abort();
    await settle();
    expect(read.state).toBe('ended');
    expect(vi.getTimerCount()).toBe(0);
  });
});

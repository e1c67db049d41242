import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ProcessHealth } from '@drover/core';
import { expect, test } from 'vitest';
import { ProcessHealthMeter } from './process-health.ts';

// Longer than any tick: the timer fires once more before the next look.
const A_TICK_MS = 100;

function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

/** The best of several looks: the machine may be busy with others. */
async function calmest(
  meter: ProcessHealthMeter,
  by: (delay: ProcessHealth['loopDelayMs']) => number,
): Promise<ProcessHealth['loopDelayMs']> {
  const looks: ProcessHealth['loopDelayMs'][] = [];
  while (looks.length < 10) {
    await pause(A_TICK_MS);
    looks.push(meter.look().loopDelayMs);
  }
  return looks.reduce((best, one) => (by(one) < by(best) ? one : best));
}

/** As a program does that was started with --expose-gc. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

// Mutation: without `reset` the second look shows the first delay as well; by monitorEventLoopDelay a pause
// right after a look is not seen (the last expectation).
test('a blocked event loop shows as delay, once, also right after a look', async () => {
  using meter = new ProcessHealthMeter();
  block(900);
  await pause(A_TICK_MS);
  const first = meter.look().loopDelayMs;
  expect(first.max).toBeGreaterThan(850);
  expect(first.p99).toBeGreaterThan(850);
  block(300);
  await pause(A_TICK_MS);
  expect(meter.look().loopDelayMs.max).toBeGreaterThan(250);
  const { max } = await calmest(meter, (one) => one.max);
  expect(max).toBeLessThan(first.max / 2);
});

// Mutation: the delay without `- TICK_MS` has a median of 20 ms and more where nothing waits.
test('of a process that waits for nothing, half of the timers fire in time', async () => {
  using meter = new ProcessHealthMeter();
  expect((await calmest(meter, (delay) => delay.p50)).p50).toBeLessThan(10);
});

// Mutation: without `#before = now` the second look counts the collections of the first again.
test('garbage collections are counted and timed since the last look, and all together', async () => {
  using meter = new ProcessHealthMeter();
  const looks = [];
  for (let round = 0; round < 3; round += 1) {
    collectGarbage();
    await pause(A_TICK_MS);
    looks.push(meter.look());
  }
  for (const { gcCount, gcMs } of looks) {
    expect(gcCount).toBeGreaterThan(0);
    expect(gcMs).toBeGreaterThan(0);
  }
  const sum = looks.reduce((total, { gcMs }) => total + gcMs, 0);
  expect(looks.at(-1)?.gcTotalMs).toBeCloseTo(sum, 1);
});

test('the share of the processor is of the time between two looks, which is told', async () => {
  const beforeAll = performance.now();
  using meter = new ProcessHealthMeter();
  block(300);
  const busy = meter.look();
  const between = performance.now();
  expect(busy.spanMs).toBeGreaterThanOrEqual(300);
  expect(busy.spanMs).toBeLessThanOrEqual(between - beforeAll);
  expect(busy.cpuShare).toBeGreaterThan(0);
  await pause(100);
  const idle = meter.look();
  // What the first look covered is not in the second.
  expect(busy.spanMs + idle.spanMs).toBeLessThanOrEqual(performance.now() - beforeAll);
});

test('memory outside of the heap is told apart from that in it', () => {
  using meter = new ProcessHealthMeter();
  const before = meter.look();
  const held = Buffer.alloc(64_000_000, 1);
  const after = meter.look();
  expect(after.externalBytes - before.externalBytes).toBeGreaterThan(60_000_000);
  expect(after.heapUsedBytes).toBeGreaterThan(0);
  expect(held.at(-1)).toBe(1);
});

// Mutation: without `disconnect` or without `clearInterval` numbers go on growing.
test('when it is disposed it measures no further', async () => {
  const meter = new ProcessHealthMeter();
  meter[Symbol.dispose]();
  meter.look();
  collectGarbage();
  block(100);
  await pause(A_TICK_MS);
  const { gcCount, loopDelayMs } = meter.look();
  expect({ gcCount, loopDelayMs }).toEqual({ gcCount: 0, loopDelayMs: { p50: 0, p99: 0, max: 0 } });
});

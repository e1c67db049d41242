import { setTimeout as pause } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import { expect, test } from 'vitest';
import { keepSocketMemorySmall } from './socket-memory.ts';

const MEGABYTE = 1024 * 1024;

test('what was read and is not held any more is given back before it is much', async () => {
  using _ = keepSocketMemorySmall();
  const before = getHeapStatistics().external_memory;
  let most = 0;
  for (let read = 0; read < 200; read += 1) {
    // As a socket does: a piece of memory of its own for each read.
    for (let piece = 0; piece < 4; piece += 1) Buffer.allocUnsafeSlow(64 * 1024);
    most = Math.max(most, getHeapStatistics().external_memory - before);
    await pause(2);
  }
  expect(most).toBeGreaterThan(MEGABYTE);
  expect(most).toBeLessThan(12 * MEGABYTE);
});

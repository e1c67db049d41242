import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** So much may have come since the young objects were collected last. V8 itself waits for 32 MB. */
const MAX_GROWTH_BYTES = 2 * 1024 * 1024;

/** Some 3 MB come between two looks where the source is fast. */
const LOOK_MS = 10;

/**
 * Keeps the memory of a process small that reads much from sockets. What is read lies beside the heap, and is free
 * only when the small objects that held it are collected: they are so few that this would seldom happen. Begins
 * with what starting the process has left behind.
 */
export function keepSocketMemorySmall(): Disposable {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options?: { readonly type: 'minor' }) => void;
  collect();
  let lowest = Number.POSITIVE_INFINITY;
  const timer = setInterval(() => {
    const { external_memory: bytes } = getHeapStatistics();
    lowest = Math.min(lowest, bytes);
    if (bytes - lowest < MAX_GROWTH_BYTES) return;
    collect({ type: 'minor' });
    // What is free now is given back by another thread: the next look sees it.
    lowest = Number.POSITIVE_INFINITY;
  }, LOOK_MS).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

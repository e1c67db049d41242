import type { LoadRecord, Throttle } from '@drover/core';
import { Throttler } from '../throttler.ts';

/** A throttler that reads from the ledger what the test says, and takes its turns from the test. */
export function answeredThrottler(file: Throttle = {}) {
  let load: LoadRecord = { settings: {}, held: null, measuredMsAgo: 0, workers: 1 };
  const turns: number[] = [];
  const asked: number[] = [];
  const stopping = new AbortController();
  const throttler = new Throttler({
    ledger: {
      load: async () => load,
      takeTurn: async ({ intervalMs }) => {
        asked.push(intervalMs);
        return turns.shift() ?? 3_600_000;
      },
    },
    migrationId: 'ships',
    file,
    host: { now: () => Date.now() },
    stopping: stopping.signal,
  });
  return {
    throttler,
    stopping,
    /** The intervals of all turns that were asked for. */
    asked,
    /** The next turns: 0 for one that is given, else how long to wait. */
    turns,
    says: async (change: Partial<LoadRecord>) => {
      load = { ...load, ...change };
      await throttler.refresh();
    },
  };
}

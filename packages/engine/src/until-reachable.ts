import { setTimeout as pause } from 'node:timers/promises';
import { type DroverError, type Host, hintsAtOutage } from '@drover/core';
import { growingPause } from './growing-pause.ts';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Does `work`, again and again with growing pauses while a store that it needs is away.
 * @param waiting.onAway told each time, before the pause.
 * @throws what `work` throws for another reason, and the signal's reason where it aborts meanwhile.
 */
export async function untilReachable<T>(
  work: () => Promise<T>,
  waiting: {
    readonly host: Pick<Host, 'random'>;
    readonly signal: AbortSignal;
    readonly onAway: (error: DroverError, pauseMs: number) => void;
  },
): Promise<T> {
  const { host, signal, onAway } = waiting;
  for (let times = 0; ; times += 1) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (!hintsAtOutage(error)) throw error;
      const pauseMs = growingPause({
        times,
        firstPauseMs: FIRST_PAUSE_MS,
        longestPauseMs: LONGEST_PAUSE_MS,
        random: host.random(),
      });
      onAway(error, pauseMs);
      await pause(pauseMs, undefined, { signal }).catch(() => {});
    }
  }
}

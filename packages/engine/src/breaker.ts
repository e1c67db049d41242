import { setTimeout as pause } from 'node:timers/promises';
import type { Host, Log, Outage } from '@drover/core';
import { growingPause } from './growing-pause.ts';

export interface BreakerParts {
  /** Asks each store whether it is there. */
  readonly probe: () => Promise<readonly Outage[]>;
  readonly host: Pick<Host, 'random'>;
  readonly log: Log;
  /** A store is away: take no work. */
  readonly onOpen: () => void;
  /** All stores are back. */
  readonly onClosed: () => void;
  /** Pause before the second look; doubles up to `longestPauseMs`. */
  readonly firstPauseMs?: number;
  readonly longestPauseMs?: number;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Keeps a worker from burning attempts on a store that is away. Open from the look that found a store away
 * until a later one, after growing pauses, finds all of them there.
 */
export class Breaker implements AsyncDisposable {
  readonly #parts: BreakerParts;
  readonly #stop = new AbortController();
  #outages: readonly Outage[] = [];
  #looking: Promise<boolean> | undefined;
  #waiting: Promise<void> = Promise.resolve();

  constructor(parts: BreakerParts) {
    this.#parts = parts;
  }

  /** What is waited for; empty while the circuit is closed. */
  get outages(): readonly Outage[] {
    return this.#outages;
  }

  get open(): boolean {
    return this.#outages.length > 0;
  }

  /** Whether a store is away, as seen now. Several that ask at once share one look. */
  look(): Promise<boolean> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#waiting;
  }

  async #look(): Promise<boolean> {
    const { probe, log, onOpen, onClosed } = this.#parts;
    const wasOpen = this.open;
    this.#outages = await probe();
    if (this.open && !wasOpen) {
      onOpen();
      for (const { store, code, reason } of this.#outages) {
        log.warn('a store is away; waiting for it', { store, code, error: reason });
      }
      this.#waiting = this.#wait();
    }
    if (!this.open && wasOpen) {
      log.info('all stores are back');
      onClosed();
    }
    return this.open;
  }

  async #wait(): Promise<void> {
    const { host, firstPauseMs = FIRST_PAUSE_MS, longestPauseMs = LONGEST_PAUSE_MS } = this.#parts;
    const { signal } = this.#stop;
    for (let times = 0; this.open && !signal.aborted; times += 1) {
      const ms = growingPause({ times, firstPauseMs, longestPauseMs, random: host.random() });
      await pause(ms, undefined, { signal }).catch(() => {});
      if (!signal.aborted) await this.look();
    }
  }
}

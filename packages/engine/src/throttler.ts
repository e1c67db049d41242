import {
  type Host,
  heldBy,
  type Ledger,
  limitsInForce,
  Stopped,
  type Throttle,
} from '@drover/core';
import { Bell } from './bell.ts';
import { TokenBucket } from './token-bucket.ts';

export interface ThrottlerParts {
  readonly ledger: Pick<Ledger, 'load' | 'takeTurn'>;
  readonly migrationId: string;
  /** The limits of the migration file. */
  readonly file: Throttle;
  readonly host: Pick<Host, 'now'>;
  /** Aborted when the worker takes no more work: nobody waits for a turn any longer. */
  readonly stopping: AbortSignal;
  /** How long an attempt may be held in one piece. */
  readonly longestHoldMs?: number;
}

/** After this the source is to get rid of what it keeps for the snapshot of an attempt that is held. */
const LONGEST_HOLD_MS = 60_000;

/**
 * Keeps the limits on the load in one worker: knows those in force since the last `refresh`, and makes whoever
 * starts a chunk or reads on wait for as long as they demand. All who wait take note when they change.
 */
export class Throttler {
  readonly #parts: ThrottlerParts;
  readonly #bell = new Bell();
  readonly #rows = new TokenBucket();
  #limits: Throttle;
  #held: string | null = null;
  #known = '';
  #lastInLine: Promise<unknown> = Promise.resolve();

  constructor(parts: ThrottlerParts) {
    this.#parts = parts;
    this.#limits = parts.file;
    parts.stopping.addEventListener('abort', () => this.#bell.ring());
  }

  /** Why all work is held; null where it is not. */
  get held(): string | null {
    return this.#held;
  }

  /** Chunks at once, for a worker that was started with so many. */
  concurrency(own: number): number {
    return Math.min(own, this.#limits.concurrency ?? own);
  }

  /** Reads what is in force from the ledger. */
  async refresh(): Promise<void> {
    const { ledger, migrationId, file, host } = this.#parts;
    const load = await ledger.load(migrationId);
    const limits = limitsInForce(file, load.settings);
    const held = heldBy(limits, load);
    const share = (limits.rowsPerSecond ?? Number.NaN) / Math.max(1, load.workers);
    const known = JSON.stringify([limits, held, share]);
    if (known === this.#known) return;
    this.#known = known;
    this.#limits = limits;
    this.#held = held;
    this.#rows.setRate(Number.isNaN(share) ? null : share, host.now());
    this.#bell.ring();
  }

  /**
   * Waits until a chunk may be started, for as long as it takes.
   * @returns false where the signal aborted first, or the worker stopped.
   */
  async mayStart(signal: AbortSignal): Promise<boolean> {
    const before = this.#lastInLine;
    const start = this.#comesUp(before, signal);
    this.#lastInLine = Promise.allSettled([before, start]);
    return start;
  }

  /** Rows that were read count from now on. */
  charge(rows: number): void {
    this.#rows.take(rows, this.#parts.host.now());
  }

  /** Whether whoever reads has to wait. */
  get slows(): boolean {
    return this.#held !== null || this.#rows.waitMs(this.#parts.host.now()) > 0;
  }

  /**
   * Waits until an attempt may read on, or its signal aborts.
   * @throws Stopped `held` where it was held for too long.
   */
  async mayReadOn(signal: AbortSignal): Promise<void> {
    const { host, longestHoldMs = LONGEST_HOLD_MS } = this.#parts;
    let heldUntilMs: number | null = null;
    while (!signal.aborted) {
      const nowMs = host.now();
      if (this.#held === null) {
        heldUntilMs = null;
        const waitMs = this.#rows.waitMs(nowMs);
        if (waitMs === 0) return;
        await this.#bell.wait(waitMs, signal);
      } else {
        heldUntilMs ??= nowMs + longestHoldMs;
        if (nowMs >= heldUntilMs) throw new Stopped('held');
        await this.#bell.wait(heldUntilMs - nowMs, signal);
      }
    }
  }

  async #comesUp(before: Promise<unknown>, signal: AbortSignal): Promise<boolean> {
    const { ledger, migrationId, stopping } = this.#parts;
    // One of this worker asks at a time: the others would ask in vain.
    let first = false;
    void before.finally(() => {
      first = true;
      this.#bell.ring();
    });
    while (!signal.aborted && !stopping.aborted) {
      const { chunksPerSecond } = this.#limits;
      let waitMs = Number.POSITIVE_INFINITY;
      if (this.#held === null) {
        if (chunksPerSecond === undefined) return true;
        if (first) {
          waitMs = await ledger.takeTurn({ migrationId, intervalMs: 1000 / chunksPerSecond });
          if (waitMs === 0) return true;
        }
      }
      await this.#bell.wait(waitMs, signal);
    }
    return false;
  }
}

import { Stopped } from '@drover/core';
import type { AttemptInHand } from './attempts-in-hand.ts';
import type { Throttler } from './throttler.ts';
import type { TimeLimit } from './time-limit.ts';

const GO_ON = Promise.resolve();

interface PacedAttempt {
  readonly throttler: Throttler;
  readonly hand: Pick<AttemptInHand, 'rows' | 'stop'>;
  /** Stands still while the attempt waits. */
  readonly timeLimit: TimeLimit;
  readonly signal: AbortSignal;
}

/** Makes one attempt keep to the limits on the load. */
export class AttemptPace {
  readonly #attempt: PacedAttempt;
  #charged = 0;

  constructor(attempt: PacedAttempt) {
    this.#attempt = attempt;
  }

  /** Waits as long as the limits demand. Throws the signal's reason where it aborts. */
  next(): Promise<void> {
    this.charge();
    return this.#attempt.throttler.slows ? this.#wait() : GO_ON;
  }

  /** Makes what was read since the last time count. */
  charge(): void {
    const { throttler, hand } = this.#attempt;
    // An attempt that is tried another way reads, and counts, from the start again.
    throttler.charge(hand.rows < this.#charged ? hand.rows : hand.rows - this.#charged);
    this.#charged = hand.rows;
  }

  async #wait(): Promise<void> {
    const { throttler, hand, timeLimit, signal } = this.#attempt;
    timeLimit.stop();
    try {
      await throttler.mayReadOn(signal);
    } catch (error) {
      // Ends what the databases do for it, too.
      if (error instanceof Stopped) hand.stop.abort(error);
      throw error;
    } finally {
      timeLimit.go();
    }
    signal.throwIfAborted();
  }
}

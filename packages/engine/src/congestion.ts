import type { Host } from '@drover/core';

/** How long a target that pushed back is spared before one chunk more is tried. */
const RECOVERY_MS = 30_000;

/**
 * How many chunks at once the target takes from this worker: half as many after it pushed back, one more
 * after each half minute without complaint. Refusals of chunks that were started before the last halving say
 * nothing new.
 */
export class Congestion {
  readonly #host: Pick<Host, 'now'>;
  #limit = Number.POSITIVE_INFINITY;
  #changedAtMs = 0;

  constructor(host: Pick<Host, 'now'>) {
    this.#host = host;
  }

  /** The target refused a chunk that was started then, when so many were in hand. */
  refused(chunk: { readonly startedAtMs: number; readonly inHand: number }): void {
    const nowMs = this.#host.now();
    if (this.#limit !== Number.POSITIVE_INFINITY && chunk.startedAtMs < this.#changedAtMs) return;
    this.#limit = Math.max(1, Math.floor(Math.min(this.#limit, chunk.inHand) / 2));
    this.#changedAtMs = nowMs;
  }

  /** Chunks at once, for a worker that otherwise would have so many. */
  concurrency(own: number): number {
    const nowMs = this.#host.now();
    while (this.#limit < own && nowMs - this.#changedAtMs >= RECOVERY_MS) {
      this.#limit += 1;
      this.#changedAtMs += RECOVERY_MS;
    }
    if (this.#limit >= own) this.#limit = Number.POSITIVE_INFINITY;
    return Math.min(own, this.#limit);
  }
}

/** What is saved up for later while nobody takes: as much as comes in within this time. */
const SAVED_MS = 1_000;

/**
 * So much a second. Who takes says how much it was, which may run into debt: how many rows a piece holds is
 * known when it was read. Then all wait until the debt is paid.
 */
export class TokenBucket {
  #perSecond: number | null = null;
  #level = 0;
  #seenMs = 0;

  /** @param perSecond null for no limit; what is owed is then forgotten. */
  setRate(perSecond: number | null, nowMs: number): void {
    this.#fill(nowMs);
    this.#perSecond = perSecond;
    if (perSecond === null) this.#level = 0;
  }

  take(amount: number, nowMs: number): void {
    if (this.#perSecond === null) return;
    this.#fill(nowMs);
    this.#level -= amount;
  }

  /** Milliseconds until nothing is owed. */
  waitMs(nowMs: number): number {
    if (this.#perSecond === null) return 0;
    this.#fill(nowMs);
    return this.#level >= 0 ? 0 : (-this.#level * 1000) / this.#perSecond;
  }

  #fill(nowMs: number): void {
    // A clock that is put back stands still here.
    const elapsedMs = Math.max(0, nowMs - this.#seenMs);
    this.#seenMs = nowMs;
    if (this.#perSecond === null) return;
    const most = (this.#perSecond * SAVED_MS) / 1000;
    this.#level = Math.min(most, this.#level + (this.#perSecond * elapsedMs) / 1000);
  }
}

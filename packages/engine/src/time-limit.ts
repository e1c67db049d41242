/** Says when a time is over of which only the stretches count between `go` and `stop`. */
export class TimeLimit implements Disposable {
  readonly #now: () => number;
  readonly #onOver: () => void;
  #leftMs: number;
  #wentAtMs = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Stands still until the first `go`. */
  constructor(limitMs: number, of: { readonly now: () => number; readonly onOver: () => void }) {
    this.#leftMs = limitMs;
    this.#now = of.now;
    this.#onOver = of.onOver;
  }

  go(): void {
    if (this.#timer !== undefined) return;
    this.#wentAtMs = this.#now();
    this.#timer = setTimeout(this.#onOver, Math.max(0, this.#leftMs));
  }

  stop(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#leftMs -= Math.max(0, this.#now() - this.#wentAtMs);
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}

/** Timers take no longer; whoever has to wait longer comes back. */
const LONGEST_MS = 60_000;

/** Where many wait until their time is up, or something changed for all of them. */
export class Bell {
  readonly #waiting = new Set<() => void>();

  /** Resolves after `ms`, a minute at most, or at the next ring, or when the signal aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.min(Math.ceil(ms), LONGEST_MS));
      signal.addEventListener('abort', wake);
      this.#waiting.add(wake);
    });
  }

  ring(): void {
    for (const wake of this.#waiting) wake();
  }
}

import { Stopped, type StopReason } from '@drover/core';

/** The deliveries that a consumer has in hand, each with the signal of its handler. */
export class Hand {
  readonly #controllers = new Set<AbortController>();
  /** The newest one of each job: the one that the queue's word about the job is meant for. */
  readonly #byJob = new Map<string, AbortController>();
  #watchers = new Set<() => void>();

  get size(): number {
    return this.#controllers.size;
  }

  /** @returns the handler's signal, and what to call when it has returned. */
  take(jobId: string): { readonly signal: AbortSignal; readonly done: () => void } {
    // Given to us again: whatever BullMQ says about the lock from now on is about the new delivery.
    this.stopJob(jobId, 'lease-lost');
    const controller = new AbortController();
    this.#controllers.add(controller);
    this.#byJob.set(jobId, controller);
    this.#changed();
    return {
      signal: controller.signal,
      done: () => {
        this.#controllers.delete(controller);
        if (this.#byJob.get(jobId) === controller) this.#byJob.delete(jobId);
        this.#changed();
      },
    };
  }

  stopJob(jobId: string, reason: StopReason): void {
    this.#byJob.get(jobId)?.abort(new Stopped(reason));
  }

  stopAll(reason: StopReason): void {
    for (const controller of this.#controllers) controller.abort(new Stopped(reason));
  }

  /**
   * Resolves with `work`, or when nothing has been in hand for `idleMs`: BullMQ's own waits end only
   * after every acknowledgement, which a server that is away does not give.
   */
  async outlasts(work: Promise<void>, idleMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const idle = new Promise<void>((resolve) => {
      const watch = () => {
        clearTimeout(timer);
        if (this.size === 0) timer = setTimeout(resolve, idleMs);
      };
      this.#watchers.add(watch);
      watch();
      const stop = () => {
        clearTimeout(timer);
        this.#watchers.delete(watch);
        resolve();
      };
      work.then(stop, stop);
    });
    await Promise.race([work, idle]);
  }

  #changed(): void {
    for (const watch of this.#watchers) watch();
  }
}

import { type ChunkQueue, type Host, type Log, type Outage, toDroverError } from '@drover/core';

/** The queue's client tries again many times a second and complains each time: one line in a while will do. */
const TROUBLE_REPEAT_MS = 30_000;

/** Knows whether the queue is away. Its client waits and comes back by itself; people want to see it. */
export class QueueWatch {
  readonly #queue: Pick<ChunkQueue, 'ping'>;
  readonly #log: Log;
  readonly #host: Pick<Host, 'now'>;
  #outage: Outage | null = null;
  #looking = false;
  #quietUntilMs = 0;

  constructor(queue: Pick<ChunkQueue, 'ping'>, log: Log, host: Pick<Host, 'now'>) {
    this.#queue = queue;
    this.#log = log;
    this.#host = host;
  }

  get outages(): readonly Outage[] {
    return this.#outage === null ? [] : [this.#outage];
  }

  /** The queue's client complained. */
  trouble(error: Error): void {
    this.#outage ??= { store: 'queue', code: 'QUEUE_UNAVAILABLE', reason: error.message };
    if (this.#host.now() < this.#quietUntilMs) return;
    this.#quietUntilMs = this.#host.now() + TROUBLE_REPEAT_MS;
    this.#log.warn('the queue cannot be reached; waiting for it', { error: error.message });
  }

  /** Looks whether the trouble is over; returns at once, the answer comes later. */
  look(): void {
    if (this.#outage === null || this.#looking) return;
    this.#looking = true;
    void this.#ask();
  }

  async #ask(): Promise<void> {
    try {
      await this.#queue.ping();
      this.#outage = null;
      this.#quietUntilMs = 0;
      this.#log.info('the queue is back');
    } catch (error) {
      const { code, message } = toDroverError(error);
      this.#outage = { store: 'queue', code, reason: message };
    } finally {
      this.#looking = false;
    }
  }
}

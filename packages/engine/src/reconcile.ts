import { type ChunkQueue, type Delivery, deliveryKey, type Ledger } from '@drover/core';

/**
 * Finds chunks that the ledger calls queued or running and the queue does not know: the queue lost them
 * (a flush, a restart), or a feeder died between its write to the ledger and its write to the queue. A
 * delivery counts as lost when two looks in a row miss it, as one look can fall between two writes.
 */
export class Reconciler {
  readonly #ledger: Ledger;
  readonly #queue: ChunkQueue;
  #missed = new Set<string>();

  constructor(ledger: Ledger, queue: ChunkQueue) {
    this.#ledger = ledger;
    this.#queue = queue;
  }

  /** @returns the deliveries that were made anew. */
  async look(runId: number): Promise<readonly Delivery[]> {
    // The ledger first: what is settled between the two looks is no longer outstanding when redelivered.
    const outstanding = await this.#ledger.outstanding(runId);
    const known = outstanding.length === 0 ? new Set() : await this.#queue.known();
    const missing = outstanding.filter((delivery) => !known.has(deliveryKey(delivery)));
    const lost = missing.filter((delivery) => this.#missed.has(deliveryKey(delivery)));
    this.#missed = new Set(missing.map(deliveryKey));
    if (lost.length === 0) return [];
    const again = await this.#ledger.redeliver(lost);
    await this.#queue.add(again);
    return again;
  }
}

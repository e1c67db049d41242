import { type ChunkQueue, type Delivery, deliveryKey, type Ledger, type Run } from '@drover/core';

/** What a look found and put right. */
export interface Reconciled {
  /** Deliveries that the queue had lost and that were made anew. */
  readonly again: readonly Delivery[];
  /** Deliveries that nobody waits for any more and that were taken out of the queue. */
  readonly strays: readonly string[];
}

/**
 * Compares ledger and queue, both ways. A chunk that the ledger calls queued or running and the queue does not
 * know was lost by the queue (a flush, a restart), or a feeder died between its two writes: it is offered
 * again. A delivery that the queue keeps and no run waits for (of a cancelled run, say) is removed. Only what
 * two looks in a row find counts, as one look can fall between two writes.
 */
export class Reconciler {
  readonly #ledger: Ledger;
  readonly #queue: ChunkQueue;
  #missed = new Set<string>();
  #strays = new Set<string>();

  constructor(ledger: Ledger, queue: ChunkQueue) {
    this.#ledger = ledger;
    this.#queue = queue;
  }

  /**
   * @param runs all unfinished runs of the migration.
   * @param mine ids of those whose chunks may be offered again.
   */
  async look(runs: readonly Run[], mine: ReadonlySet<number>): Promise<Reconciled> {
    // The ledger first: what is settled between the two looks is no longer outstanding when redelivered.
    const outstanding: Delivery[] = [];
    for (const run of runs) outstanding.push(...(await this.#ledger.outstanding(run.id)));
    const wanted = new Set(outstanding.map(deliveryKey));
    const known = await this.#queue.known();
    return {
      again: await this.#offerAgain(
        outstanding.filter((one) => mine.has(one.runId) && !known.has(deliveryKey(one))),
      ),
      strays: await this.#remove([...known].filter((key) => !wanted.has(key))),
    };
  }

  async #offerAgain(missing: readonly Delivery[]): Promise<readonly Delivery[]> {
    const lost = missing.filter((delivery) => this.#missed.has(deliveryKey(delivery)));
    this.#missed = new Set(missing.map(deliveryKey));
    if (lost.length === 0) return [];
    const again = await this.#ledger.redeliver(lost);
    await this.#queue.add(again);
    return again;
  }

  async #remove(unwanted: readonly string[]): Promise<readonly string[]> {
    const strays = unwanted.filter((key) => this.#strays.has(key));
    this.#strays = new Set(unwanted);
    if (strays.length > 0) await this.#queue.remove(strays);
    return strays;
  }
}

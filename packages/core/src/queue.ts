/** What a job carries: ids and a schema version, nothing else. */
export interface Delivery {
  readonly runId: number;
  readonly chunkId: number;
  /** Counts how often the chunk was offered to the queue; part of the job's id. */
  readonly delivery: number;
}

/**
 * The queue of one migration. It carries, it never decides: adding a delivery twice is harmless,
 * and so is losing all of them. Deliveries are made in the order in which they were added, each at
 * least once: once, as long as no consumer loses one. Every method throws QUEUE_UNAVAILABLE within
 * seconds where the server cannot be reached; it may then have done a part of its work.
 */
export interface ChunkQueue {
  /**
   * Adds deliveries in order. One that waits, is in hand or has failed is left as it is; one that was
   * acknowledged is forgotten, and made again when it is added again.
   */
  add(deliveries: readonly Delivery[]): Promise<void>;
  /** Every delivery that waits or is being worked on, as `deliveryKey` names them. */
  known(): Promise<ReadonlySet<string>>;
  /** Forgets these deliveries where they wait, by `deliveryKey`. Those in hand are not touched. */
  remove(keys: readonly string[]): Promise<void>;
  /** Resolves where the server answers. */
  ping(): Promise<void>;
  readonly deadLetters: DeadLetters;
  close(): Promise<void>;
}

/**
 * A queue that nobody works on: it shows the parked chunks to whoever looks at the queues. The ledger is what
 * counts; a reconciler keeps the two equal.
 */
export interface DeadLetters {
  /** What it shows, as `deadLetterKey` names it. */
  known(): Promise<ReadonlySet<string>>;
  add(parked: readonly ParkedId[]): Promise<void>;
  remove(keys: readonly string[]): Promise<void>;
}

export interface ParkedId {
  readonly runId: number;
  readonly chunkId: number;
}

export function deadLetterKey({ runId, chunkId }: ParkedId): string {
  return `r${runId}-c${chunkId}`;
}

/** The name of a delivery in the queue; also BullMQ's job id. */
export function deliveryKey(delivery: Delivery): string {
  return `r${delivery.runId}-c${delivery.chunkId}-d${delivery.delivery}`;
}

/**
 * Called for each delivery. When it returns the delivery is acknowledged; what it throws must be a
 * `DroverError`, of which only the code reaches the queue, and ends the delivery as well: trying again
 * is the ledger's to decide. The signal aborts with `Stopped('lease-lost')` when the queue took the
 * delivery away (a handler that cannot reach the queue learns of it when it can again), and with
 * `Stopped('shutdown')` when the consumer is closed.
 */
export type DeliveryHandler = (delivery: Delivery, signal: AbortSignal) => Promise<void>;

/**
 * Takes the deliveries of one migration, each under a lock that it renews. What a consumer that vanished
 * had in hand is delivered again, as often as it takes. It outlives a server that goes away or loses
 * everything.
 */
export interface ChunkConsumer {
  /**
   * Takes no further delivery and waits until the handlers of those in hand have returned, and some
   * seconds for the acknowledgements to arrive.
   */
  drain(): Promise<void>;
  /** Takes no further delivery until `proceed`. Returns at once; one may still be on its way. */
  hold(): void;
  proceed(): void;
  /** How many deliveries are taken at once; from the next one on. */
  setConcurrency(concurrency: number): void;
  /** How many deliveries are in hand. */
  readonly active: number;
  /** Asks the handlers of deliveries in hand to stop, and ends as `drain` does. May be called again. */
  close(): Promise<void>;
}

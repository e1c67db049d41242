/** What a job carries: ids and a schema version, nothing else. */
export interface Delivery {
  readonly runId: number;
  readonly chunkId: number;
  /** Counts how often the chunk was offered to the queue; part of the job's id. */
  readonly delivery: number;
}

/**
 * The queue of one migration. It carries, it never decides: adding a delivery twice is harmless,
 * and so is losing all of them.
 */
export interface ChunkQueue {
  /** Adds deliveries in order. One that the queue already knows is left as it is. */
  add(deliveries: readonly Delivery[]): Promise<void>;
  /** Every delivery that waits or is being worked on, as `deliveryKey` names them. */
  known(): Promise<ReadonlySet<string>>;
  /** Forgets every delivery that waits. Those in hand are not touched. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** The name of a delivery in the queue; also BullMQ's job id. */
export function deliveryKey(delivery: Delivery): string {
  return `r${delivery.runId}-c${delivery.chunkId}-d${delivery.delivery}`;
}

/**
 * Called for each delivery. When it returns the delivery is acknowledged; what it throws must be a
 * `DroverError`, of which only the code reaches the queue. The signal aborts with
 * `Stopped('lease-lost')` when the queue gave the delivery to somebody else, and with the reason of
 * `stop` when the consumer is stopped.
 */
export type DeliveryHandler = (delivery: Delivery, signal: AbortSignal) => Promise<void>;

export interface ChunkConsumer {
  /** Takes no further delivery and waits until those in hand are acknowledged. */
  drain(): Promise<void>;
  /** How many deliveries are in hand. */
  readonly active: number;
  close(): Promise<void>;
}

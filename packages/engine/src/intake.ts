import type { ChunkConsumer } from '@drover/core';

/** What can speak against taking deliveries: a store is away, or the limits on the load hold all work. */
type Objection = 'outage' | 'throttle';

/** Keeps a consumer from taking deliveries while anything speaks against it. */
export class Intake {
  readonly #consumer: Pick<ChunkConsumer, 'hold' | 'proceed'>;
  readonly #objections = new Set<Objection>();

  constructor(consumer: Pick<ChunkConsumer, 'hold' | 'proceed'>) {
    this.#consumer = consumer;
  }

  /** Says whether `objection` stands. @returns whether that is news. */
  set(objection: Objection, stands: boolean): boolean {
    if (this.#objections.has(objection) === stands) return false;
    const before = this.#objections.size;
    if (stands) this.#objections.add(objection);
    else this.#objections.delete(objection);
    if (before === 0) this.#consumer.hold();
    if (this.#objections.size === 0) this.#consumer.proceed();
    return true;
  }
}

import type { Fault } from './fault.ts';
import { DISK_FAULTS } from './faults/disk-faults.ts';
import { LATE_ROW_FAULTS } from './faults/late-row-faults.ts';
import { LOCK_FAULTS } from './faults/lock-faults.ts';
import { NETWORK_FAULTS } from './faults/network-faults.ts';
import { QUEUE_FAULTS } from './faults/queue-faults.ts';
import { SERVER_FAULTS } from './faults/server-faults.ts';
import { SESSION_FAULTS } from './faults/session-faults.ts';
import { WATCHER_FAULTS } from './faults/watcher-faults.ts';
import { WORKER_FAULTS } from './faults/worker-faults.ts';
import type { Field } from './field.ts';
import type { Progress } from './ledger-view.ts';
import type { Random } from './random.ts';

const ALL_FAULTS: readonly Fault[] = [
  ...WORKER_FAULTS,
  ...WATCHER_FAULTS,
  ...SERVER_FAULTS,
  ...SESSION_FAULTS,
  ...NETWORK_FAULTS,
  ...QUEUE_FAULTS,
  ...DISK_FAULTS,
  ...LATE_ROW_FAULTS,
  ...LOCK_FAULTS,
];

/** Kinds of faults in an order drawn from the seed, each as often as any other. */
export class FaultDeck {
  /** Those that cannot be made here, and why. */
  readonly impossible: readonly { readonly name: string; readonly why: string }[];
  readonly #kinds: readonly Fault[];
  readonly #random: Random;
  #left: Fault[] = [];

  /** @param only a part of the names of the kinds that are wanted. @throws RangeError where there are none. */
  constructor(field: Field, random: Random, only = '') {
    this.#random = random;
    const kinds = ALL_FAULTS.filter(({ name }) => name.includes(only));
    this.impossible = kinds.flatMap(({ name, impossible }) => {
      const why = impossible?.(field) ?? null;
      return why === null ? [] : [{ name, why }];
    });
    const missing = new Set(this.impossible.map(({ name }) => name));
    this.#kinds = kinds.filter(({ name }) => !missing.has(name));
    if (this.#kinds.length === 0) throw new RangeError(`no fault is called "${only}"`);
  }

  /** The next one for which it is time; null while there is none. The others keep their place. */
  draw(progress: Progress): Fault | null {
    if (this.#left.length === 0) this.#left = this.#random.shuffled(this.#kinds);
    const index = this.#left.findIndex((fault) => fault.suits?.(progress) ?? true);
    return index === -1 ? null : (this.#left.splice(index, 1)[0] ?? null);
  }
}

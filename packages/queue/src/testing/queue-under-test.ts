import { randomUUID } from 'node:crypto';
import type { Delivery } from '@drover/core';
import { signal, until } from '@drover/testkit';
import type { QueueAddress } from '../backend.ts';
import { type ConsumerOptions, openChunkConsumer } from '../chunk-consumer.ts';
import { openChunkQueue } from '../chunk-queue.ts';

/** One of the two backends, with what a test does to it behind the back of the ports. */
export interface QueueUnderTest extends AsyncDisposable {
  readonly address: QueueAddress;
  /** A server that is there, and refuses the login that the address carries. */
  readonly refusedUrl: string;
  /** Everything that the storage holds for this address, as text. */
  stored(): Promise<string>;
  /** The data of every job that the storage holds for this address. */
  storedJobs(): Promise<readonly unknown[]>;
  /** Takes the lock of a delivery in hand away, as if it had run out. */
  breakLock(migrationId: string, delivery: Delivery): Promise<void>;
  /** Loses everything that the storage holds for this address. */
  wipe(): Promise<void>;
}

export type OpenQueue = () => Promise<QueueUnderTest>;

/** Short enough to wait for a stalled delivery, long enough for a loaded machine to renew in time. */
export const SHORT_LOCK = { lockMs: 2_000, stalledCheckMs: 500 };

export function deliveries(count: number, of: Partial<Delivery> = {}): Delivery[] {
  return Array.from({ length: count }, (_, index) => ({
    runId: 7,
    chunkId: index + 1,
    delivery: 1,
    ...of,
  }));
}

export const newMigration = (): string => randomUUID();

export function openProducer(server: Pick<QueueUnderTest, 'address'>, migrationId: string) {
  const queue = openChunkQueue(server.address, migrationId);
  return { ...queue, [Symbol.asyncDispose]: () => queue.close() };
}

/** A consumer that writes down what it was given and acknowledges it. */
export async function openRecorder(
  server: Pick<QueueUnderTest, 'address'>,
  migrationId: string,
  options: Partial<ConsumerOptions> = {},
) {
  const seen: Delivery[] = [];
  const consumer = await openChunkConsumer(
    { address: server.address, migrationId, concurrency: 1, onTrouble: () => {}, ...options },
    async (delivery) => {
      seen.push(delivery);
    },
  );
  return {
    seen,
    saw: (count: number) => until(`${count} deliveries were made`, () => seen.length >= count),
    [Symbol.asyncDispose]: () => consumer.close(),
  };
}

/** A delivery in a handler's hand: what it is, its signal, and the way to let the handler return. */
export interface InHand {
  readonly delivery: Delivery;
  readonly lease: AbortSignal;
  letGo(): void;
  fail(error: Error): void;
}

/** A consumer whose handlers hold what they are given until the test lets go of it, or they are told to. */
export async function openHolder(
  server: Pick<QueueUnderTest, 'address'>,
  migrationId: string,
  options: Partial<ConsumerOptions> & { readonly obedient?: boolean } = {},
) {
  const held: InHand[] = [];
  const { obedient = false, ...rest } = options;
  const consumer = await openChunkConsumer(
    { address: server.address, migrationId, concurrency: 1, onTrouble: () => {}, ...rest },
    (delivery, lease) =>
      new Promise((resolve, reject) => {
        held.push({ delivery, lease, letGo: resolve, fail: reject });
        if (obedient) lease.addEventListener('abort', () => resolve());
      }),
  );
  return {
    consumer,
    held,
    async holds(count: number): Promise<InHand> {
      await until(`${count} deliveries were taken`, () => held.length >= count);
      const last = held[count - 1];
      if (last === undefined) throw new Error('unreachable');
      return last;
    },
    async [Symbol.asyncDispose]() {
      for (const one of held) one.letGo();
      await consumer.close();
    },
  };
}

/** Resolves with the reason when the signal aborts. */
export async function abortion(lease: AbortSignal): Promise<unknown> {
  const aborted = signal();
  lease.addEventListener('abort', aborted.give);
  if (!lease.aborted) await aborted.given;
  return lease.reason;
}

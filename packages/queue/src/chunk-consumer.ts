import { type ChunkConsumer, type DeliveryHandler, Stopped, toDroverError } from '@drover/core';
import { UnrecoverableError, Worker } from 'bullmq';
import { openBackend, type QueueAddress } from './backend.ts';
import { type JobData, toDelivery } from './job.ts';
import { queueName } from './queue-name.ts';

export interface ConsumerOptions {
  readonly address: QueueAddress;
  readonly migrationId: string;
  readonly concurrency: number;
  /** A killed worker's delivery is made again after about this plus `stalledCheckMs`. */
  readonly lockMs?: number;
  readonly stalledCheckMs?: number;
  /** Told of trouble with the queue itself; deliveries go on when it is over. */
  readonly onTrouble: (error: Error) => void;
}

const LOCK_MS = 10_000;
const STALLED_CHECK_MS = 5_000;

/** Never given up for having stalled: how often a chunk may fail, the ledger says. */
const MAX_STALLED_COUNT = 1_000_000;

/** Takes deliveries of one migration until closed. */
export async function openChunkConsumer(
  options: ConsumerOptions,
  handler: DeliveryHandler,
): Promise<ChunkConsumer> {
  const backend = openBackend(options.address, { waiting: true });
  const inHand = new Map<string, AbortController>();
  const worker = new Worker<JobData>(
    queueName(options.migrationId),
    async (job) => {
      const delivery = toDelivery(job.data);
      if (delivery === null || job.id === undefined) return;
      const controller = new AbortController();
      inHand.set(job.id, controller);
      try {
        await handler(delivery, controller.signal);
      } catch (error) {
        // Only the code: a driver's message can quote the data of a row.
        throw new UnrecoverableError(toDroverError(error).code);
      } finally {
        inHand.delete(job.id);
      }
    },
    {
      ...(backend.options as { connection: never }),
      concurrency: options.concurrency,
      lockDuration: options.lockMs ?? LOCK_MS,
      stalledInterval: options.stalledCheckMs ?? STALLED_CHECK_MS,
      maxStalledCount: MAX_STALLED_COUNT,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 100 },
      autorun: false,
    },
    backend.factory as never,
  );
  // BullMQ only announces a lock it could not renew, and lets the processor go on.
  worker.on('lockRenewalFailed', (jobIds) => {
    for (const id of jobIds) inHand.get(id)?.abort(new Stopped('lease-lost'));
  });
  worker.on('error', options.onTrouble);
  await worker.waitUntilReady();
  worker.run().catch(options.onTrouble);
  return {
    get active() {
      return inHand.size;
    },
    drain: () => worker.pause(),
    async close() {
      await worker.close().catch(options.onTrouble);
      await backend.close();
    },
  };
}

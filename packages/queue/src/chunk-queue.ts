import { type ChunkQueue, type Delivery, deliveryKey } from '@drover/core';
import { type JobType, Queue } from 'bullmq';
import { openBackend, type QueueAddress, queueError } from './backend.ts';
import { JOB_VERSION, type JobData } from './job.ts';
import { queueName } from './queue-name.ts';

const ADD_AT_ONCE = 1000;

/** Where a job can be that still has its delivery to make. */
const PENDING: JobType[] = ['active', 'waiting', 'prioritized', 'delayed'];

/** Jobs are gone when they end; the ledger remembers. The newest failures stay for those who look. */
const JOB_OPTIONS = { attempts: 1, removeOnComplete: true, removeOnFail: { count: 100 } };

export function openChunkQueue(address: QueueAddress, migrationId: string): ChunkQueue {
  const backend = openBackend(address, { waiting: false });
  const queue = new Queue(
    queueName(migrationId),
    backend.options as never,
    backend.factory as never,
  );
  queue.on('error', () => {});
  const guard = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      await backend.reach();
      return await work();
    } catch (error) {
      throw queueError(error, what);
    }
  };
  return {
    add: (deliveries) =>
      guard('chunks could not be added', async () => {
        for (let at = 0; at < deliveries.length; at += ADD_AT_ONCE) {
          await queue.addBulk(deliveries.slice(at, at + ADD_AT_ONCE).map(toJob));
        }
      }),
    known: () =>
      guard(
        'the jobs could not be listed',
        async () => new Set(await queue.getRanges(PENDING, 0, -1)),
      ),
    clear: () =>
      guard('the queue could not be cleared', async () => {
        // In slices: draining at once would block Redis for seconds.
        for (const state of ['wait', 'delayed', 'prioritized'] as const) {
          while ((await queue.clean(0, 5000, state)).length > 0);
        }
      }),
    async close() {
      await queue.close().catch(() => {});
      await backend.close();
    },
  };
}

function toJob(delivery: Delivery) {
  const data: JobData = {
    v: JOB_VERSION,
    run: delivery.runId,
    chunk: delivery.chunkId,
    delivery: delivery.delivery,
  };
  return { name: 'chunk', data, opts: { ...JOB_OPTIONS, jobId: deliveryKey(delivery) } };
}

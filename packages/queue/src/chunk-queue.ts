import {
  type ChunkQueue,
  type Delivery,
  deadLetterKey,
  deliveryKey,
  type ParkedId,
} from '@drover/core';
import { type JobType, Queue } from 'bullmq';
import { openBackend, type QueueAddress } from './backend.ts';
import { JOB_VERSION, type JobData } from './job.ts';
import { queueError } from './queue-error.ts';
import { deadLetterQueueName, queueName } from './queue-name.ts';

const ADD_AT_ONCE = 1000;

/** Where a job can be that still has its delivery to make. */
const PENDING: JobType[] = ['active', 'waiting', 'prioritized', 'delayed'];

/** Jobs are gone when they end; the ledger remembers. The newest failures stay for those who look. */
const JOB_OPTIONS = { attempts: 1, removeOnComplete: true, removeOnFail: { count: 100 } };

export function openChunkQueue(address: QueueAddress, migrationId: string): ChunkQueue {
  const backend = openBackend(address, { waiting: false });
  const open = (name: string) => {
    const queue = new Queue(name, backend.options as never, backend.factory as never);
    queue.on('error', () => {});
    return queue;
  };
  const queue = open(queueName(migrationId));
  const dead = open(deadLetterQueueName(migrationId));
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
    remove: (keys) =>
      guard('chunks could not be removed', async () => {
        for (const key of keys) await queue.remove(key);
      }),
    ping: () =>
      guard('it does not answer', async () => {
        await queue.getJobCountByTypes('active');
      }),
    deadLetters: {
      known: () =>
        guard(
          'the dead letters could not be listed',
          async () => new Set(await dead.getRanges(PENDING, 0, -1)),
        ),
      add: (parked) =>
        guard('dead letters could not be added', async () => {
          for (let at = 0; at < parked.length; at += ADD_AT_ONCE) {
            await dead.addBulk(parked.slice(at, at + ADD_AT_ONCE).map(toDeadLetter));
          }
        }),
      remove: (keys) =>
        guard('dead letters could not be removed', async () => {
          for (const key of keys) await dead.remove(key);
        }),
    },
    async close() {
      await Promise.all([queue, dead].map((one) => one.close().catch(() => {})));
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

function toDeadLetter(parked: ParkedId) {
  const data = { v: JOB_VERSION, run: parked.runId, chunk: parked.chunkId };
  return { name: 'parked', data, opts: { jobId: deadLetterKey(parked) } };
}

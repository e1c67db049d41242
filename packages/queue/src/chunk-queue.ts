import {
  type ChunkQueue,
  type Delivery,
  deadLetterKey,
  deliveryKey,
  type ParkedId,
} from '@drover/core';
import { type JobType, Queue } from 'bullmq';
import { type Backend, openBackend, type QueueAddress } from './backend.ts';
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
  const queue = new QueueOnDemand(queueName(migrationId), backend);
  const dead = new QueueOnDemand(deadLetterQueueName(migrationId), backend);
  const guard = async <T>(
    what: string,
    of: QueueOnDemand,
    work: (queue: Queue) => Promise<T>,
  ): Promise<T> => {
    try {
      await backend.reach();
      return await work(await of.ready());
    } catch (error) {
      throw queueError(error, what);
    }
  };
  return {
    add: (deliveries) =>
      guard('chunks could not be added', queue, (jobs) => addAll(jobs, deliveries.map(toJob))),
    known: () => guard('the jobs could not be listed', queue, pendingIn),
    remove: (keys) => guard('chunks could not be removed', queue, (jobs) => removeAll(jobs, keys)),
    ping: () =>
      guard('it does not answer', queue, async (jobs) => {
        await jobs.getJobCountByTypes('active');
      }),
    deadLetters: {
      known: () => guard('the dead letters could not be listed', dead, pendingIn),
      add: (parked) =>
        guard('dead letters could not be added', dead, (jobs) =>
          addAll(jobs, parked.map(toDeadLetter)),
        ),
      remove: (keys) =>
        guard('dead letters could not be removed', dead, (jobs) => removeAll(jobs, keys)),
    },
    async close() {
      await Promise.all([queue.close(), dead.close()]);
      await backend.close();
    },
  };
}

/** A queue of BullMQ, which remembers for ever that it could not be made ready: then it is made anew. */
class QueueOnDemand {
  readonly #name: string;
  readonly #backend: Backend;
  #queue: Queue | undefined;

  constructor(name: string, backend: Backend) {
    this.#name = name;
    this.#backend = backend;
  }

  async ready(): Promise<Queue> {
    this.#queue ??= this.#open();
    const queue = this.#queue;
    try {
      await queue.waitUntilReady();
      return queue;
    } catch (error) {
      if (this.#queue === queue) this.#queue = undefined;
      void queue.close().catch(() => {});
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#queue?.close().catch(() => {});
  }

  #open(): Queue {
    const { options, factory } = this.#backend;
    const queue = new Queue(this.#name, options as never, factory as never);
    queue.on('error', () => {});
    return queue;
  }
}

async function addAll(queue: Queue, jobs: Parameters<Queue['addBulk']>[0]): Promise<void> {
  for (let at = 0; at < jobs.length; at += ADD_AT_ONCE) {
    await queue.addBulk(jobs.slice(at, at + ADD_AT_ONCE));
  }
}

async function removeAll(queue: Queue, keys: readonly string[]): Promise<void> {
  for (const key of keys) await queue.remove(key);
}

async function pendingIn(queue: Queue): Promise<ReadonlySet<string>> {
  return new Set(await queue.getRanges(PENDING, 0, -1));
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

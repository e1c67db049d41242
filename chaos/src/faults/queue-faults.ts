import { deliveryKey } from '@drover/core';
import { until } from '@drover/testkit';
import { Queue } from 'bullmq';
import { attemptsInHand, type Fault, NOBODY_THERE, type Scene } from '../fault.ts';
import type { OpenAttempt } from '../ledger-view.ts';
import { QUEUE_PREFIX } from '../migration-folder.ts';

/** Above any number that the ledger gives in a round. */
const FOREIGN_DELIVERY = 1_000_000;

/** Shorter than the lock of a delivery, so that nothing but the second delivery ends the first attempt. */
const TAKEN_WITHIN_MS = 8_000;

const deliverTwice: Fault = {
  name: 'deliver a chunk to two workers',
  async inject(scene) {
    const { progress, random, crew } = scene;
    const { runId } = await progress();
    const attempt = (await attemptsInHand(scene)).at(-1);
    const first = crew.workers.find((worker) => worker.pid === attempt?.pid);
    if (attempt === undefined || first === undefined) return NOBODY_THERE;
    // The first is held up until the second has begun; then both go on.
    first.signal('SIGSTOP');
    try {
      const again = { ...attempt, runId, delivery: FOREIGN_DELIVERY + random.between(0, 999_999) };
      if (!(await addAgain(scene, { ...attempt, runId }, again))) return NOBODY_THERE;
      const taken = await until('it is taken', () => isTaken(scene, again), TAKEN_WITHIN_MS).then(
        () => true,
        () => false,
      );
      const superseded = taken && (await isSuperseded(scene, attempt));
      const note = superseded ? 'two attempts at once' : 'the first was over';
      return { happened: taken, hit: superseded, note: taken ? note : 'nobody took it' };
    } finally {
      first.signal('SIGCONT');
    }
  },
};

export const QUEUE_FAULTS = [deliverTwice];

type Delivered = Pick<OpenAttempt, 'chunkId' | 'delivery'> & { readonly runId: number };

/** As a second feeder that knows nothing of the ledger would add it, before all that wait. */
async function addAgain(scene: Scene, first: Delivered, again: Delivered): Promise<boolean> {
  const { admin } = scene.field.queue;
  const [key] = await admin.keys(`${QUEUE_PREFIX}:*:${deliveryKey(first)}`);
  const name = key?.split(':')[1];
  if (name === undefined) return false;
  const queue = new Queue(name, { connection: admin, prefix: QUEUE_PREFIX });
  try {
    const job = await queue.getJob(deliveryKey(first));
    if (job === undefined) return false;
    await queue.add(
      job.name,
      { ...(job.data as object), delivery: again.delivery },
      { jobId: deliveryKey(again), lifo: true, removeOnComplete: true, removeOnFail: true },
    );
    return true;
  } finally {
    await queue.close();
  }
}

async function isTaken({ ground }: Scene, { chunkId, delivery }: Delivered): Promise<boolean> {
  const rows = await ground.target.query(
    'select 1 from drover.attempt where chunk_id = $1 and delivery = $2',
    [chunkId, delivery],
  );
  return rows.length > 0;
}

async function isSuperseded({ ground }: Scene, attempt: OpenAttempt): Promise<boolean> {
  const rows = await ground.target.query(
    `select 1 from drover.attempt where chunk_id = $1 and delivery = $2 and outcome = 'superseded'`,
    [attempt.chunkId, attempt.delivery],
  );
  return rows.length > 0;
}

import { setTimeout as pause } from 'node:timers/promises';
import { until } from '@drover/testkit';
import { type DroverProcess, endOf } from '../drover-process.ts';
import { counted, type Fault, NOBODY_THERE, type Outcome, type Scene } from '../fault.ts';
import { isStopped } from '../process-state.ts';

/** Longer than the lock of a delivery, 10 s, and the look for those that stalled, every 5 s. */
const BEYOND_LEASE_MS = 17_000;

/** BullMQ takes a delivery for stalled at the second look, and another worker must have a hand free. */
const TAKEN_OVER_MS = 10_000;

const killWorker: Fault = {
  name: 'SIGKILL a worker',
  async inject(scene) {
    const worker = await chooseWorker(scene);
    if (worker === null) return NOBODY_THERE;
    worker.signal('SIGKILL');
    const code = await worker.ended;
    const lost = (await openChunks(scene, worker)).length;
    return { happened: code === 'SIGKILL', hit: lost > 0, note: `${worker.name}, ${chunks(lost)}` };
  },
};

const stopWorker: Fault = {
  name: 'SIGTERM a worker, start another',
  lasting: true,
  async inject(scene) {
    const worker = await chooseWorker(scene);
    if (worker === null) return NOBODY_THERE;
    worker.signal('SIGTERM');
    const inHand = (await openChunks(scene, worker)).length;
    const code = await endOf(worker);
    const note = `${worker.name}, ${chunks(inHand)}, ended with ${code ?? 'nothing yet'}`;
    return { happened: code === 0, hit: inHand > 0, note };
  },
};

/** It has nobody to hand its delivery back to, and ends all the same. */
const stopWorkerWithoutQueue: Fault = {
  name: 'SIGTERM a worker while Redis refuses',
  async inject(scene) {
    const { line } = scene.field.queue;
    const worker = await chooseWorker(scene);
    if (worker === null) return NOBODY_THERE;
    const inHand = (await openChunks(scene, worker)).length;
    try {
      line.refuse();
      line.cut();
      worker.signal('SIGTERM');
      const code = await endOf(worker);
      const note = `${worker.name}, ${chunks(inHand)}, ended with ${code ?? 'nothing yet'}`;
      return { happened: true, hit: inHand > 0, note };
    } finally {
      await line.restore();
    }
  },
};

const freezeBeyondLease: Fault = {
  name: 'freeze a worker beyond its lease',
  lasting: true,
  inject: (scene) =>
    freeze(scene, async (overtaken) => {
      await pause(BEYOND_LEASE_MS);
      await until('another has taken over', overtaken, TAKEN_OVER_MS).catch(() => {});
    }),
};

const freezeBriefly: Fault = {
  name: 'freeze a worker briefly',
  inject: (scene) => freeze(scene, () => pause(scene.random.between(500, 4_000))),
};

export const WORKER_FAULTS = [
  killWorker,
  stopWorker,
  stopWorkerWithoutQueue,
  freezeBeyondLease,
  freezeBriefly,
];

/** @param lasts waits for as long as it lasts; asks whether all that was in hand has been taken over. */
async function freeze(
  scene: Scene,
  lasts: (overtaken: () => Promise<boolean>) => Promise<unknown>,
): Promise<Outcome> {
  const worker = await chooseWorker(scene);
  if (worker === null) return NOBODY_THERE;
  worker.signal('SIGSTOP');
  const beganAt = performance.now();
  const inHand = await openChunks(scene, worker);
  await lasts(async () => (await openChunks(scene, worker)).length === 0);
  const stopped = isStopped(worker);
  const taken = inHand.length - (await openChunks(scene, worker)).length;
  worker.signal('SIGCONT');
  const ms = Math.round(performance.now() - beganAt);
  const note = `${worker.name}, ${ms} ms, ${chunks(inHand.length)}, ${taken} taken over`;
  return { happened: stopped, hit: inHand.length > 0, note };
}

/** One with work in hand, where there is one. */
async function chooseWorker({ crew, random, progress }: Scene): Promise<DroverProcess | null> {
  const { attempts } = await progress();
  const busy = crew.workers.filter((worker) => attempts.some((one) => one.pid === worker.pid));
  const choice = busy.length > 0 ? busy : crew.workers;
  return choice.length > 0 ? random.pick(choice) : null;
}

async function openChunks({ progress }: Scene, worker: DroverProcess): Promise<readonly number[]> {
  const { attempts } = await progress();
  return attempts.filter((one) => one.pid === worker.pid).map((one) => one.chunkId);
}

const chunks = (count: number): string => `${counted(count, 'chunk')} in hand`;

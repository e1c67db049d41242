import { setTimeout as pause } from 'node:timers/promises';
import { DroverError } from '@drover/core';
import { attemptsInHand, type Fault, type Scene } from '../fault.ts';

const FULL_FOR_MS = 15_000;
const LOOK_AGAIN_MS = 200;

const fillDisk: Fault = {
  name: 'fill the disk of the target',
  impossible: ({ disk }) => ('unavailable' in disk ? disk.unavailable : null),
  async inject(scene) {
    const { disk } = scene.field;
    if ('unavailable' in disk) throw new Error(disk.unavailable);
    const inHand = await attemptsInHand(scene);
    try {
      await disk.fill();
      const full = await refusesToGrow(scene);
      const state = await stateAfterward(scene);
      return { happened: full, hit: full && inHand.length > 0, note: `the run ${state}` };
    } finally {
      await disk.free();
    }
  },
};

export const DISK_FAULTS = [fillDisk];

async function refusesToGrow({ ground }: Scene): Promise<boolean> {
  try {
    await ground.target.query(
      'create table public.probe as select repeat(md5(n::text), 100) from generate_series(1, 2000) n',
    );
  } catch (error) {
    if (error instanceof DroverError && error.code === 'DISK_FULL') return true;
    throw error;
  }
  await ground.target.query('drop table public.probe');
  return false;
}

/** Full until the run has stopped for it; or for a while, as the ledger lies on the same disk. */
async function stateAfterward({ progress }: Scene): Promise<string> {
  const deadline = Date.now() + FULL_FOR_MS;
  for (;;) {
    const { state, errorCode } = await progress();
    if (state === 'failed') return `failed with ${errorCode}`;
    if (Date.now() > deadline) return `was still ${state}`;
    await pause(LOOK_AGAIN_MS);
  }
}

import type { RestartMode } from '@drover/servers';
import { attemptsInHand, counted, type Fault } from '../fault.ts';
import type { Field, Post } from '../field.ts';

type Side = 'source' | 'target';

const SIDES: readonly Side[] = ['source', 'target'];

function restart(side: Side, mode: RestartMode): Fault {
  return {
    name: mode === 'fast' ? `restart the ${side}` : `crash the ${side}`,
    async inject(scene) {
      const post = scene.field[side];
      const [inHand, before] = [await attemptsInHand(scene), await startTime(post)];
      const beganAt = performance.now();
      await post.server.restart(mode);
      const after = await startTime(post);
      const note = `${counted(inHand.length, 'attempt')} open, away for ${Math.round(performance.now() - beganAt)} ms`;
      return { happened: after !== before, hit: inHand.length > 0, note };
    },
  };
}

const restartRedis: Fault = {
  name: 'restart Redis, empty',
  async inject(scene) {
    const inHand = await attemptsInHand(scene);
    const { server, admin } = scene.field.queue;
    const [before, keys] = [await redisId(scene.field), await admin.dbsize()];
    await server.restart();
    const after = await redisId(scene.field);
    return {
      happened: after !== before,
      hit: inHand.length > 0,
      note: `${counted(keys, 'key')} lost`,
    };
  },
};

const flushRedis: Fault = {
  name: 'FLUSHALL',
  async inject(scene) {
    const inHand = await attemptsInHand(scene);
    const { admin } = scene.field.queue;
    const keys = await admin.dbsize();
    await admin.flushall();
    return { happened: keys > 0, hit: inHand.length > 0, note: `${counted(keys, 'key')} lost` };
  },
};

export const SERVER_FAULTS = [
  ...SIDES.flatMap((side) => [restart(side, 'fast'), restart(side, 'immediate')]),
  restartRedis,
  flushRedis,
];

async function startTime({ admin }: Post): Promise<string | null> {
  const [row] = await admin.query('select pg_postmaster_start_time()::text as time');
  return row?.['time'] ?? null;
}

async function redisId({ queue }: Field): Promise<string | undefined> {
  return /^run_id:(\w+)/m.exec(await queue.admin.info('server'))?.[1];
}

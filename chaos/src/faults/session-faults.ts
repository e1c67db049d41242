import { until } from '@drover/testkit';
import { attemptsInHand, counted, type Fault, NOBODY_THERE, type Scene } from '../fault.ts';

/** Attempts spend a part of their time with the ledger and the other side. */
const WORKS_WITHIN_MS = 3_000;

type Side = 'source' | 'target';

const SIDES: readonly Side[] = ['source', 'target'];

interface Backend {
  readonly pid: string;
  /** In a transaction of an attempt, which names its session after itself. */
  readonly working: boolean;
}

function terminateAll(side: Side): Fault {
  return {
    name: `end all sessions on the ${side}`,
    async inject(scene) {
      const inHand = await attemptsInHand(scene);
      const ended = await terminate(scene, side, await awaitBackends(scene, side));
      return { happened: ended > 0, hit: inHand.length > 0, note: counted(ended, 'session') };
    },
  };
}

function terminateOne(side: Side): Fault {
  return {
    name: `end one session on the ${side}`,
    async inject(scene) {
      const found = await awaitBackends(scene, side);
      const working = found.filter((one) => one.working);
      const choice = working.length > 0 ? working : found;
      if (choice.length === 0) return NOBODY_THERE;
      const chosen = scene.random.pick(choice);
      const ended = await terminate(scene, side, [chosen]);
      return {
        happened: ended > 0,
        hit: chosen.working,
        note: chosen.working ? 'in a transaction of an attempt' : 'at rest',
      };
    },
  };
}

export const SESSION_FAULTS = SIDES.flatMap((side) => [terminateAll(side), terminateOne(side)]);

/** Until one of them works; where none comes, those at rest. */
async function awaitBackends(scene: Scene, side: Side): Promise<readonly Backend[]> {
  let found: readonly Backend[] = [];
  const look = async () => {
    found = await backends(scene, side);
    return found.some((one) => one.working);
  };
  await until('a session works', look, WORKS_WITHIN_MS).catch(() => {});
  return found;
}

async function backends({ field, name }: Scene, side: Side): Promise<readonly Backend[]> {
  const rows = await field[side].admin.query(
    `select pid, application_name ~ '^drover r' and state <> 'idle' as working
     from pg_stat_activity where datname = $1 and starts_with(application_name, 'drover')
     order by backend_start`,
    [name],
  );
  return rows.map((row) => ({ pid: row['pid'] ?? '', working: row['working'] === 't' }));
}

/** @returns how many were there to be ended. */
async function terminate(
  { field }: Scene,
  side: Side,
  chosen: readonly Backend[],
): Promise<number> {
  const rows = await field[side].admin.query(
    'select pid from unnest($1::int4[]) as chosen(pid) where pg_terminate_backend(pid)',
    [chosen.map((one) => Number(one.pid))],
  );
  return rows.length;
}

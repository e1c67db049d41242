import { setTimeout as pause } from 'node:timers/promises';
import { qualifiedName } from '@drover/postgres';
import { attemptsInHand, type Fault, NOBODY_THERE } from '../fault.ts';
import { TARGET_SCHEMA } from '../migration-folder.ts';

/** As an `alter table` or a `vacuum full` of somebody else's would. */
const lockTable: Fault = {
  name: 'lock a wide table for a while',
  async inject(scene) {
    const { ground, random } = scene;
    const inHand = await attemptsInHand(scene);
    const tables = await ground.target.query(
      'select tablename as name from pg_tables where schemaname = $1 order by 1',
      [TARGET_SCHEMA],
    );
    if (tables.length === 0) return NOBODY_THERE;
    const table = random.pick(tables)['name'] ?? '';
    const forMs = random.between(1_000, 12_000);
    await ground.target.transaction(async (sql) => {
      await sql.query(`lock table ${qualifiedName(TARGET_SCHEMA, table)} in access exclusive mode`);
      await pause(forMs);
    });
    return { happened: true, hit: inHand.length > 0, note: `${table} for ${forMs} ms` };
  },
};

export const LOCK_FAULTS = [lockTable];

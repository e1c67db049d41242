import type { SqlExecutor } from '@drover/core';
import { optionalNumber } from './rows.ts';

/**
 * Gives the turn to one of all that ask where it is due. It is not promised ahead: whoever waited for a turn
 * and is gone, or waited by a limit that is no longer in force, leaves no gap behind.
 * @returns 0 where it was given, else milliseconds until it is due.
 */
export async function takeTurn(
  sql: SqlExecutor,
  { migrationId, intervalMs }: { migrationId: string; intervalMs: number },
): Promise<number> {
  const interval = `$2::float8 * interval '1 millisecond'`;
  const given = await sql.query(
    `insert into drover.throttle (migration_id, settings, last_turn) values ($1, '{}', clock_timestamp())
     on conflict (migration_id) do update set last_turn = clock_timestamp()
       where throttle.last_turn is null or throttle.last_turn + ${interval} <= clock_timestamp()
     returning migration_id`,
    [migrationId, intervalMs],
  );
  if (given.length > 0) return 0;
  // By itself: only a new statement sees the turn that another one was given while this one waited for it.
  const [row] = await sql.query(
    `select ceil(extract(epoch from last_turn + ${interval} - clock_timestamp()) * 1000)::float8 as wait
     from drover.throttle where migration_id = $1`,
    [migrationId, intervalMs],
  );
  return Math.max(1, (row && optionalNumber(row, 'wait')) ?? 1);
}

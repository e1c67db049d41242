import type { SqlExecutor, ThrottleSettings } from '@drover/core';

/** Sets the limits that are named, null for lifted ones; the others stay as they are. */
export async function changeThrottle(
  sql: SqlExecutor,
  change: { migrationId: string; settings: ThrottleSettings },
): Promise<void> {
  await sql.query(
    `insert into drover.throttle (migration_id, settings) values ($1, $2::jsonb)
     on conflict (migration_id) do update
       set settings = throttle.settings || excluded.settings, changed_at = clock_timestamp()`,
    [change.migrationId, JSON.stringify(change.settings)],
  );
}

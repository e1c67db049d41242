import type { SqlExecutor } from '@drover/core';

/** Writes down whether work is held, and why. */
export async function holdWork(
  sql: SqlExecutor,
  hold: { migrationId: string; held: string | null },
): Promise<void> {
  await sql.query(
    `insert into drover.throttle (migration_id, settings, held, measured_at)
     values ($1, '{}', $2, clock_timestamp())
     on conflict (migration_id) do update set held = excluded.held, measured_at = excluded.measured_at`,
    [hold.migrationId, hold.held],
  );
}

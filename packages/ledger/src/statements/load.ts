import type { LoadRecord, SqlExecutor, ThrottleSettings } from '@drover/core';
import { json, number, optionalNumber } from './rows.ts';

/** A worker that was silent for longer has no share of what all workers may read together. */
const ALIVE_WITHIN = '10 seconds';

export async function readLoad(sql: SqlExecutor, migrationId: string): Promise<LoadRecord> {
  const [row = {}] = await sql.query(
    `select coalesce(t.settings, '{}') as settings, t.held,
       (extract(epoch from clock_timestamp() - t.measured_at) * 1000)::int8 as measured,
       (select count(*) from drover.worker w where w.migration_id = m.id
          and w.seen_at > clock_timestamp() - interval '${ALIVE_WITHIN}') as workers
     from drover.migration m left join drover.throttle t on t.migration_id = m.id where m.id = $1`,
    [migrationId],
  );
  return {
    settings: json<ThrottleSettings>(row, 'settings'),
    held: row['held'] ?? null,
    measuredMsAgo: optionalNumber(row, 'measured'),
    workers: number(row, 'workers'),
  };
}

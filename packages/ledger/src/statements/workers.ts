import type {
  AttemptProgress,
  Outage,
  ProcessHealth,
  SqlExecutor,
  WorkerBeat,
  WorkerRecord,
} from '@drover/core';
import { json, number, text } from './rows.ts';

/** Workers that were silent for longer are forgotten. */
const FORGET_AFTER = '1 hour';

export async function beat(sql: SqlExecutor, worker: WorkerBeat): Promise<void> {
  await sql.query(
    `insert into drover.worker (id, migration_id, host, pid, concurrency, rss_bytes, connections, activity, waits_for, health)
     values ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9::jsonb, $10::jsonb)
     on conflict (id) do update set concurrency = excluded.concurrency, rss_bytes = excluded.rss_bytes,
       connections = excluded.connections, activity = excluded.activity, waits_for = excluded.waits_for,
       health = excluded.health, seen_at = clock_timestamp()`,
    [
      worker.id,
      worker.migrationId,
      worker.host,
      worker.pid,
      worker.concurrency,
      worker.rssBytes,
      worker.connections,
      JSON.stringify(worker.activity),
      JSON.stringify(worker.waitsFor),
      JSON.stringify(worker.health),
    ],
  );
}

export async function retireWorker(sql: SqlExecutor, workerId: string): Promise<void> {
  await sql.query(
    `delete from drover.worker where id = $1 or seen_at < clock_timestamp() - interval '${FORGET_AFTER}'`,
    [workerId],
  );
}

export async function readWorkers(
  sql: SqlExecutor,
  migrationId: string,
): Promise<readonly WorkerRecord[]> {
  const rows = await sql.query(
    `select id, host, pid, concurrency, rss_bytes, connections, activity, waits_for, health,
       (extract(epoch from clock_timestamp() - seen_at) * 1000)::int8 as silent
     from drover.worker
     where migration_id = $1 and seen_at > clock_timestamp() - interval '${FORGET_AFTER}' order by host, pid`,
    [migrationId],
  );
  return rows.map((row) => ({
    id: text(row, 'id'),
    migrationId,
    host: text(row, 'host'),
    pid: number(row, 'pid'),
    concurrency: number(row, 'concurrency'),
    rssBytes: number(row, 'rss_bytes'),
    connections: number(row, 'connections'),
    activity: json<AttemptProgress[]>(row, 'activity'),
    waitsFor: json<Outage[]>(row, 'waits_for'),
    health: row['health'] == null ? null : json<ProcessHealth>(row, 'health'),
    seenMsAgo: number(row, 'silent'),
  }));
}

import {
  CHUNK_STATES,
  type ChunkState,
  type Phase,
  type PhaseProgress,
  type RunProgress,
  type SqlExecutor,
  UNFINISHED_CHUNK_STATES,
} from '@drover/core';
import { bool, json, number, text } from './rows.ts';

/** From so many chunks on, counting them is work that those who watch a run share. */
const MANY_CHUNKS = 50_000;

/** Of the time, the part that counting may take, however many watch. */
const COUNTING_SHARE = 0.1;

/**
 * Counts and sums over leaves; the data phase alone gives the totals. Of a large run that goes on, what was
 * counted some seconds ago for anybody is given again.
 */
export async function readProgress(sql: SqlExecutor, runId: number): Promise<RunProgress> {
  const [known] = await sql.query(
    `select sum(p.planned) >= ${MANY_CHUNKS} and r.state = 'running' as shared,
       case when s.counted_at > clock_timestamp() - greatest(1000, s.took_ms / ${COUNTING_SHARE}) * interval '1 ms'
         then s.progress end as progress
     from drover.run r join drover.phase p on p.run_id = r.id left join drover.progress s on s.run_id = r.id
     where r.id = $1 group by r.id, s.run_id`,
    [runId],
  );
  const shared = known !== undefined && known['shared'] === 't';
  if (shared && known['progress'] != null) return json<RunProgress>(known, 'progress');
  const startedAtMs = performance.now();
  const progress = await countProgress(sql, runId);
  if (shared) {
    await sql.query(
      `insert into drover.progress values ($1, clock_timestamp(), $2, $3::jsonb)
       on conflict (run_id) do update set counted_at = excluded.counted_at, took_ms = excluded.took_ms,
         progress = excluded.progress`,
      [runId, performance.now() - startedAtMs, JSON.stringify(progress)],
    );
  }
  return progress;
}

async function countProgress(sql: SqlExecutor, runId: number): Promise<RunProgress> {
  const phases = await sql.query(
    `select p.phase, p.complete from drover.phase p join drover.run r on r.id = p.run_id
     where p.run_id = $1 order by array_position(r.phases, p.phase)`,
    [runId],
  );
  const counts = await sql.query(
    `select phase, state, count(*) as chunks, sum(estimated_rows) as estimated, sum(read) as read,
       sum(loaded) as loaded, sum(rejected) as rejected, sum(skipped) as skipped, sum(nulled) as nulled,
       sum(written) as written, sum(bytes_read) as bytes_read, sum(bytes_written) as bytes_written
     from drover.chunk where run_id = $1 group by phase, state`,
    [runId],
  );
  const [recent] = await sql.query(
    `select coalesce(sum((receipt->>'read')::int8), 0) as rows, count(*) as chunks,
       coalesce(extract(epoch from clock_timestamp() - min(started_at)) * 1000, 0)::int8 as span
     from drover.attempt
     where run_id = $1 and outcome = 'done' and receipt is not null and ended_at > clock_timestamp() - interval '1 minute'`,
    [runId],
  );
  const data = counts.filter((row) => row['phase'] === 'data' && row['state'] === 'done');
  const sum = (column: string) => data.reduce((total, row) => total + number(row, column), 0);
  return {
    phases: phases.map((row) =>
      phaseProgress(text(row, 'phase') as Phase, bool(row, 'complete'), counts),
    ),
    total: {
      read: sum('read'),
      loaded: sum('loaded'),
      rejected: sum('rejected'),
      skipped: sum('skipped'),
      nulled: sum('nulled'),
      written: sum('written'),
    },
    bytesRead: sum('bytes_read'),
    bytesWritten: sum('bytes_written'),
    recent: {
      rows: recent === undefined ? 0 : number(recent, 'rows'),
      chunks: recent === undefined ? 0 : number(recent, 'chunks'),
      spanMs: recent === undefined ? 0 : number(recent, 'span'),
    },
  };
}

function phaseProgress(
  phase: Phase,
  planned: boolean,
  counts: readonly { readonly [column: string]: string | null }[],
): PhaseProgress {
  const mine = counts.filter((row) => row['phase'] === phase);
  const chunks = Object.fromEntries(CHUNK_STATES.map((state) => [state, 0])) as Record<
    ChunkState,
    number
  >;
  let estimatedRows = 0;
  let estimatedRowsLeft = 0;
  for (const row of mine) {
    const state = text(row, 'state') as ChunkState;
    chunks[state] = number(row, 'chunks');
    if (state !== 'split') estimatedRows += number(row, 'estimated');
    if (UNFINISHED_CHUNK_STATES.includes(state)) estimatedRowsLeft += number(row, 'estimated');
  }
  return { phase, planned, chunks, estimatedRows, estimatedRowsLeft };
}

import type {
  AttemptRecord,
  AttemptSummary,
  ErrorCode,
  Json,
  Phase,
  SqlExecutor,
} from '@drover/core';
import { json, millis, number, optionalNumber, text } from './rows.ts';

/** How the attempts of a run ended, and why. */
export async function readAttempts(sql: SqlExecutor, runId: number): Promise<AttemptSummary> {
  const rows = await sql.query(
    `select coalesce(outcome, 'running') as outcome, error_code, count(*) as attempts
     from drover.attempt where run_id = $1 group by 1, 2 order by 3 desc, 1, 2`,
    [runId],
  );
  const outcomes = rows.map((row) => ({
    outcome: text(row, 'outcome'),
    errorCode: (row['error_code'] ?? null) as ErrorCode | null,
    count: number(row, 'attempts'),
  }));
  return { attempts: outcomes.reduce((sum, one) => sum + one.count, 0), outcomes };
}

export async function readAttemptRecords(
  sql: SqlExecutor,
  of: { runId: number; chunkId?: number; after: number; limit: number },
): Promise<readonly AttemptRecord[]> {
  const rows = await sql.query(
    `select a.id, a.chunk_id, c.phase, c.stream, c.range, a.generation, a.worker_id, a.host, a.pid,
       ${millis('a.started_at')} as started_ms, ${millis('a.ended_at')} as ended_ms,
       coalesce(a.outcome, 'running') as outcome, a.error_code, a.error_text, a.rows, a.bytes
     from drover.attempt a join drover.chunk c on c.id = a.chunk_id
     where a.run_id = $1 and ($2::int8 is null or a.chunk_id = $2) and a.id > $3
     order by a.id limit $4`,
    [of.runId, of.chunkId ?? null, of.after, of.limit],
  );
  return rows.map((row) => ({
    id: number(row, 'id'),
    chunkId: number(row, 'chunk_id'),
    phase: text(row, 'phase') as Phase,
    stream: text(row, 'stream'),
    range: json<Json>(row, 'range'),
    generation: number(row, 'generation'),
    workerId: text(row, 'worker_id'),
    host: text(row, 'host'),
    pid: number(row, 'pid'),
    startedAtMs: number(row, 'started_ms'),
    endedAtMs: optionalNumber(row, 'ended_ms'),
    outcome: text(row, 'outcome'),
    errorCode: (row['error_code'] ?? null) as ErrorCode | null,
    errorText: row['error_text'] ?? null,
    rows: optionalNumber(row, 'rows'),
    bytes: optionalNumber(row, 'bytes'),
  }));
}

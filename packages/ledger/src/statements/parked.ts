import type { ErrorCode, Json, ParkedChunk, ParkedId, Phase, SqlExecutor } from '@drover/core';
import { json, millis, number, text } from './rows.ts';

export async function readParked(sql: SqlExecutor, runId: number): Promise<readonly ParkedChunk[]> {
  const rows = await sql.query(
    `select id, phase, stream, range, estimated_rows, attempts, error_code, error_text, ${millis('changed_at')} as parked_ms
     from drover.chunk where run_id = $1 and state = 'parked' order by phase, ordinal, id`,
    [runId],
  );
  return rows.map((row) => ({
    id: number(row, 'id'),
    phase: text(row, 'phase') as Phase,
    stream: text(row, 'stream'),
    range: json<Json>(row, 'range'),
    estimatedRows: number(row, 'estimated_rows'),
    attempts: number(row, 'attempts'),
    errorCode: (row['error_code'] ?? null) as ErrorCode | null,
    errorText: row['error_text'] ?? null,
    parkedAtMs: number(row, 'parked_ms'),
  }));
}

export async function readParkedIds(
  sql: SqlExecutor,
  of: { migrationId: string; limit: number },
): Promise<readonly ParkedId[]> {
  const rows = await sql.query(
    `select c.run_id, c.id from drover.chunk c join drover.run r on r.id = c.run_id
     where r.migration_id = $1 and c.state = 'parked' order by c.id limit $2`,
    [of.migrationId, of.limit],
  );
  return rows.map((row) => ({ runId: number(row, 'run_id'), chunkId: number(row, 'id') }));
}

import type { ErrorCode, Json, ParkedChunk, Phase, SqlExecutor } from '@drover/core';
import { json, millis, number, text } from './rows.ts';

export async function readParked(sql: SqlExecutor, runId: number): Promise<readonly ParkedChunk[]> {
  const rows = await sql.query(
    `select id, phase, stream, range, attempts, error_code, error_text, ${millis('changed_at')} as parked_ms
     from drover.chunk where run_id = $1 and state = 'parked' order by phase, ordinal, id`,
    [runId],
  );
  return rows.map((row) => ({
    id: number(row, 'id'),
    phase: text(row, 'phase') as Phase,
    stream: text(row, 'stream'),
    range: json<Json>(row, 'range'),
    attempts: number(row, 'attempts'),
    errorCode: (row['error_code'] ?? null) as ErrorCode | null,
    errorText: row['error_text'] ?? null,
    parkedAtMs: number(row, 'parked_ms'),
  }));
}

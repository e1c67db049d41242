import type {
  JsonObject,
  Reject,
  RejectCount,
  RejectQuery,
  RejectRecord,
  SqlExecutor,
  SqlRow,
} from '@drover/core';
import { json, millis, number, optionalNumber, text } from './rows.ts';

export const REJECT_COLUMNS = 'r.key, r.rule, r.column_name, r.reason, r.rows, r.row_data';

export function toReject(row: SqlRow): Reject {
  return {
    key: json<JsonObject>(row, 'key'),
    rule: text(row, 'rule'),
    column: row['column_name'] ?? null,
    reason: text(row, 'reason'),
    rows: number(row, 'rows'),
    row: row['row_data'] == null ? null : json<JsonObject>(row, 'row_data'),
  };
}

export async function readRejects(
  sql: SqlExecutor,
  query: RejectQuery,
): Promise<readonly RejectRecord[]> {
  const rows = await sql.query(
    `select ${REJECT_COLUMNS}, r.id, r.run_id, r.chunk_id, c.stream, ${millis('r.created_at')} as created_ms,
       ${millis('r.closed_at')} as closed_ms
     from drover.reject r join drover.chunk c on c.id = r.chunk_id
     where r.run_id = $1 and r.id > $2 and ($3::text is null or r.rule = $3)
       and (not $4::bool or r.closed_at is null)
     order by r.id limit $5`,
    [query.runId, query.after ?? 0, query.rule ?? null, query.openOnly ?? false, query.limit],
  );
  return rows.map((row) => ({
    ...toReject(row),
    id: number(row, 'id'),
    runId: number(row, 'run_id'),
    chunkId: number(row, 'chunk_id'),
    stream: text(row, 'stream'),
    createdAtMs: number(row, 'created_ms'),
    closedAtMs: optionalNumber(row, 'closed_ms'),
  }));
}

export async function countRejects(
  sql: SqlExecutor,
  runId: number,
): Promise<readonly RejectCount[]> {
  const rows = await sql.query(
    `select rule, count(*) as rejects, sum(rows) as rows, count(*) filter (where closed_at is null) as open
     from drover.reject where run_id = $1 group by rule order by rule`,
    [runId],
  );
  return rows.map((row) => ({
    rule: text(row, 'rule'),
    rejects: number(row, 'rejects'),
    rows: number(row, 'rows'),
    open: number(row, 'open'),
  }));
}

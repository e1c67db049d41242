import type { JsonObject, Reject, SqlExecutor, SqlRow } from '@drover/core';
import { json, number, text } from './rows.ts';

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
  of: { runId: number; limit: number },
): Promise<readonly Reject[]> {
  const rows = await sql.query(
    `select ${REJECT_COLUMNS} from drover.reject r where r.run_id = $1 order by r.id limit $2`,
    [of.runId, of.limit],
  );
  return rows.map(toReject);
}

export async function countRejects(
  sql: SqlExecutor,
  runId: number,
): Promise<readonly { rule: string; rejects: number; rows: number }[]> {
  const rows = await sql.query(
    `select rule, count(*) as rejects, sum(rows) as rows from drover.reject
     where run_id = $1 group by rule order by rule`,
    [runId],
  );
  return rows.map((row) => ({
    rule: text(row, 'rule'),
    rejects: number(row, 'rejects'),
    rows: number(row, 'rows'),
  }));
}

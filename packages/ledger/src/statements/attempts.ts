import type { AttemptSummary, ErrorCode, SqlExecutor } from '@drover/core';
import { number, text } from './rows.ts';

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

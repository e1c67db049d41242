import type { EndedAttempts, ErrorCode, SqlExecutor } from '@drover/core';
import { millis, number, text } from './rows.ts';

/** Longer than it takes, but for rare exceptions, from the end of an attempt to its commit. */
const COMMIT_WITHIN = '2 seconds';

/** A window of time on the index `attempt_recent`, whatever the size of the run; see the port. */
export async function readAttemptsEnded(
  sql: SqlExecutor,
  { runId, afterMs }: { runId: number; afterMs: number | null },
): Promise<EndedAttempts> {
  const rows = await sql.query(
    `with span as (
       select coalesce(timestamptz 'epoch' + $2::int8 * interval '1 ms', '-infinity') as beyond,
         date_trunc('milliseconds', clock_timestamp()) - case when state in ('running', 'paused')
           then interval '${COMMIT_WITHIN}' else interval '-1 ms' end as until
       from drover.run where id = $1)
     select ${millis('span.until')} as until, ended.* from span left join lateral (
       select outcome, error_code, count(*) as attempts,
         coalesce(sum(rows) filter (where receipt is not null), 0) as moved_rows,
         ${millis('sum(ended_at - started_at)')} as total_ms,
         ${millis('max(ended_at - started_at)')} as slowest_ms
       from drover.attempt
       where run_id = $1 and ended_at > span.beyond and ended_at <= span.until
       group by outcome, error_code) ended on true
     order by outcome, error_code`,
    [runId, afterMs],
  );
  const [first] = rows;
  return {
    // A clock that was set back does not make anything count twice.
    untilMs: Math.max(afterMs ?? 0, first === undefined ? 0 : number(first, 'until')),
    outcomes: rows
      .filter((row) => row['outcome'] != null)
      .map((row) => ({
        outcome: text(row, 'outcome'),
        errorCode: (row['error_code'] ?? null) as ErrorCode | null,
        count: number(row, 'attempts'),
        movedRows: number(row, 'moved_rows'),
        totalMs: number(row, 'total_ms'),
        slowestMs: number(row, 'slowest_ms'),
      })),
  };
}

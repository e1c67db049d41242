import { type Phase, type SqlExecutor, UNFINISHED_CHUNK_STATES } from '@drover/core';
import { words } from './rows.ts';

/** SQL: the run's phase is planned to its end, and none of its chunks has work to come. */
export const PHASE_IS_OVER = `exists (
    select 1 from drover.phase p where p.run_id = run.id and p.phase = run.phase and p.complete)
  and not exists (
    select 1 from drover.chunk c where c.run_id = run.id and c.phase = run.phase
      and c.state in ${words(UNFINISHED_CHUNK_STATES)})`;

/**
 * Moves a running run from a phase that is over to the next, or to its end. One caller wins. With the phase
 * data, rejects are closed whose ranges were moved again: what was bad still is on record as a new reject.
 */
export async function closePhase(
  sql: SqlExecutor,
  close: { runId: number; phase: Phase; next: Phase | null },
): Promise<boolean> {
  const closed = await sql.query(
    `with closed as (
       update drover.run run set phase = coalesce($3, phase),
         state = case when $3::text is null then 'done' else state end,
         finished_at = case when $3::text is null then now() end
       where id = $1 and phase = $2 and state = 'running' and ${PHASE_IS_OVER} returning id),
     replayed as (
       update drover.reject set closed_at = clock_timestamp() from closed
       where $2 = 'data' and reject.replay_run = closed.id and reject.closed_at is null and not exists (
         select 1 from drover.chunk c where c.run_id = closed.id and c.phase = 'data'
           and c.ordinal = reject.replay_ordinal and c.state not in ('done', 'split')))
     select id from closed`,
    [close.runId, close.phase, close.next],
  );
  return closed.length > 0;
}

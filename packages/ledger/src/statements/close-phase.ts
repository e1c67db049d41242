import {
  type Phase,
  type SqlDatabase,
  type SqlExecutor,
  UNFINISHED_CHUNK_STATES,
} from '@drover/core';
import { words } from './rows.ts';

/** SQL: the run's phase is planned to its end, and none of its chunks has work to come. */
export const PHASE_IS_OVER = `exists (
    select 1 from drover.phase p where p.run_id = run.id and p.phase = run.phase and p.complete)
  and not exists (
    select 1 from drover.chunk c where c.run_id = run.id and c.phase = run.phase
      and c.state in ${words(UNFINISHED_CHUNK_STATES)})`;

const OPEN_AND_OVER = `id = $1 and phase = $2 and state = 'running' and ${PHASE_IS_OVER}`;

/**
 * Moves a running run from a phase that is over to the next, or to its end. One caller wins. With the phase
 * data, rejects are closed whose ranges were moved again: what was bad still is on record as a new reject.
 */
export async function closePhase(
  database: SqlDatabase,
  close: { runId: number; phase: Phase; next: Phase | null },
): Promise<boolean> {
  const key = [close.runId, close.phase];
  const look = `select 1 from drover.run where ${OPEN_AND_OVER}`;
  // Asked after every chunk: nobody waits for anybody until there is something to close.
  if ((await database.query(look, key)).length === 0) return false;
  return database.transaction(async (sql) => {
    // A statement that waits for the run's row still sees the chunks as they were when it began: what was
    // planned by whom it waited for, the next statement sees.
    await sql.query('select 1 from drover.run where id = $1 for update', [close.runId]);
    const closed = await sql.query(
      `update drover.run set phase = coalesce($3, phase),
         state = case when $3::text is null then 'done' else state end,
         finished_at = case when $3::text is null then now() end
       where ${OPEN_AND_OVER} returning id`,
      [...key, close.next],
    );
    if (closed.length > 0 && close.phase === 'data') await closeReplayed(sql, close.runId);
    return closed.length > 0;
  });
}

/** The chunk that replays a reject, and what it was split into or taken over by, must all be done. */
async function closeReplayed(sql: SqlExecutor, runId: number): Promise<void> {
  await sql.query(
    `with recursive open_reject as (
       select id, replay_run, replay_ordinal from drover.reject
       where closed_at is null and replay_run in (
         select id from drover.run where migration_id = (select migration_id from drover.run where id = $1))),
     family as (
       select c.run_id as replay_run, c.ordinal as replay_ordinal, c.id, c.state from drover.chunk c
       where c.phase = 'data'
         and (c.run_id, c.ordinal) in (select replay_run, replay_ordinal from open_reject)
       union
       select family.replay_run, family.replay_ordinal, part.id, part.state
       from drover.chunk part join family on part.parent_id = family.id)
     update drover.reject set closed_at = clock_timestamp() from open_reject replayed
     where reject.id = replayed.id and not exists (
       select 1 from family where family.replay_run = replayed.replay_run
         and family.replay_ordinal = replayed.replay_ordinal and family.state not in ('done', 'split'))`,
    [runId],
  );
}

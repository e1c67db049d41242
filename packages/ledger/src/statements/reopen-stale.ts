import { type SqlExecutor, stateAfter, statesAllowing } from '@drover/core';
import { PHASE_IS_OVER } from './close-phase.ts';

/**
 * Where the phase verify is over and found stale chunks: plans the data chunks that moved them again, as
 * their next generation, plans their verification again, and takes the run back to the phase data. Call in
 * a transaction.
 * @returns how many data chunks are moved again.
 */
export async function reopenStale(
  sql: SqlExecutor,
  of: { runId: number; maxRounds: number },
): Promise<number> {
  const [run] = await sql.query(
    `update drover.run run set phase = 'data', round = round + 1
     where id = $1 and phase = 'verify' and state = 'running' and round < $2
       and 'data' = any (phases) and ${PHASE_IS_OVER}
       and exists (select 1 from drover.chunk c where c.run_id = run.id and c.phase = 'verify'
                     and c.state = 'done' and c.error_code = 'STALE' and c.origin_id is not null)
     returning id`,
    [of.runId, of.maxRounds],
  );
  if (run === undefined) return 0;
  const moved = await sql.query(
    `with stale as (
       select id, origin_id from drover.chunk
       where run_id = $1 and phase = 'verify' and state = 'done' and error_code = 'STALE' and origin_id is not null),
     again as (
       update drover.chunk set state = $2, generation = generation + 1, attempts = 0, due_at = null,
         error_code = null, error_text = null, changed_at = clock_timestamp()
       where state = any ($3::text[]) and (id in (select origin_id from stale) or id in (select id from stale))
       returning phase)
     select phase from again where phase = 'data'`,
    [of.runId, stateAfter('regenerate'), statesAllowing('regenerate')],
  );
  return moved.length;
}

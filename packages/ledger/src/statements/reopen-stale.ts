import { type SqlExecutor, stateAfter, statesAllowing } from '@drover/core';
import { PHASE_IS_OVER } from './close-phase.ts';
import { WITH_PARTS_OF } from './moved.ts';

/** SQL: verify chunks whose verdict is that their origin is to be moved again. */
const STALE = `phase = 'verify' and state = 'done' and error_code = 'STALE' and origin_id is not null`;

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
       and exists (select 1 from drover.chunk where run_id = run.id and ${STALE})
     returning id`,
    [of.runId, of.maxRounds],
  );
  if (run === undefined) return 0;
  const moved = await sql.query(
    `${WITH_PARTS_OF(`select origin_id from drover.chunk where run_id = $1 and ${STALE}`)},
     again as (
       update drover.chunk set state = $2, generation = generation + 1, attempts = 0, due_at = null,
         error_code = null, error_text = null, changed_at = clock_timestamp()
       where state = any ($3::text[])
         and (id in (select id from family) or run_id = $1 and ${STALE})
       returning phase)
     select phase from again where phase = 'data'`,
    [of.runId, stateAfter('regenerate'), statesAllowing('regenerate')],
  );
  return moved.length;
}

import {
  type AttemptKey,
  type Release,
  type SqlExecutor,
  stateAfter,
  statesAllowing,
} from '@drover/core';
import { number, words } from './rows.ts';

/** Ends an attempt that did not settle; false where the token was lost or the chunk is settled after all. */
export async function release(
  sql: SqlExecutor,
  { chunkId, token, ...how }: AttemptKey & Release,
): Promise<boolean> {
  const pauseMs = how.event === 'park' ? null : how.pauseMs;
  const rows = await sql.query(
    `with released as (
       update drover.chunk set state = $3, token = null, attempts = attempts + $5,
         due_at = case when $6::float8 is null then null else clock_timestamp() + $6::float8 * interval '1 millisecond' end,
         error_code = $7, error_text = $8, changed_at = clock_timestamp()
       where id = $1 and token = $2 and state = any ($4::text[]) returning id)
     update drover.attempt set outcome = $9, error_code = $7, error_text = $8, rows = $10, bytes = $11,
       ended_at = clock_timestamp()
     from released where attempt.token = $2 returning released.id`,
    [
      chunkId,
      token,
      stateAfter(how.event),
      statesAllowing(how.event),
      how.event === 'handBack' ? 0 : 1,
      pauseMs,
      how.errorCode,
      how.errorText,
      how.reason,
      how.rows,
      how.bytes,
    ],
  );
  return rows.length > 0;
}

/** Gives up what is left of a cancelled run. */
export async function cancelChunks(sql: SqlExecutor, runId: number): Promise<number> {
  const rows = await sql.query(
    `with given_up as (
       update drover.chunk c set token = null, changed_at = clock_timestamp(), state = case
           when exists (select 1 from drover.chunk p where p.id = c.parent_id and p.run_id <> c.run_id)
             then '${stateAfter('park')}' else '${stateAfter('cancel')}' end
       from drover.run r where r.id = $1 and r.state = 'cancelled' and c.run_id = r.id
         and c.state in ${words(statesAllowing('cancel'))} returning c.id),
     attempts as (
       update drover.attempt a set outcome = 'cancelled', ended_at = clock_timestamp()
       from given_up where a.chunk_id = given_up.id and a.outcome is null)
     select count(*) as chunks from given_up`,
    [runId],
  );
  return rows[0] === undefined ? 0 : number(rows[0], 'chunks');
}

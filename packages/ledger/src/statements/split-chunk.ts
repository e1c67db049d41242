import {
  type AttemptKey,
  type ErrorCode,
  type SplitPart,
  type SqlExecutor,
  stateAfter,
  statesAllowing,
} from '@drover/core';

/**
 * Replaces a chunk by its parts, in one transaction of the caller. Rejects that an earlier generation of it
 * left go: the parts find them again. False where the token was lost.
 */
export async function splitChunk(
  sql: SqlExecutor,
  split: AttemptKey & { parts: readonly SplitPart[]; errorCode: ErrorCode },
): Promise<boolean> {
  const { chunkId, token, parts, errorCode } = split;
  const rows = await sql.query(
    `with parent as (
       update drover.chunk set state = $3, token = null, error_code = $5, changed_at = clock_timestamp()
       where id = $1 and token = $2 and state = any ($4::text[]) returning *),
     attempt as (
       update drover.attempt set outcome = 'split', error_code = $5, ended_at = clock_timestamp()
       from parent where attempt.token = $2),
     earlier as (
       delete from drover.reject using parent where reject.chunk_id = parent.id)
     insert into drover.chunk (run_id, phase, ordinal, parent_id, origin_id, stream, range, estimated_rows, generation, rest_ms)
     select parent.run_id, parent.phase, parent.ordinal, parent.id, parent.origin_id,
       part.stream, part.range, part."estimatedRows", parent.generation, parent.rest_ms
     from parent, json_to_recordset($6::json) as part(stream text, range jsonb, "estimatedRows" int8)
     returning id`,
    [
      chunkId,
      token,
      stateAfter('split'),
      statesAllowing('split'),
      errorCode,
      JSON.stringify(parts),
    ],
  );
  return rows.length > 0;
}

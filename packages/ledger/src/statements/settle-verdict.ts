import {
  type AttemptKey,
  type SqlExecutor,
  stateAfter,
  statesAllowing,
  type Verdict,
} from '@drover/core';

/** Marks a verify chunk done with what it found; false where the token was lost. Call in a transaction. */
export async function settleVerdict(
  sql: SqlExecutor,
  { chunkId, token, verdict }: AttemptKey & { verdict: Verdict },
): Promise<boolean> {
  const { differences, ...counts } = verdict;
  const done = await sql.query(
    `with done as (
       update drover.chunk set state = $3, token = null, due_at = null, read = $5,
         error_code = $6, error_text = null, changed_at = clock_timestamp()
       where id = $1 and token = $2 and state = any ($4::text[]) returning id),
     attempt as (
       update drover.attempt set outcome = 'done', ended_at = clock_timestamp(), verdict = $7::jsonb, rows = $5
       from done where attempt.token = $2),
     earlier as (
       delete from drover.difference using done where difference.chunk_id = done.id)
     select id from done`,
    [
      chunkId,
      token,
      stateAfter('settle'),
      statesAllowing('settle'),
      verdict.compared,
      verdict.wrong > 0 ? 'WRONG' : verdict.stale > 0 ? 'STALE' : null,
      JSON.stringify(counts),
    ],
  );
  if (done.length === 0) return false;
  await sql.query(
    `insert into drover.difference (run_id, chunk_id, key, kind, stale, source_value, target_value)
     select c.run_id, c.id, d.key, d.kind, d.stale, d.source, d.target
     from drover.chunk c, json_to_recordset($2::json)
       as d(key jsonb, kind text, stale bool, source text, target text)
     where c.id = $1`,
    [chunkId, JSON.stringify(differences)],
  );
  return true;
}

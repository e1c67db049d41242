import {
  type AttemptKey,
  DroverError,
  type Settlement,
  type SqlExecutor,
  Stopped,
  stateAfter,
  statesAllowing,
} from '@drover/core';
import { number } from './rows.ts';

/** Locks the chunk's row to the end of the transaction, and makes sure that the token is still in it. */
export async function fence(sql: SqlExecutor, { chunkId, token }: AttemptKey): Promise<void> {
  const held = await sql.query(
    `select 1 from drover.chunk where id = $1 and token = $2 and state = any ($3::text[]) for update`,
    [chunkId, token, statesAllowing('settle')],
  );
  if (held.length === 0) throw new Stopped('fenced');
}

/**
 * Marks the chunk done with what the attempt did. Rejects of earlier attempts go: those of the attempt
 * that won are the chunk's.
 */
export async function settle(sql: SqlExecutor, settlement: AttemptKey & Settlement): Promise<void> {
  const { chunkId, token, receipt, rejects, maxRejectsInRun } = settlement;
  const done = await sql.query(
    `with done as (
       update drover.chunk set state = $3, token = null, due_at = null, error_code = null, error_text = null,
         read = $5, loaded = $6, rejected = $7, skipped = $8, nulled = $9, written = $10,
         bytes_read = $11, bytes_written = $12, changed_at = clock_timestamp()
       where id = $1 and token = $2 and state = any ($4::text[]) returning id),
     attempt as (
       update drover.attempt set outcome = 'done', ended_at = clock_timestamp(), receipt = $13::jsonb, intent = null,
         rows = $5, bytes = $11
       from done where attempt.token = $2),
     earlier as (
       delete from drover.reject using done where reject.chunk_id = done.id)
     select id from done`,
    [
      chunkId,
      token,
      stateAfter('settle'),
      statesAllowing('settle'),
      receipt.read,
      receipt.loaded,
      receipt.rejected,
      receipt.skipped,
      receipt.nulled,
      receipt.written,
      receipt.bytesRead,
      receipt.bytesWritten,
      JSON.stringify(receipt),
    ],
  );
  if (done.length === 0) throw new Stopped('fenced');
  if (rejects.length === 0) return;
  await refuseTooMany(sql, { chunkId, max: maxRejectsInRun, more: rejects.length });
  await sql.query(
    `insert into drover.reject (run_id, chunk_id, token, key, rule, column_name, reason, rows, row_data)
     select c.run_id, c.id, $2, r.key, r.rule, r."column", r.reason, r.rows, r.row
     from drover.chunk c, json_to_recordset($3::json)
       as r(key jsonb, rule text, "column" text, reason text, rows int8, row jsonb)
     where c.id = $1`,
    [chunkId, token, JSON.stringify(rejects)],
  );
}

/** The run's row is held to the end of the transaction, so that no two chunks count past one another. */
async function refuseTooMany(
  sql: SqlExecutor,
  of: { chunkId: number; max: number; more: number },
): Promise<void> {
  await sql.query(
    `select 1 from drover.run where id = (select run_id from drover.chunk where id = $1) for no key update`,
    [of.chunkId],
  );
  const [row] = await sql.query(
    `select count(*) as rejects from drover.reject
     where run_id = (select run_id from drover.chunk where id = $1)`,
    [of.chunkId],
  );
  const rejects = number(row ?? {}, 'rejects') + of.more;
  if (rejects <= of.max) return;
  throw new DroverError('TOO_MANY_REJECTS', {
    message: `With this chunk the run would have ${rejects} rejects; rejects.maxPerRun allows ${of.max}.`,
  });
}

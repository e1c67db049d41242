import {
  type AttemptKey,
  type Intent,
  type SqlExecutor,
  Stopped,
  statesAllowing,
} from '@drover/core';
import { json } from './rows.ts';

/** Writes down what an attempt is about to commit outside, where it still has the chunk. */
export async function intend(
  sql: SqlExecutor,
  { chunkId, token, intent }: AttemptKey & { intent: Intent },
): Promise<void> {
  const rows = await sql.query(
    `update drover.attempt set intent = $4::jsonb from (
       select token from drover.chunk where id = $1 and token = $2 and state = any ($3::text[]) for update) held
     where attempt.token = held.token returning 1`,
    [chunkId, token, statesAllowing('settle'), JSON.stringify(intent)],
  );
  if (rows.length === 0) throw new Stopped('fenced');
}

/** The newest intent among the attempts at the chunk's present generation. */
export async function readIntent(sql: SqlExecutor, chunkId: number): Promise<Intent | null> {
  const [row] = await sql.query(
    `select a.intent from drover.attempt a join drover.chunk c on c.id = a.chunk_id
     where a.chunk_id = $1 and a.generation = c.generation and a.intent is not null
     order by a.id desc limit 1`,
    [chunkId],
  );
  return row === undefined ? null : json<Intent>(row, 'intent');
}

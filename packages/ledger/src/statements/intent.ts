import {
  type AttemptKey,
  type Intent,
  type SqlExecutor,
  Stopped,
  statesAllowing,
  type UnsettledChunk,
} from '@drover/core';
import { json, number, text } from './rows.ts';

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

/** Chunks that no attempt will take by itself, although an earlier one asked to commit them. */
export async function readUnsettled(
  sql: SqlExecutor,
  migrationId: string,
): Promise<readonly UnsettledChunk[]> {
  const rows = await sql.query(
    `select distinct c.id, a.generation, c.stream from drover.attempt a
     join drover.chunk c on c.id = a.chunk_id join drover.run r on r.id = c.run_id
     where a.intent is not null and r.migration_id = $1 and c.state in ('parked', 'split', 'cancelled')
     order by c.id, a.generation`,
    [migrationId],
  );
  return rows.map((row) => ({
    id: number(row, 'id'),
    generation: number(row, 'generation'),
    stream: text(row, 'stream'),
  }));
}

import {
  type ChunkState,
  type Claim,
  type Json,
  type NewAttempt,
  type Phase,
  type RunState,
  type SqlExecutor,
  stateAfter,
  statesAllowing,
} from '@drover/core';
import { json, number, text } from './rows.ts';

/**
 * Takes a chunk for a new attempt, whatever attempt had it before: the new token fences that one. Call in
 * a transaction: the chunk's row is locked from the look at its state to the write of its token.
 */
export async function claim(sql: SqlExecutor, attempt: NewAttempt): Promise<Claim> {
  // By itself: a statement sees what was committed when it began, and so not the attempt of a claim
  // that it had to wait for.
  await sql.query('select 1 from drover.chunk where id = $1 for update', [attempt.chunkId]);
  const [row] = await sql.query(
    `with seen as (
       select c.id, c.state, r.state as run_state
       from drover.chunk c join drover.run r on r.id = c.run_id and r.phase = c.phase
       where c.id = $1),
     won as (
       update drover.chunk set state = $3, token = $2, changed_at = clock_timestamp()
       from seen where chunk.id = seen.id and seen.state = any ($4::text[]) and seen.run_state = 'running'
       returning chunk.*),
     former as (
       update drover.attempt set outcome = 'superseded', ended_at = clock_timestamp()
       from won where attempt.chunk_id = won.id and attempt.outcome is null
       returning attempt.application_name),
     started as (
       insert into drover.attempt
         (run_id, chunk_id, generation, delivery, token, application_name, worker_id, host, pid)
       select run_id, id, generation, $5, $2, $6, $7, $8, $9 from won)
     select seen.state, seen.run_state, won.id, won.phase, won.stream, won.range, won.generation, won.attempts,
       won.estimated_rows, won.rest_ms,
       (select count(*) from drover.attempt a where a.chunk_id = won.id and a.generation = won.generation
          and a.outcome = 'waiting') as outages,
       (select json_agg(application_name) from former) as superseded,
       (with recursive line as (
          select p.id, p.generation, p.parent_id, 1 as distance from drover.chunk p where p.id = won.parent_id
          union all
          select p.id, p.generation, p.parent_id, line.distance + 1
          from drover.chunk p join line on p.id = line.parent_id)
        select json_agg(json_build_object('id', id, 'generation', generation) order by distance)
        from line) as ancestors
     from seen left join won on true`,
    [
      attempt.chunkId,
      attempt.token,
      stateAfter('claim'),
      statesAllowing('claim'),
      attempt.delivery,
      attempt.applicationName,
      attempt.workerId,
      attempt.host,
      attempt.pid,
    ],
  );
  if (row === undefined) return { won: false, chunkState: null, runState: null };
  if (row['id'] == null) {
    return {
      won: false,
      chunkState: text(row, 'state') as ChunkState,
      runState: text(row, 'run_state') as RunState,
    };
  }
  return {
    won: true,
    chunk: {
      id: number(row, 'id'),
      phase: text(row, 'phase') as Phase,
      stream: text(row, 'stream'),
      range: json<Json>(row, 'range'),
      generation: number(row, 'generation'),
      ancestors: row['ancestors'] == null ? [] : json(row, 'ancestors'),
    },
    estimatedRows: number(row, 'estimated_rows'),
    attempts: number(row, 'attempts'),
    outages: number(row, 'outages'),
    restMs: number(row, 'rest_ms'),
    superseded: row['superseded'] == null ? [] : json<string[]>(row, 'superseded'),
  };
}

/** Names under which sessions of earlier attempts at the chunk may still be open. */
export async function readFormerAttempts(
  sql: SqlExecutor,
  chunkId: number,
): Promise<readonly string[]> {
  const rows = await sql.query(
    `select application_name from drover.attempt
     where chunk_id = $1 and outcome is distinct from 'done' order by id desc limit 20`,
    [chunkId],
  );
  return rows.map((row) => text(row, 'application_name'));
}

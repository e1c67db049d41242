import {
  DroverError,
  type GivenChunk,
  type GivenWork,
  type SqlExecutor,
  stateAfter,
} from '@drover/core';

/**
 * Puts the chunks that a run is born with into its phase data, which is complete with them; takes over what
 * they take the place of, and remembers which rejects they replay. Call in the transaction that creates the run.
 * @throws DroverError RUN_UNFINISHED where a chunk to take over is not parked any more.
 */
export async function storeGivenWork(
  sql: SqlExecutor,
  runId: number,
  { chunks, takenOver, restMs }: GivenWork,
): Promise<void> {
  await sql.query(
    `update drover.phase set planned = $2, complete = true where run_id = $1 and phase = 'data'`,
    [runId, chunks.length],
  );
  await takeOver(sql, takenOver);
  await sql.query(
    `insert into drover.chunk (run_id, phase, ordinal, parent_id, stream, range, estimated_rows, rest_ms)
     select $1, 'data', ordinal - 1, nullif(parent, '')::int8, stream, range, rows, $6
     from unnest($2::text[], $3::jsonb[], $4::int8[], $5::text[]) with ordinality
       as given(stream, range, rows, parent, ordinal)
     order by ordinal`,
    [
      runId,
      chunks.map((chunk) => chunk.stream),
      chunks.map((chunk) => JSON.stringify(chunk.range)),
      chunks.map((chunk) => Math.round(chunk.estimatedRows)),
      chunks.map((chunk) => chunk.parentId?.toString() ?? ''),
      restMs,
    ],
  );
  await markReplayed(sql, runId, chunks);
}

/** The chunk is replaced by those of the new run, and by its own parts for what stays parked. */
async function takeOver(sql: SqlExecutor, taken: GivenWork['takenOver']): Promise<void> {
  if (taken.length === 0) return;
  const held = await sql.query(
    `select id from drover.chunk where id = any ($1::int8[]) and state = 'parked' for update`,
    [taken.map((one) => one.chunkId)],
  );
  if (held.length < taken.length) {
    throw new DroverError('RUN_UNFINISHED', {
      message: 'Somebody else has begun to reprocess some of these chunks meanwhile.',
      hint: 'Look at `drover status` and `drover failed list`, then try again.',
    });
  }
  const parts = taken.flatMap(({ chunkId, parked }) =>
    parked.map((part) => ({ ...part, chunkId })),
  );
  await sql.query(
    `insert into drover.chunk (run_id, phase, ordinal, parent_id, origin_id, stream, range, estimated_rows,
       generation, state, attempts, error_code, error_text, changed_at)
     select c.run_id, c.phase, c.ordinal, c.id, c.origin_id, part.stream, part.range, part."estimatedRows",
       c.generation, c.state, c.attempts, c.error_code, c.error_text, c.changed_at
     from json_to_recordset($1::json) as part("chunkId" int8, stream text, range jsonb, "estimatedRows" int8)
     join drover.chunk c on c.id = part."chunkId"`,
    [JSON.stringify(parts)],
  );
  await sql.query(
    `update drover.chunk set state = '${stateAfter('split')}', changed_at = clock_timestamp()
     where id = any ($1::int8[])`,
    [taken.map((one) => one.chunkId)],
  );
}

async function markReplayed(
  sql: SqlExecutor,
  runId: number,
  chunks: readonly GivenChunk[],
): Promise<void> {
  const replayed = chunks.flatMap(({ rejectIds }, ordinal) =>
    rejectIds.map((id) => ({ id, ordinal })),
  );
  if (replayed.length === 0) return;
  await sql.query(
    `update drover.reject set replay_run = $1, replay_ordinal = given.ordinal
     from unnest($2::int8[], $3::int8[]) as given(id, ordinal)
     where reject.id = given.id and reject.closed_at is null`,
    [runId, replayed.map(({ id }) => id), replayed.map(({ ordinal }) => ordinal)],
  );
}

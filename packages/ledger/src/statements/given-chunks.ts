import type { GivenChunk, SqlExecutor } from '@drover/core';

/**
 * Puts the chunks that a run is born with into its phase data, which is complete with them, and remembers
 * which rejects each of them replays. Call in the transaction that creates the run.
 */
export async function storeGivenChunks(
  sql: SqlExecutor,
  runId: number,
  chunks: readonly GivenChunk[],
): Promise<void> {
  await sql.query(
    `update drover.phase set planned = $2, complete = true where run_id = $1 and phase = 'data'`,
    [runId, chunks.length],
  );
  await sql.query(
    `insert into drover.chunk (run_id, phase, ordinal, stream, range, estimated_rows, due_at)
     select $1, 'data', ordinal - 1, stream, range, rows,
       clock_timestamp() + pause * interval '1 millisecond'
     from unnest($2::text[], $3::jsonb[], $4::int8[], $5::float8[]) with ordinality
       as given(stream, range, rows, pause, ordinal)
     order by ordinal`,
    [
      runId,
      chunks.map((chunk) => chunk.stream),
      chunks.map((chunk) => JSON.stringify(chunk.range)),
      chunks.map((chunk) => Math.round(chunk.estimatedRows)),
      chunks.map((chunk) => chunk.pauseMs),
    ],
  );
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

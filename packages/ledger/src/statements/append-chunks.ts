import type { Json, Phase, PlannedChunk, PlanProgress, SqlExecutor } from '@drover/core';
import { bool, json, number, optionalNumber, text } from './rows.ts';

/** Call in a transaction: the phase's row is locked while its chunks are appended. */
export async function appendChunks(
  sql: SqlExecutor,
  append: {
    runId: number;
    phase: Phase;
    expected: number;
    chunks: readonly PlannedChunk[];
    complete: boolean;
  },
): Promise<boolean> {
  const won = await sql.query(
    `update drover.phase set planned = planned + $4, complete = $5
     where run_id = $1 and phase = $2 and planned = $3 and not complete returning run_id`,
    [append.runId, append.phase, append.expected, append.chunks.length, append.complete],
  );
  if (won.length === 0) return false;
  if (append.chunks.length === 0) return true;
  await sql.query(
    `insert into drover.chunk (run_id, phase, ordinal, origin_id, stream, range, estimated_rows)
     select $1, $2, ordinal, nullif(origin, '')::int8, stream, range, rows
     from unnest($3::int8[], $4::text[], $5::text[], $6::jsonb[], $7::int8[])
       as given(ordinal, origin, stream, range, rows)
     order by ordinal`,
    [
      append.runId,
      append.phase,
      append.chunks.map((chunk) => chunk.ordinal),
      append.chunks.map((chunk) => chunk.originId?.toString() ?? ''),
      append.chunks.map((chunk) => chunk.stream),
      append.chunks.map((chunk) => JSON.stringify(chunk.range)),
      append.chunks.map((chunk) => Math.round(chunk.estimatedRows)),
    ],
  );
  return true;
}

export async function readPlanProgress(
  sql: SqlExecutor,
  of: { runId: number; phase: Phase },
): Promise<PlanProgress> {
  const [row] = await sql.query(
    `select p.planned, p.complete, c.ordinal, c.stream, c.range, c.estimated_rows, c.origin_id
     from drover.phase p left join drover.chunk c
       on c.run_id = p.run_id and c.phase = p.phase and c.parent_id is null and c.ordinal = p.planned - 1
     where p.run_id = $1 and p.phase = $2`,
    [of.runId, of.phase],
  );
  if (row === undefined) return { planned: 0, last: null, complete: true };
  return {
    planned: number(row, 'planned'),
    complete: bool(row, 'complete'),
    last:
      row['ordinal'] == null
        ? null
        : {
            ordinal: number(row, 'ordinal'),
            stream: text(row, 'stream'),
            range: json<Json>(row, 'range'),
            estimatedRows: number(row, 'estimated_rows'),
            originId: optionalNumber(row, 'origin_id'),
          },
  };
}

import type { DataChunk, Json, MovedRecord, Receipt, RunKind, SqlExecutor } from '@drover/core';
import { WINNING_ATTEMPTS } from './parts.ts';
import { REJECT_COLUMNS, toReject } from './rejects.ts';
import { bool, json, number, text } from './rows.ts';

/** SQL: a data chunk and, where its next generation was split, its parts. Begins a statement. */
export const WITH_PARTS_OF = (origins: string) => `with recursive family as (
    select id from drover.chunk where id in (${origins})
    union all select part.id from drover.chunk part join family on part.parent_id = family.id)`;

/** What a verify chunk verifies; one without an origin verifies all that was moved of its stream. */
const ORIGIN = WITH_PARTS_OF(
  `select origin_id from drover.chunk where id = $1
   union all
   select c.id from drover.chunk v join drover.run r on r.id = v.run_id join drover.chunk c on c.stream = v.stream
   where v.id = $1 and v.origin_id is null and c.phase = 'data' and c.state = 'done'
     and c.run_id in (select r.id union all
       select verified::int8 from jsonb_array_elements_text(r.options -> 'verifies') verified)`,
);

/**
 * Receipts of the data chunk that a verify chunk verifies, or of its parts, and their rejects that are open;
 * also those that later replays found, as their rows were moved out of the same ranges.
 */
export async function readMoved(sql: SqlExecutor, verifyChunkId: number): Promise<MovedRecord> {
  const receipts = await sql.query(
    `${ORIGIN} select a.receipt from ${WINNING_ATTEMPTS} where c.id in (select id from family) order by c.id`,
    [verifyChunkId],
  );
  const rejects = await sql.query(
    `${ORIGIN} select ${REJECT_COLUMNS} from drover.reject r
     where r.closed_at is null and (r.chunk_id in (select id from family) or r.run_id in (
       select later.id from drover.run later join drover.run mine on mine.migration_id = later.migration_id
       where mine.id = (select min(c.run_id) from drover.chunk c where c.id in (select id from family))
         and later.kind = 'reprocess' and later.id > mine.id))
     order by r.id`,
    [verifyChunkId],
  );
  return {
    receipts: receipts.map((row) => json<Receipt>(row, 'receipt')),
    rejects: rejects.map(toReject),
  };
}

export async function readDataChunks(
  sql: SqlExecutor,
  of: { runId: number; verifiedBy: number; after: number; limit: number },
): Promise<readonly DataChunk[]> {
  const rows = await sql.query(
    `select c.id, c.run_id, r.kind, c.stream, c.range, c.estimated_rows, exists (
         select 1 from drover.chunk v where v.origin_id = c.id and v.run_id = $4 and v.phase = 'verify')
       -- The verification of a chunk is that of its parts, too.
       or c.parent_id is not null and exists (
         with recursive line as (
           select c.parent_id as id
           union all select p.parent_id from drover.chunk p join line on p.id = line.id where p.parent_id is not null)
         select 1 from drover.chunk v join line on v.origin_id = line.id
         where v.run_id = $4 and v.phase = 'verify') as planned
     from drover.chunk c join drover.run r on r.id = c.run_id
     where c.run_id = $1 and c.phase = 'data' and c.state = 'done' and c.id > $2 order by c.id limit $3`,
    [of.runId, of.after, of.limit, of.verifiedBy],
  );
  return rows.map((row) => ({
    id: number(row, 'id'),
    runId: number(row, 'run_id'),
    runKind: text(row, 'kind') as RunKind,
    verifyPlanned: bool(row, 'planned'),
    phase: 'data',
    stream: text(row, 'stream'),
    range: json<Json>(row, 'range'),
    estimatedRows: number(row, 'estimated_rows'),
  }));
}

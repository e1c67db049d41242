import type { DataChunk, Json, MovedRecord, Receipt, SqlExecutor } from '@drover/core';
import { WINNING_ATTEMPTS } from './parts.ts';
import { REJECT_COLUMNS, toReject } from './rejects.ts';
import { json, number, text } from './rows.ts';

/** SQL: a data chunk and, where its next generation was split, its parts. Begins a statement. */
export const WITH_PARTS_OF = (origins: string) => `with recursive family as (
    select id from drover.chunk where id in (${origins})
    union all select part.id from drover.chunk part join family on part.parent_id = family.id)`;

const ORIGIN = WITH_PARTS_OF('select origin_id from drover.chunk where id = $1');

/** Receipts and rejects of the data chunk that a verify chunk verifies, or of its parts. */
export async function readMoved(sql: SqlExecutor, verifyChunkId: number): Promise<MovedRecord> {
  const receipts = await sql.query(
    `${ORIGIN} select a.receipt from ${WINNING_ATTEMPTS} where c.id in (select id from family) order by c.id`,
    [verifyChunkId],
  );
  const rejects = await sql.query(
    `${ORIGIN} select ${REJECT_COLUMNS} from drover.reject r
     where r.chunk_id in (select id from family) order by r.id`,
    [verifyChunkId],
  );
  return {
    receipts: receipts.map((row) => json<Receipt>(row, 'receipt')),
    rejects: rejects.map(toReject),
  };
}

export async function readDataChunks(
  sql: SqlExecutor,
  of: { runId: number; after: number; limit: number },
): Promise<readonly DataChunk[]> {
  const rows = await sql.query(
    `select id, run_id, stream, range, estimated_rows from drover.chunk
     where run_id = $1 and phase = 'data' and state = 'done' and id > $2 order by id limit $3`,
    [of.runId, of.after, of.limit],
  );
  return rows.map((row) => ({
    id: number(row, 'id'),
    runId: number(row, 'run_id'),
    phase: 'data',
    stream: text(row, 'stream'),
    range: json<Json>(row, 'range'),
    estimatedRows: number(row, 'estimated_rows'),
  }));
}

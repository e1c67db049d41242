import type { DataChunk, Json, MovedRecord, Receipt, SqlExecutor } from '@drover/core';
import { WINNING_ATTEMPTS } from './parts.ts';
import { REJECT_COLUMNS, toReject } from './rejects.ts';
import { json, number, text } from './rows.ts';

/** Receipt and rejects of the data chunk that a verify chunk verifies. */
export async function readMoved(sql: SqlExecutor, verifyChunkId: number): Promise<MovedRecord> {
  const receipts = await sql.query(
    `select a.receipt from ${WINNING_ATTEMPTS}
     where c.id = (select origin_id from drover.chunk where id = $1)`,
    [verifyChunkId],
  );
  const rejects = await sql.query(
    `select ${REJECT_COLUMNS} from drover.reject r
     where r.chunk_id = (select origin_id from drover.chunk where id = $1) order by r.id`,
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

import type { PartTally, SqlExecutor } from '@drover/core';
import { number, text } from './rows.ts';

/** SQL: attempts whose receipt or verdict is the one that counts for their chunk. */
export const WINNING_ATTEMPTS = `drover.attempt a join drover.chunk c
  on c.id = a.chunk_id and c.state = 'done' and c.generation = a.generation and a.outcome = 'done'`;

/** Tallies of the data phase by part, summed over the leaves. */
export async function readParts(sql: SqlExecutor, runId: number): Promise<readonly PartTally[]> {
  const rows = await sql.query(
    `select p.part, sum(p.read) as read, sum(p.loaded) as loaded, sum(p.rejected) as rejected,
       sum(p.skipped) as skipped, sum(p.nulled) as nulled, sum(p.written) as written
     from ${WINNING_ATTEMPTS}, jsonb_to_recordset(a.receipt->'parts')
       as p(part text, read int8, loaded int8, rejected int8, skipped int8, nulled int8, written int8)
     where c.run_id = $1 and c.phase = 'data' group by p.part order by p.part`,
    [runId],
  );
  return rows.map((row) => ({
    part: text(row, 'part'),
    read: number(row, 'read'),
    loaded: number(row, 'loaded'),
    rejected: number(row, 'rejected'),
    skipped: number(row, 'skipped'),
    nulled: number(row, 'nulled'),
    written: number(row, 'written'),
  }));
}

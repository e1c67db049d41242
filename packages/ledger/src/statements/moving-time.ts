import type { SqlExecutor } from '@drover/core';

/** How long moving alone took; see the port. */
export async function readMovingTime(sql: SqlExecutor, runId: number): Promise<number | null> {
  const [row] = await sql.query(
    `select extract(epoch from max(coalesce(a.ended_at, clock_timestamp())) - min(a.started_at)) * 1000 as ms
     from drover.attempt a join drover.chunk c on c.id = a.chunk_id
     where c.run_id = $1 and c.phase = 'data'`,
    [runId],
  );
  const ms = row?.['ms'] ?? null;
  return ms === null ? null : Number(ms);
}

import type { SqlExecutor } from '@drover/core';
import { text } from './rows.ts';

export async function readWatermarks(
  sql: SqlExecutor,
  migrationId: string,
): Promise<ReadonlyMap<string, string>> {
  const rows = await sql.query(
    'select stream, watermark from drover.watermark where migration_id = $1 order by stream',
    [migrationId],
  );
  return new Map(rows.map((row) => [text(row, 'stream'), text(row, 'watermark')]));
}

/** Says how far the stream of the chunk has been followed. Call in the transaction that settles it. */
export async function storeWatermark(
  sql: SqlExecutor,
  { chunkId, watermark }: { chunkId: number; watermark: string },
): Promise<void> {
  await sql.query(
    `insert into drover.watermark (migration_id, stream, watermark, run_id)
     select r.migration_id, c.stream, $2, r.id
     from drover.chunk c join drover.run r on r.id = c.run_id where c.id = $1
     on conflict (migration_id, stream) do update
       set watermark = excluded.watermark, run_id = excluded.run_id, set_at = now()`,
    [chunkId, watermark],
  );
}

import { startRedis } from '@drover/servers';
import { bytes, count, table } from '@drover/telemetry';
import { atMost, type Result } from './measure.ts';
import type { WarehouseGround } from './warehouse-ground.ts';
import { runTable } from './warehouse-run.ts';
import { TABLES } from './warehouse-tables.ts';

const MEGABYTE = 1_000_000;

const TABLES_BY_LENGTH = ['narrow_100k', 'narrow_1m', 'narrow', 'documents'] as const;

/** A worker process and a chunk that is a whole table. */
export async function benchWarehouseMemory(ground: WarehouseGround): Promise<Result[]> {
  const redis = await startRedis();
  if ('unavailable' in redis) throw new Error(redis.unavailable);
  await using _ = redis;
  const chunk = { rows: 1_000_000_000, bytes: '1TB' };
  const lines: string[][] = [];
  let most = 0;
  for (const name of TABLES_BY_LENGTH) {
    const run = await runTable(ground, redis, {
      table: name,
      name: `bench-memory-${name.replaceAll('_', '-')}`,
      chunk,
    });
    if (run.ranges.length !== 1 || run.rows !== TABLES[name].rows) {
      throw new Error(`${name}: ${run.ranges.length} chunks of ${run.rows} rows in place of one`);
    }
    most = Math.max(most, run.workerBytes);
    lines.push([name, count(run.rows), (run.ms / 1000).toFixed(2), bytes(run.workerBytes)]);
  }
  process.stdout.write(
    `\nMemory: a worker process that moves one chunk in a run\n\n` +
      `${table(['chunk', 'rows', 'seconds', 'worker, most resident'], lines)}\n`,
  );
  return [atMost('worker of a warehouse, peak resident memory', most / MEGABYTE, 120, 'MB')];
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Json } from '@drover/core';
import { startRun } from '@drover/engine';
import type { RedisServer } from '@drover/servers';
import { silentLog } from '@drover/testkit';
import { openDrover } from '@drover/worker';
import { stringify } from 'yaml';
import { memoryBytes } from './process-memory.ts';
import type { WarehouseGround } from './warehouse-ground.ts';
import { warehouseFile } from './warehouse-moves.ts';
import type { TableName } from './warehouse-tables.ts';

/** The worker is a program, not a library: it is started as a person would start it. */
const WORKER = fileURLToPath(new URL('../../apps/worker/dist/main.js', import.meta.url));

const SAMPLE_MS = 20;

interface WarehouseRun {
  /** From the first claim of a chunk of rows to the last end. */
  readonly ms: number;
  readonly rows: number;
  /** Of the chunks of rows, in their order. */
  readonly ranges: readonly Json[];
  /** Most bytes that were ever resident in the worker's process. */
  readonly workerBytes: number;
}

/**
 * A table by a run with its ledger and its queue, and one worker process. The run ends when the rows are moved:
 * there is nothing in the sink to compare them with.
 */
export async function runTable(
  ground: WarehouseGround,
  redis: RedisServer,
  of: { readonly table: TableName; readonly name: string; readonly chunk?: object },
): Promise<WarehouseRun> {
  const { table, ...rest } = of;
  await ground.fill(table);
  const folder = mkdtempSync(join(tmpdir(), 'drover-bench-'));
  try {
    const file = join(folder, 'migration.yaml');
    const content = warehouseFile(ground, { tables: [table], queue: redis.url, ...rest });
    writeFileSync(file, stringify(content));
    await using drover = await openDrover({ file, log: silentLog });
    const run = await startRun(
      { ...drover, log: silentLog },
      { kind: 'full', phases: ['prepare', 'data'], options: {} },
    );
    const workerBytes = await work(file, run.id);
    return { workerBytes, ...(await movedBy(ground, run.id)) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns its most resident bytes. */
async function work(file: string, runId: number): Promise<number> {
  const child = spawn(
    process.execPath,
    [WORKER, '--file', file, '--until-run', String(runId), '--logs', 'none'],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const exit = once(child, 'exit');
  let most = 0;
  while (child.exitCode === null && child.signalCode === null) {
    most = Math.max(most, memoryBytes(child.pid ?? 0, 'VmHWM'));
    await pause(SAMPLE_MS);
  }
  const [code] = (await exit) as [number | null];
  if (code !== 0) throw new Error(`the worker ended with ${code}`);
  return most;
}

async function movedBy(
  { sql }: WarehouseGround,
  runId: number,
): Promise<Omit<WarehouseRun, 'workerBytes'>> {
  const chunks = await sql.query(
    `select range, state, read from drover.chunk where run_id = $1 and phase = 'data' order by ordinal`,
    [runId],
  );
  const [times] = await sql.query(
    `select extract(epoch from max(a.ended_at) - min(a.started_at)) * 1000 as ms, count(*) as attempts
     from drover.attempt a join drover.chunk c on c.id = a.chunk_id
     where c.run_id = $1 and c.phase = 'data'`,
    [runId],
  );
  const isDone = chunks.every(({ state }) => state === 'done');
  if (!isDone || times?.['attempts'] !== String(chunks.length)) {
    throw new Error(`not every chunk was moved by its first attempt: run ${runId}`);
  }
  return {
    ms: Number(times['ms']),
    rows: chunks.reduce((sum, { read }) => sum + Number(read), 0),
    ranges: chunks.map(({ range }) => JSON.parse(range ?? '') as Json),
  };
}

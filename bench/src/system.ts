import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Json } from '@drover/core';
import { type RedisServer, startRedis } from '@drover/servers';
import { count, table } from '@drover/telemetry';
import { type Ground, openGround, openPivot, pivotFile } from './ground.ts';
import { atLeast, type Result, rate } from './measure.ts';
import { openMigration } from './migration.ts';
import { emptyTables, prepare } from './moves.ts';

const ROUNDS = 3;
const PROCESSES = 2;
const MINUTES = 8 * 60;
const CHUNK = '30m';

/** Ledger, queue, planner and two worker processes, against two processes that only move. Same chunks. */
export async function benchSystem(): Promise<Result[]> {
  const redis = await startRedis();
  if ('unavailable' in redis) throw new Error(redis.unavailable);
  await using _ = redis;
  await using ground = await openGround({ ships: 4, minutes: MINUTES });
  const system: DataPhase[] = [];
  const alone: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const phase = await moveThroughSystem(ground, redis, `system_${round}`);
    system.push(phase);
    alone.push(await moveAlone(ground, phase.ranges, `alone_${round}`));
    for (const schema of [`system_${round}`, `alone_${round}`]) {
      await ground.sql.query(`drop schema ${schema} cascade`);
    }
  }
  system.sort((a, b) => a.ms - b.ms);
  const [best] = system;
  if (best === undefined) throw new Error('nothing was measured');
  const aloneMs = Math.min(...alone);
  process.stdout.write(
    `\nThe whole system: ${count(ground.rows)} narrow rows, ${best.ranges.length} chunks, ${PROCESSES} processes, ${redis.origin}\n\n` +
      `${table(
        ['way', 'seconds', 'narrow rows/s', 'all rounds, s'],
        [
          ['ledger, queue, workers', best.ms, system.map(({ ms }) => ms)] as const,
          ['move() in a loop', aloneMs, alone] as const,
        ].map(([name, ms, all]) => [
          name,
          (ms / 1000).toFixed(2),
          rate(ground.rows, ms),
          all.map((one) => (one / 1000).toFixed(2)).join('  '),
        ]),
      )}\n\nFrom the end of an attempt to the next claim of its worker: ${best.gapMs.toFixed(1)} ms on average.\n`,
  );
  return [atLeast('two workers against two that only move', aloneMs / best.ms, 0.85)];
}

interface DataPhase {
  /** From the first claim to the last end. */
  readonly ms: number;
  readonly gapMs: number;
  readonly ranges: readonly Json[];
}

async function moveThroughSystem(
  ground: Ground,
  redis: RedisServer,
  schema: string,
): Promise<DataPhase> {
  await using migration = openMigration(
    pivotFile({ source: ground.url, target: ground.url, schema, queue: redis.url, chunk: CHUNK }),
  );
  await ground.sql.query('checkpoint');
  await migration.start('run', '--workers', String(PROCESSES), '--logs', 'none').ended();
  const attempts = `drover.attempt a join drover.chunk c on c.id = a.chunk_id
    where c.phase = 'data' and a.run_id = (select max(id) from drover.run)`;
  const [times] = await ground.sql.query(
    `select extract(epoch from max(ended_at) - min(started_at)) * 1000 as ms, count(distinct worker_id) as workers,
       avg(gap) * 1000 as gap_ms, count(*) filter (where outcome <> 'done') as failed
     from (select a.*, extract(epoch from started_at - lag(ended_at) over (partition by worker_id order by started_at)) as gap
           from ${attempts}) attempts`,
  );
  const chunks = await ground.sql.query(
    `select distinct c.ordinal, c.range from ${attempts} order by 1`,
  );
  if (times?.['workers'] !== String(PROCESSES) || times['failed'] !== '0') {
    throw new Error(`not every worker worked, or attempts failed: ${JSON.stringify(times)}`);
  }
  return {
    ms: Number(times['ms']),
    gapMs: Number(times['gap_ms']),
    ranges: chunks.map((chunk) => JSON.parse(chunk['range'] ?? '') as Json),
  };
}

/** The same chunks, taken from one list by processes that know neither queue nor ledger. */
async function moveAlone(ground: Ground, ranges: readonly Json[], schema: string): Promise<number> {
  const file = pivotFile({ source: ground.url, target: ground.url, schema, chunk: CHUNK });
  const pivot = await openPivot(file);
  await prepare(pivot, ground.ships);
  await pivot.close();
  await emptyTables(ground.sql, schema);
  const movers = await Promise.all(Array.from({ length: PROCESSES }, () => startMover(file)));
  const left = [...ranges];
  const start = performance.now();
  await Promise.all(
    movers.map(async (mover) => {
      for (let range = left.shift(); range !== undefined; range = left.shift()) {
        await mover.move(range);
      }
    }),
  );
  const ms = performance.now() - start;
  for (const mover of movers) mover.dismiss();
  return ms;
}

interface Mover {
  move(range: Json): Promise<void>;
  dismiss(): void;
}

async function startMover(file: object): Promise<Mover> {
  const child = fork(fileURLToPath(new URL('./move-loop.js', import.meta.url)));
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`a mover ended with ${String(code)}`);
  });
  died.catch(() => {});
  const ask = async (order: object) => {
    child.send(order);
    await Promise.race([once(child, 'message'), died]);
  };
  await ask({ file });
  return { move: (range) => ask({ range }), dismiss: () => child.disconnect() };
}

import { setTimeout as pause } from 'node:timers/promises';
import { type RedisServer, startRedis } from '@drover/servers';
import { bytes, count, table } from '@drover/telemetry';
import { type Ground, moment, openGround, pivotFile } from './ground.ts';
import { atMost, type Result } from './measure.ts';
import { openMigration } from './migration.ts';
import { memoryBytes } from './process-memory.ts';

const SAMPLE_MS = 15;
const SMALL_MINUTES = 60;
const LARGE_MINUTES = 10 * SMALL_MINUTES;
const ROUNDS = 2;
const MEGABYTE = 1_000_000;

/** A worker process and the source's backend, moving and verifying one chunk, and one ten times larger. */
export async function benchMemory(): Promise<Result[]> {
  const redis = await startRedis();
  if ('unavailable' in redis) throw new Error(redis.unavailable);
  await using _ = redis;
  await using ground = await openGround({ ships: 2, minutes: LARGE_MINUTES });
  const peaks: Peaks[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const minutes of [SMALL_MINUTES, LARGE_MINUTES]) {
      peaks.push(
        await runOneChunk(ground, redis, { minutes, schema: `memory_${round}_${minutes}` }),
      );
    }
  }
  process.stdout.write(
    `\nMemory: one chunk of 2 ships in a run of one worker, sampled every ${SAMPLE_MS} ms\n\n` +
      `${table(
        [
          'chunk',
          'narrow rows',
          'worker, data moved',
          'worker, whole run',
          'backend of the COPY',
          'samples',
        ],
        peaks.map((one) => [
          `${one.minutes / 60} h`,
          count(one.rows),
          bytes(one.workerMoving),
          bytes(one.worker),
          bytes(one.backend),
          count(one.backendSamples),
        ]),
      )}\n`,
  );
  const most = (minutes: number | null, of: (one: Peaks) => number) =>
    Math.max(...peaks.filter((one) => minutes === null || one.minutes === minutes).map(of));
  const small = most(SMALL_MINUTES, (one) => one.worker);
  const large = most(LARGE_MINUTES, (one) => one.worker);
  return [
    atMost('worker, peak resident memory', most(null, (one) => one.worker) / MEGABYTE, 180, 'MB'),
    atMost('worker, chunk ten times larger', large / small, 1.15, 'x'),
    atMost(
      'source backend, peak private memory',
      most(null, (one) => one.backend) / MEGABYTE,
      20,
      'MB',
    ),
  ];
}

interface Peaks {
  readonly minutes: number;
  readonly rows: number;
  /** Up to the last sample of the data phase. */
  readonly workerMoving: number;
  readonly worker: number;
  readonly backend: number;
  readonly backendSamples: number;
}

async function runOneChunk(
  ground: Ground,
  redis: RedisServer,
  of: { minutes: number; schema: string },
): Promise<Peaks> {
  await using migration = openMigration(
    pivotFile({
      source: ground.url,
      target: ground.url,
      schema: of.schema,
      queue: redis.url,
      chunk: '24h',
      from: moment(0),
      to: moment(of.minutes),
    }),
  );
  const peaks = { workerMoving: 0, worker: 0, backend: 0, backendSamples: 0 };
  const run = migration.start('run', '--workers', '1', '--logs', 'none');
  const over = new AbortController();
  const ended = run.ended().finally(() => over.abort());
  while (!over.signal.aborted) {
    await sample(ground, of.schema, peaks);
    await pause(SAMPLE_MS);
  }
  await ended;
  const [chunk] = await ground.sql.query(
    `select count(*) as chunks, sum(read) as rows from drover.chunk
     where phase = 'data' and run_id = (select max(id) from drover.run)`,
  );
  if (chunk?.['chunks'] !== '1') throw new Error(`${chunk?.['chunks']} chunks in place of one`);
  if (peaks.backendSamples < 5) throw new Error('the COPY was hardly ever seen');
  return { ...peaks, minutes: of.minutes, rows: Number(chunk['rows']) };
}

async function sample(
  ground: Ground,
  schema: string,
  peaks: { workerMoving: number; worker: number; backend: number; backendSamples: number },
): Promise<void> {
  const copies = await ground.sql.query(
    `select pid from pg_stat_activity where application_name like 'drover r%' and state = 'active' and query like 'copy (select%'`,
  );
  for (const { pid } of copies) {
    peaks.backend = Math.max(peaks.backend, memoryBytes(Number(pid), 'RssAnon'));
    peaks.backendSamples += 1;
  }
  const [ledger] = await ground.sql.query(`select to_regclass('drover.worker') as worker`);
  if (ledger?.['worker'] == null) return;
  const workers = await ground.sql.query(
    `select w.pid, r.phase from drover.migration m join drover.worker w on w.migration_id = m.id
     join drover.run r on r.migration_id = m.id where m.name = $1`,
    [`bench-${schema.replaceAll('_', '-')}`],
  );
  for (const { pid, phase } of workers) {
    peaks.worker = Math.max(peaks.worker, memoryBytes(Number(pid), 'VmHWM'));
    if (phase === 'prepare' || phase === 'data') {
      peaks.workerMoving = Math.max(peaks.workerMoving, peaks.worker);
    }
  }
}

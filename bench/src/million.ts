import { setTimeout as pause } from 'node:timers/promises';
import { type Database, openDatabase } from '@drover/postgres';
import { createSeriesTable, SAMPLE_GROUPS } from '@drover/sample-data';
import { startPostgres, startRedis } from '@drover/servers';
import { bytes, count, duration, table } from '@drover/telemetry';
import { until } from '@drover/testkit';
import { Redis } from 'ioredis';
import { pivotFile, START } from './ground.ts';
import { atMost, type Result } from './measure.ts';
import { type Migration, openMigration } from './migration.ts';

const CHUNKS = 1_000_000;
const WORKERS = 1;
const SAMPLE_MS = 100;
const STATUS_EVERY_MS = 5_000;

/** Planning is given this long; what is planned by then is reported, and the rest is measured all the same. */
const PLANNING_LIMIT_MS = 150_000;
const MEGABYTE = 1_000_000;

/** A run of a million chunks: its start, what it costs the queue, how it answers, how it recovers. */
export async function benchMillion(): Promise<Result[]> {
  const redis = await startRedis();
  if ('unavailable' in redis) throw new Error(redis.unavailable);
  await using _ = redis;
  // All keys will be removed from it: a server of somebody else's is not for that.
  await redis.restart();
  await using server = await startPostgres();
  await using sql = openDatabase(server.url, {
    side: 'bench',
    applicationName: 'bench',
    max: 4,
    answerTimeoutMs: 3600_000,
  });
  await makeSource(sql);
  const client = new Redis(redis.url);
  try {
    const file = pivotFile({
      source: server.url,
      target: server.url,
      schema: 'wide',
      queue: redis.url,
      chunk: '1m',
    });
    await using migration = openMigration(file);
    const figures = await measure(sql, client, migration);
    process.stdout.write(
      `\nA million chunks: ${server.origin}, ${redis.origin}, ${WORKERS} worker\n\n` +
        `${table(['what', 'measured'], describe(figures))}\n`,
    );
    return [
      {
        what: 'a million chunks: planned',
        figure: `${count(figures.planned)} in ${duration(figures.plannedMs)}`,
        wanted: `${count(CHUNKS)} within ${duration(PLANNING_LIMIT_MS)}`,
        met: figures.planned >= CHUNKS,
      },
      atMost('a million chunks: start to first chunk', figures.firstChunkMs / 1000, 5, 's'),
      atMost('a million chunks: Redis memory', figures.redisBytes / MEGABYTE, 50, 'MB'),
      atMost('a million chunks: slowest status', figures.statusMs.max / 1000, 1, 's'),
      atMost('a million chunks: FLUSHALL to next chunk', figures.redeliveredMs / 1000, 10, 's'),
    ];
  } finally {
    client.disconnect();
  }
}

interface Figures {
  readonly firstChunkMs: number;
  readonly planned: number;
  readonly plannedMs: number;
  readonly movedWhilePlanning: number;
  /** Most that was used beyond the empty server. */
  readonly redisBytes: number;
  readonly statusMs: { readonly max: number; readonly all: readonly number[] };
  readonly claimedMs: number;
  readonly redeliveredMs: number;
  readonly cancelMs: number;
  readonly ledgerBytes: number;
}

async function measure(sql: Database, client: Redis, migration: Migration): Promise<Figures> {
  const emptyBytes = await usedMemory(client);
  const watching = new AbortController();
  const memory = peakOf(() => usedMemory(client), watching.signal);
  const run = migration.start('run', '--workers', String(WORKERS), '--logs', 'none');
  try {
    const firstChunkAtMs = await firstAttempt(sql, { afterId: 0, redelivered: false });
    const answers = statusTimes(migration, watching.signal);
    const planned = await plannedChunks(sql, run.startedAtMs + PLANNING_LIMIT_MS);
    const plannedMs = Date.now() - run.startedAtMs;
    const movedWhilePlanning = await movedChunks(sql);
    // The last answer is one about a million chunks.
    await pause(STATUS_EVERY_MS + 1_000);
    const flushedAtMs = Date.now();
    await client.flushall();
    const afterId = await newestAttempt(sql);
    const claimedAtMs = await firstAttempt(sql, { afterId, redelivered: false });
    const redeliveredAtMs = await firstAttempt(sql, { afterId, redelivered: true });
    watching.abort();
    const statusMs = await answers;
    const [size] = await sql.query(`select pg_total_relation_size('drover.chunk') as bytes`);
    const cancel = migration.start('cancel', '--yes');
    await cancel.ended();
    const cancelMs = Date.now() - cancel.startedAtMs;
    // Cancelled is an end of its own, whatever its exit code.
    await run.ended([0, 1, 3, 4]);
    return {
      firstChunkMs: firstChunkAtMs - run.startedAtMs,
      planned,
      plannedMs,
      movedWhilePlanning,
      redisBytes: (await memory) - emptyBytes,
      statusMs: { max: Math.max(...statusMs), all: statusMs },
      claimedMs: claimedAtMs - flushedAtMs,
      redeliveredMs: redeliveredAtMs - flushedAtMs,
      cancelMs,
      ledgerBytes: Number(size?.['bytes']),
    };
  } finally {
    watching.abort();
  }
}

function describe(figures: Figures): [string, string][] {
  const { planned, plannedMs } = figures;
  return [
    ['drover run to the first data chunk claimed', duration(figures.firstChunkMs)],
    [`drover run to ${count(planned)} chunks in the ledger`, duration(plannedMs)],
    ['chunks planned a second', count(Math.round((planned * 1000) / plannedMs))],
    ['chunks moved meanwhile', count(figures.movedWhilePlanning)],
    ['Redis, most beyond the empty server', bytes(figures.redisBytes)],
    ['drover status, each', `${figures.statusMs.all.map((ms) => Math.round(ms)).join(' ')} ms`],
    ['FLUSHALL to the next claim', duration(figures.claimedMs)],
    ['FLUSHALL to the first chunk offered again', duration(figures.redeliveredMs)],
    ['drover cancel', duration(figures.cancelMs)],
    ['the ledger’s chunks and their indexes', bytes(figures.ledgerBytes)],
  ];
}

/** One narrow row a minute, so that every chunk has its row: the planner leaves empty ones out. */
async function makeSource(sql: Database): Promise<void> {
  await createSeriesTable(sql);
  const channel = SAMPLE_GROUPS[0]?.channels.find((one) => one.format === 'Decimal')?.name ?? '';
  await sql.query(
    `insert into tenant.tbl_data_timeseries
       (ship_id, data_channel_id, created_time, server_created_time, double_v, value_format)
     select 'SHIP0001', $1, moment, moment + interval '3 seconds', random() * 1000, 'Decimal'
     from generate_series($2::timestamp, $2::timestamp + ($3 - 1) * interval '1 minute', interval '1 minute') moment`,
    [channel, START, CHUNKS],
  );
  for (const statement of [
    'alter table tenant.tbl_data_timeseries add primary key (ship_id, data_channel_id, created_time)',
    'create index on tenant.tbl_data_timeseries (created_time desc)',
    'vacuum analyze tenant.tbl_data_timeseries',
  ]) {
    await sql.query(statement);
  }
}

async function usedMemory(client: Redis): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(await client.info('memory'))?.[1]);
}

async function peakOf(look: () => Promise<number>, signal: AbortSignal): Promise<number> {
  let peak = 0;
  while (!signal.aborted) {
    peak = Math.max(peak, await look());
    await pause(SAMPLE_MS, undefined, { signal }).catch(() => {});
  }
  return peak;
}

/** How long `drover status` takes, as a person waits for it, again and again. */
async function statusTimes(migration: Migration, signal: AbortSignal): Promise<number[]> {
  const times: number[] = [];
  while (!signal.aborted) {
    const start = performance.now();
    await migration.start('status').ended();
    times.push(performance.now() - start);
    await pause(STATUS_EVERY_MS, undefined, { signal }).catch(() => {});
  }
  return times;
}

/** When the first attempt at a data chunk began, by the ledger, which has this machine's clock. */
async function firstAttempt(
  sql: Database,
  of: { afterId: number; redelivered: boolean },
): Promise<number> {
  let atMs = 0;
  await until('a data chunk is claimed', async () => {
    const [ledger] = await sql.query(`select to_regclass('drover.attempt') as attempt`);
    if (ledger?.['attempt'] == null) return false;
    const [attempt] = await sql.query(
      `select extract(epoch from a.started_at) * 1000 as at from drover.attempt a
       join drover.chunk c on c.id = a.chunk_id
       where c.phase = 'data' and a.id > $1 and (a.delivery > 1 or not $2) order by a.id limit 1`,
      [of.afterId, of.redelivered],
    );
    atMs = Number(attempt?.['at'] ?? 0);
    return atMs > 0;
  });
  return atMs;
}

async function newestAttempt(sql: Database): Promise<number> {
  const [row] = await sql.query('select max(id) as id from drover.attempt');
  return Number(row?.['id']);
}

/** Waits for the plan to be complete, or for the deadline. */
async function plannedChunks(sql: Database, deadlineMs: number): Promise<number> {
  for (;;) {
    const [phase] = await sql.query(
      `select planned, complete from drover.phase where phase = 'data'`,
    );
    const planned = Number(phase?.['planned'] ?? 0);
    if (phase?.['complete'] === 't' || Date.now() > deadlineMs) return planned;
    await pause(SAMPLE_MS);
  }
}

async function movedChunks(sql: Database): Promise<number> {
  const [row] = await sql.query(
    `select count(*) as chunks from drover.attempt a join drover.chunk c on c.id = a.chunk_id
     where c.phase = 'data' and a.outcome = 'done'`,
  );
  return Number(row?.['chunks']);
}

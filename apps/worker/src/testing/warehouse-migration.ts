import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDoris } from '@drover/servers';
import type { DorisStandIn } from '@drover/stand-ins';
import { scratchDatabase, silentLog, startTcpProxy, type TcpProxy, until } from '@drover/testkit';
import { stringify } from 'yaml';
import { openDrover } from '../open-drover.ts';
import { startedRun } from './migration-fixture.ts';
import { startWorkerProcess, type WorkerProcess } from './worker-process.ts';

/** Part of no other word that is logged. */
const PASSWORD = 'pa:ss-w@rd"of,doris';

/** How a migration file names a variable of the environment. */
const reference = (name: string): string => `\${${name}}`;

const SETUP = [
  'create schema shop',
  'create table shop.orders (id bigint primary key, note text)',
  `insert into shop.orders select i, 'note ' || i || repeat(' "\\,', 20) from generate_series(1, 3000) i`,
  'create table shop.visits (what text, n int)',
  `insert into shop.visits select 'visit ' || i % 10, i from generate_series(1, 500) i`,
];

/** A run of a warehouse that has begun: two tables, of which one has a key, into a stand-in for Doris. */
export interface WarehouseMigration extends AsyncDisposable {
  readonly doris: DorisStandIn;
  /** The way to the only backend. */
  readonly line: TcpProxy;
  /** Starts a worker process; its log files are kept. */
  worker(): WorkerProcess;
  finished(): Promise<void>;
  /** Rows of both tables as texts, each side sorted. */
  bothSides(): Promise<{ source: readonly string[]; target: readonly string[] }>;
  /** Attempts at data chunks that did not settle, as table and outcome, and how many were burnt. */
  failed(): Promise<{ attempts: readonly string[]; burnt: number }>;
  /** What all workers have logged and said. */
  logged(): string;
  readonly password: string;
}

export async function warehouseMigration(servers: {
  readonly postgresUrl: string;
  readonly queueUrl: string;
}): Promise<WarehouseMigration> {
  const source = await scratchDatabase(servers.postgresUrl);
  for (const statement of SETUP) await source.sql.query(statement);
  const { standIn: doris } = await startDoris({ password: PASSWORD });
  if (doris === null) throw new Error('this needs a stand-in, and DROVER_TEST_DORIS_URL is set');
  const line = await startTcpProxy(doris.beUrls[0] ?? '');
  const folder = mkdtempSync(join(tmpdir(), 'drover-fixture-'));
  const file = join(folder, 'migration.yaml');
  const logs = join(folder, 'logs');
  writeFileSync(join(folder, '.env'), `DORIS_PASSWORD='${PASSWORD}'\n`);
  const spec = {
    name: `test-${randomUUID().slice(0, 8)}`,
    pipeline: 'warehouse',
    ledger: { connection: source.url },
    source: { connection: source.url, schemas: ['shop'] },
    target: {
      fe: doris.feUrl,
      be: [line.url.replace(/\/$/, '')],
      via: 'be',
      queryPort: doris.mysqlPort,
      user: doris.user,
      password: reference('DORIS_PASSWORD'),
    },
    queue: { url: servers.queueUrl },
    attempts: { firstPause: '10ms' },
    load: { visible: '30s' },
  };
  writeFileSync(file, stringify(spec));
  const drover = await openDrover({ file, log: silentLog });
  const run = await startedRun(drover);
  const workers: WorkerProcess[] = [];
  return {
    doris,
    line,
    password: PASSWORD,
    worker() {
      const worker = startWorkerProcess(file, ['--logs', logs]);
      workers.push(worker);
      return worker;
    },
    finished: () =>
      until('the run is done', async () => (await drover.ledger.findRun(run.id))?.state === 'done'),
    async bothSides() {
      const rows = await source.sql.query(
        `select id || ' ' || note as line from shop.orders union all select n || ' ' || what from shop.visits`,
      );
      const rowsOf = (name: string) => [...(doris.catalogue.table('shop', name)?.rows() ?? [])];
      const lines = [
        ...rowsOf('orders').map(([id, note]) => `${id} ${note}`),
        ...rowsOf('visits').map(([what, n]) => `${n} ${what}`),
      ];
      return { source: rows.map(({ line: text }) => text ?? '').sort(), target: lines.sort() };
    },
    async failed() {
      const attempts = await source.sql.query(
        `select c.stream || ' ' || a.outcome as attempt from drover.attempt a join drover.chunk c on c.id = a.chunk_id
         where c.phase = 'data' and a.outcome <> 'done' order by a.id`,
      );
      const [row] = await source.sql.query('select sum(attempts) as burnt from drover.chunk');
      return {
        attempts: attempts.map(({ attempt }) => attempt ?? ''),
        burnt: Number(row?.['burnt']),
      };
    },
    logged() {
      const files = readdirSync(logs).map((name) => readFileSync(join(logs, name), 'utf8'));
      return [...files, ...workers.map((worker) => worker.said())].join('\n');
    },
    async [Symbol.asyncDispose]() {
      for (const worker of workers) await worker[Symbol.asyncDispose]();
      await drover[Symbol.asyncDispose]();
      await line[Symbol.asyncDispose]();
      await doris[Symbol.asyncDispose]();
      await source[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

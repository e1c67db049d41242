import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createNarrowTable,
  insertNarrowRows,
  type NarrowRow,
  readWideTables,
  type ScratchDatabase,
  scratchDatabase,
  startTcpProxy,
  type TcpProxy,
  type WideTables,
} from '@drover/testkit';
import { stringify } from 'yaml';
import { type CliProcess, type CliResult, runCli, startCli } from './cli-process.ts';

export interface CliFixtureOptions {
  readonly postgresUrl: string;
  readonly queueUrl: string;
  readonly rows: readonly NarrowRow[];
  readonly spec?: Readonly<Record<string, unknown>>;
  /** In place of the database's own address, for instance with a password in it. */
  readonly connect?: (url: string) => string;
}

/** A folder with a migration file and its `.env`, and a database with a narrow table. */
export interface CliFixture extends AsyncDisposable {
  readonly name: string;
  readonly folder: string;
  readonly file: string;
  readonly database: ScratchDatabase;
  drover(
    args: readonly string[],
    environment?: Readonly<Record<string, string>>,
  ): Promise<CliResult>;
  start(args: readonly string[], environment?: Readonly<Record<string, string>>): CliProcess;
  wide(): Promise<WideTables>;
  /** State and phase of the newest run. */
  run(): Promise<{ id: number; state: string; phase: string } | null>;
  /** Every file below the folder, relative to it. */
  files(): string[];
  /** A network between the workers and the database that can be held up. */
  proxy(): Promise<TcpProxy & { readonly environment: Readonly<Record<string, string>> }>;
}

export async function cliFixture(options: CliFixtureOptions): Promise<CliFixture> {
  const database = await scratchDatabase(options.postgresUrl);
  await createNarrowTable(database.sql);
  await insertNarrowRows(database.sql, options.rows);
  const folder = mkdtempSync(join(tmpdir(), 'drover-cli-'));
  const file = join(folder, 'migration.yaml');
  const name = `cli-${randomUUID().slice(0, 8)}`;
  const connection = reference('DATABASE_URL');
  writeFileSync(
    file,
    stringify({
      name,
      pipeline: 'pivot',
      source: { connection },
      target: { connection, schema: 'wide' },
      queue: { url: reference('QUEUE_URL'), prefix: name },
      chunk: { length: '1h' },
      attempts: { firstPause: '10ms' },
      ...options.spec,
    }),
  );
  const databaseUrl = (options.connect ?? ((url) => url))(database.url);
  writeFileSync(
    join(folder, '.env'),
    `DATABASE_URL=${databaseUrl}\nQUEUE_URL=${options.queueUrl}\n`,
  );
  const at = (environment: Readonly<Record<string, string>> = {}) => ({ cwd: folder, environment });
  return {
    name,
    folder,
    file,
    database,
    drover: (args, environment) => runCli(args, at(environment)),
    start: (args, environment) => startCli(args, at(environment)),
    wide: () => readWideTables(database.sql, 'wide', 'tbl_data_timeseries_'),
    run: () => newestRun(database),
    files: () =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
        .sort(),
    async proxy() {
      const proxy = await startTcpProxy(options.postgresUrl);
      const through = new URL(proxy.url);
      through.pathname = new URL(database.url).pathname;
      return Object.assign(proxy, { environment: { DATABASE_URL: through.href } });
    },
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function newestRun(
  database: ScratchDatabase,
): Promise<{ id: number; state: string; phase: string } | null> {
  const [known] = await database.sql.query(`select to_regclass('drover.run') as name`);
  if (known?.['name'] == null) return null;
  const [run] = await database.sql.query(
    'select id, state, phase from drover.run order by id desc limit 1',
  );
  if (run === undefined) return null;
  return { id: Number(run['id']), state: run['state'] ?? '', phase: run['phase'] ?? '' };
}

/** How a migration file names a variable of the environment. */
export const reference = (name: string): string => `\${${name}}`;

/** The first bytes that a worker sends into a staging table: it is in the middle of a data chunk. */
export const MIDDLE_OF_A_COPY = 'copy pg_temp.drover_stage';

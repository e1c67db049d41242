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
import { type CliFolder, cliFolder, reference } from './cli-folder.ts';

export interface CliFixtureOptions {
  readonly postgresUrl: string;
  readonly queueUrl: string;
  readonly rows: readonly NarrowRow[];
  readonly spec?: Readonly<Record<string, unknown>>;
  /** In place of the database's own address, for instance with a password in it. */
  readonly connect?: (url: string) => string;
}

/** A folder with a migration file, and a database with a narrow table. */
export interface CliFixture extends CliFolder {
  readonly database: ScratchDatabase;
  wide(): Promise<WideTables>;
  /** State and phase of the newest run. */
  run(): Promise<{ id: number; state: string; phase: string } | null>;
  /** A network between the workers and the database that can be held up. */
  proxy(): Promise<TcpProxy & { readonly environment: Readonly<Record<string, string>> }>;
}

export async function cliFixture(options: CliFixtureOptions): Promise<CliFixture> {
  const database = await scratchDatabase(options.postgresUrl);
  await createNarrowTable(database.sql);
  await insertNarrowRows(database.sql, options.rows);
  const connection = reference('DATABASE_URL');
  const folder = cliFolder({
    spec: (name) => ({
      pipeline: 'pivot',
      source: { connection },
      target: { connection, schema: 'wide' },
      queue: { url: reference('QUEUE_URL'), prefix: name },
      chunk: { length: '1h' },
      attempts: { firstPause: '10ms' },
      ...options.spec,
    }),
    env: {
      DATABASE_URL: (options.connect ?? ((url) => url))(database.url),
      QUEUE_URL: options.queueUrl,
    },
  });
  return {
    ...folder,
    database,
    wide: () => readWideTables(database.sql, 'wide', 'tbl_data_timeseries_'),
    run: () => newestRun(database),
    async proxy() {
      const proxy = await startTcpProxy(options.postgresUrl);
      const through = new URL(proxy.url);
      through.pathname = new URL(database.url).pathname;
      return Object.assign(proxy, { environment: { DATABASE_URL: through.href } });
    },
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
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

/** The first bytes that a worker sends into a staging table: it is in the middle of a data chunk. */
export const MIDDLE_OF_A_COPY = 'copy pg_temp.drover_stage';

import { openStatements, type Statements } from '@drover/doris';
import { type DorisServer, startDoris } from '@drover/servers';
import type { Aim } from '@drover/stand-ins';
import { type ScratchDatabase, scratchDatabase } from '@drover/testkit';
import { type CliFolder, cliFolder, reference } from './cli-folder.ts';

/** Occurs in the passwords of source, ledger and target. */
export const SECRET = 'S3cret-7f1c';

/** A folder with a migration file, a shop to be moved, a ledger apart from it, and a Doris. */
export interface WarehouseCli extends CliFolder {
  readonly source: ScratchDatabase;
  readonly ledger: ScratchDatabase;
  readonly doris: DorisServer;
  readonly target: Statements;
  /** Of the target; no other test has it. */
  readonly database: string;
  sql(...statements: readonly string[]): Promise<void>;
  /** Rows of a table of the target as texts, a line each, sorted. */
  rows(table: string, columns: readonly string[]): Promise<string[]>;
  /** The same of the source. */
  sourceRows(table: string, columns: readonly string[], where?: string): Promise<string[]>;
}

export async function warehouseCli(of: {
  readonly postgresUrl: string;
  readonly queueUrl: string;
  readonly dorisUrl: string | null;
  readonly setup: readonly string[];
  readonly spec?: object;
}): Promise<WarehouseCli> {
  const source = await scratchDatabase(of.postgresUrl);
  const ledger = await scratchDatabase(of.postgresUrl);
  const doris = await startDoris({
    givenUrl: of.dorisUrl ?? undefined,
    password: `doris-${SECRET}`,
  });
  const { fe, queryPort, user, password } = doris;
  const folder = cliFolder({
    spec: (name) => ({
      pipeline: 'warehouse',
      queue: { url: reference('QUEUE_URL'), prefix: name },
      ledger: { connection: reference('LEDGER_URL') },
      source: { connection: reference('SOURCE_URL'), schemas: ['shop'] },
      target: {
        ...{ fe, queryPort, user, password: reference('DORIS_PASSWORD') },
        database: databaseOf(name),
      },
      attempts: { firstPause: '10ms' },
      sync: { margin: '1us' },
      ...of.spec,
    }),
    env: {
      QUEUE_URL: of.queueUrl,
      SOURCE_URL: withPassword(source.url),
      LEDGER_URL: withPassword(ledger.url),
      DORIS_PASSWORD: password,
    },
  });
  const database = databaseOf(folder.name);
  const target = openStatements(
    { fe: [fe], be: [], via: 'auto', queryPort, user, password, tls: false },
    { max: 2, timeoutSeconds: 60 },
  );
  const sql = async (...statements: readonly string[]) => {
    for (const statement of statements) await source.sql.query(statement);
  };
  await sql('create schema shop', ...of.setup);
  return {
    ...folder,
    ...{ source, ledger, doris, target, database, sql },
    async rows(table, columns) {
      const names = columns.map((name) => `\`${name}\``).join(', ');
      return lines(
        await target.query(`SELECT ${names} FROM \`${database}\`.\`${table}\``),
        columns,
      );
    },
    async sourceRows(table, columns, where = 'true') {
      const texts = columns.map((name) => `${name}::text as ${name}`).join(', ');
      const found = await source.sql.query(`select ${texts} from shop.${table} where ${where}`);
      return lines(found, columns);
    },
    async [Symbol.asyncDispose]() {
      await target.query(`DROP DATABASE IF EXISTS \`${database}\` FORCE`);
      await target.close();
      await doris[Symbol.asyncDispose]();
      await ledger[Symbol.asyncDispose]();
      await source[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Strikes at every load into the table for as long as it is set. */
export const always = (table: string): Aim => ({ times: 1_000_000, table });

const databaseOf = (name: string): string => `drover_${name.replaceAll('-', '_')}`;

function withPassword(url: string): string {
  const address = new URL(url);
  if (address.password === '') address.password = `pg-${SECRET}`;
  return address.href;
}

const lines = (
  rows: readonly Readonly<Record<string, string | null>>[],
  columns: readonly string[],
): string[] => rows.map((row) => columns.map((name) => row[name] ?? 'NULL').join(' ')).sort();

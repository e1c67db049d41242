import { randomUUID } from 'node:crypto';
import type { MovedRecord, VerifyContext } from '@drover/core';
import { openStatements } from '@drover/doris';
import type { DorisStandIn, Table, Value } from '@drover/stand-ins';
import { type ScratchDatabase, scratchDatabase, silentLog } from '@drover/testkit';
import { createDatabaseStatement, createTableStatement } from '../../ddl.ts';
import { planAll } from '../../plan-table.ts';
import { readTables } from '../../read-tables.ts';
import { warehouseSpecSchema } from '../../spec.ts';
import type { TablePlan } from '../../table-plan.ts';
import type { VerifyParts } from '../sides.ts';

/** A row of the target, by the columns' names there: what COPY would print. */
export type TextRow = Record<string, string | null>;

/** A table of the source, planned, and made in a stand-in for the target. */
export interface VerifyFixture extends AsyncDisposable {
  readonly database: ScratchDatabase;
  readonly plan: TablePlan;
  readonly parts: VerifyParts;
  /** The source's rows as they are now go into the target, in place of all that it has. */
  copy(spoil?: (rows: TextRow[]) => TextRow[]): Promise<void>;
  /** What a receipt of a move of all rows would tell now. */
  receipt(written: number): Promise<MovedRecord['receipts'][number]>;
  readonly context: (overrides?: Partial<VerifyContext>) => VerifyContext;
}

/** @param setup statements that make the table `public.t`, and fill it. */
export async function verifyFixture(
  servers: { postgresUrl: string; doris: DorisStandIn },
  setup: readonly string[],
  spec: object = {},
): Promise<VerifyFixture> {
  const { doris } = servers;
  const database = await scratchDatabase(servers.postgresUrl);
  for (const statement of setup) await database.sql.query(statement);
  const targetDatabase = `d${randomUUID().slice(0, 8)}`;
  const plan = await planOf(database, {
    target: { fe: doris.feUrl, user: doris.user, database: targetDatabase },
    ...spec,
  });
  const statements = openStatements(
    {
      fe: [doris.feUrl],
      be: [],
      via: 'auto',
      queryPort: doris.mysqlPort,
      user: doris.user,
      password: doris.password,
      tls: false,
    },
    { max: 2, timeoutSeconds: 60 },
  );
  await statements.query(createDatabaseStatement(targetDatabase));
  await statements.query(createTableStatement(plan, { replicas: 1 }));
  const table = doris.catalogue.table(plan.database, plan.table);
  if (table === undefined) throw new Error('no table');
  return {
    database,
    plan,
    parts: { source: database.url, target: statements },
    async copy(spoil = (rows) => rows) {
      const columns = plan.columns.map(
        ({ value, name }) => `(${value})::text as ${JSON.stringify(name)}`,
      );
      const rows = await database.sql.query(`select ${columns.join(', ')} from public.t as s`);
      fill(table, spoil(rows.map((row) => ({ ...row }))));
    },
    async receipt(written) {
      const [row] = await database.sql.query('select txid_current_snapshot()::text as snapshot');
      return {
        read: written,
        loaded: written,
        rejected: 0,
        skipped: 0,
        nulled: 0,
        written,
        bytesRead: 0,
        bytesWritten: 0,
        parts: [],
        sourceSnapshot: { snapshot: row?.['snapshot'] ?? '' },
      };
    },
    context: (overrides) => ({
      migrationId: '1',
      anchor: null,
      applicationName: `drover test ${randomUUID().slice(0, 8)}`,
      signal: new AbortController().signal,
      log: silentLog,
      progress() {},
      async pace() {},
      async reached() {},
      maxDifferences: 100,
      moved: async () => ({ receipts: [], rejects: [] }),
      ...overrides,
    }),
    async [Symbol.asyncDispose]() {
      await statements.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** How the table `public.t` travels. */
export async function planOf(database: ScratchDatabase, spec: object = {}): Promise<TablePlan> {
  const parsed = warehouseSpecSchema.parse({
    name: 'test',
    pipeline: 'warehouse',
    queue: { url: 'redis://127.0.0.1:1' },
    ledger: { connection: database.url },
    source: { connection: database.url, schemas: ['public'], views: 'copy' },
    target: { fe: 'http://127.0.0.1:1', user: 'root' },
    ...spec,
  });
  const { tables } = await readTables(database.sql, parsed);
  const { plans, findings } = planAll(
    tables.filter(({ name }) => name === 't'),
    parsed,
    { stringBytes: 1_048_576 },
  );
  const [plan] = plans;
  if (plan === undefined) throw new Error(`no plan: ${JSON.stringify(findings)}`);
  return plan;
}

function fill(table: Table, rows: readonly TextRow[]): void {
  table.retain(() => false);
  const { columns } = table.definition;
  table.apply(
    rows.map((row) => ({
      kind: 'put' as const,
      row: columns.map(({ name, type }) => stored(type.name, type.scale ?? 0, row[name] ?? null)),
    })),
  );
}

function stored(type: string, scale: number, text: string | null): Value {
  if (text === null) return null;
  if (/INT|BOOLEAN/.test(type)) return BigInt(text);
  if (type === 'FLOAT') return Math.fround(Number(text));
  if (type === 'DOUBLE') return Number(text);
  if (type !== 'DATETIME' || scale === 0) return text;
  const [whole = '', fraction = ''] = text.split('.');
  return `${whole}.${fraction.padEnd(scale, '0').slice(0, scale)}`;
}

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, openDatabase } from '@drover/postgres';
import { fillShop } from '@drover/sample-data';
import { type DorisServer, startDoris } from '@drover/servers';
import { count } from '@drover/telemetry';
import { print } from '../print.ts';
import { command, type DemoStage, heading } from './demo.ts';
import type { DemoServers } from './demo-servers.ts';

/** The password is told to the commands, and written down nowhere. */
const PASSWORD = 'DORIS_PASSWORD';

const ORDERS = 50_000;

/**
 * Tables into Apache Doris, then what has changed since.
 * @returns 0 where all was verified, but for the rows that were to be set aside.
 */
export async function showWarehouse(
  servers: DemoServers,
  { folder, workers: processes, signal }: DemoStage,
): Promise<number> {
  await using doris = await startDoris();
  print(`  target: ${doris.origin}`);
  await using sql = openDatabase(servers.postgresUrl, {
    side: 'source',
    applicationName: 'drover demo',
    max: 2,
  });
  const workers = ['--workers', String(processes)];
  const env = { [PASSWORD]: doris.password };
  heading('The source: tables of a shop, one of them without a key, two rows with a date BC');
  for (const [table, rows] of await fillShop(sql, { orders: ORDERS })) {
    print(`  ${table}: ${count(rows)} rows`);
  }
  heading('The migration file (migration.yaml)');
  print(writeMigration(folder, servers, doris));
  const run = (args: readonly string[]) => command(folder, args, env);
  // Rows that were set aside are what 4 says.
  for (const [args, expected] of [
    [['check'], 0],
    [['plan', '--ddl', '--tables', 'shop.orders'], 0],
    [['run', ...workers], 4],
    [['rejects', 'list'], 4],
  ] as const) {
    const code = await run(args);
    if (signal.aborted) return 130;
    if (code !== expected) return code === 0 ? 1 : code;
  }
  heading('Life goes on in the source: orders change, come and go');
  print(`  ${await change(sql)}`);
  for (const args of [
    ['sync', ...workers],
    ['verify', '--tables', 'shop.orders', ...workers],
  ]) {
    const code = await run(args);
    if (signal.aborted) return 130;
    if (code !== 0) return code;
  }
  print('\nThe orders of both sides are the same again, to the last value.');
  return 0;
}

function writeMigration(folder: string, servers: DemoServers, doris: DorisServer): string {
  const text = `name: demo
pipeline: warehouse
queue:
  url: ${servers.queueUrl}
ledger:
  connection: ${servers.postgresUrl}
source:
  connection: ${servers.postgresUrl}
  schemas: [shop]
target:
  fe: ${doris.fe}
  queryPort: ${doris.queryPort}
  user: ${doris.user}
  password: \${${PASSWORD}}
  database: demo_shop
tables:
  - { name: shop.orders, watermark: updated_at, deletedWhen: deleted_at is not null, sweepDeletes: true }
chunk:
  rows: 20000
sync:
  margin: 100ms
`;
  writeFileSync(join(folder, 'migration.yaml'), text);
  return text;
}

/** @returns what was changed, as a person reads it. */
async function change(sql: Database): Promise<string> {
  await sql.query(
    `update shop.orders set total = total + 1, updated_at = clock_timestamp() where id % 100 = 0`,
  );
  await sql.query(
    `update shop.orders set deleted_at = clock_timestamp(), updated_at = clock_timestamp() where id % 100 = 1`,
  );
  await sql.query('delete from shop.orders where id % 100 = 2');
  await sql.query(
    `insert into shop.orders select ${ORDERS} + i, 'Customer 1', 10, now(), 'new', clock_timestamp(), null
     from generate_series(1, 500) i`,
  );
  return '500 orders got another total, 500 are marked as deleted, 500 are gone, 500 are new';
}

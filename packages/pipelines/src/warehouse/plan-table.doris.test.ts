import { randomUUID } from 'node:crypto';
import { noLog } from '@drover/core';
import {
  type DorisAddress,
  Loader,
  Nodes,
  openStatements,
  type Statements,
  type TextRow,
} from '@drover/doris';
import { Session } from '@drover/postgres';
import { type DorisServer, startDoris } from '@drover/servers';
import { type ScratchDatabase, scratchDatabase } from '@drover/testkit';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { compareTable } from './compare-table.ts';
import { copyStatement } from './copy-statement.ts';
import { createDatabaseStatement, createTableStatement } from './ddl.ts';
import { differingFigures, type FloatFigures, floatAggregates } from './float-aggregates.ts';
import { targetIdentifier } from './names.ts';
import { planTable } from './plan-table.ts';
import { readTables } from './read-tables.ts';
import type { TablePlan } from './table-plan.ts';
import { readExisting } from './target-tables.ts';
import { warehouseSpec } from './testing/warehouse-spec.ts';

const server = inject('postgresUrl');

/** Types of columns with values, the last of them the key. */
const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  bool: ['t', 'f'],
  int2: ['-32768', '0'],
  int4: ['2147483647', '-1'],
  int8: ['-9223372036854775808', '9007199254740993'],
  oid: ['4294967295', '0'],
  'numeric(10,2)': ['-99999999.99', '0.5'],
  'numeric(38,0)': ['-99999999999999999999999999999999999999', '7'],
  'numeric(38,38)': ['-0.00000000000000000000000000000000000001', '0'],
  numeric: ['1.500', '1e-30'],
  // How a server compares what is not finite is not laid down: a stand-in refuses to.
  float4: ['0.1', '-16777216'],
  float8: ['-1e300', '5e-324'],
  money: ['-12345.67', '0'],
  'varchar(9)': [' a\\N"\'', '\u{1F40E}'],
  'char(5)': ['ab', ''],
  text: ['two\r\nlines\t\u0001', ''],
  date: ['0001-01-01', '9999-12-31'],
  timestamp: ['0001-01-01 00:00:00.000001', '2026-01-01 00:00:00'],
  'timestamp(0)': ['9999-12-31 23:59:59', '2026-01-01 00:00:00'],
  'timestamp(3)': ['2026-01-01 00:00:00.12', '2026-01-01 00:00:00'],
  timestamptz: ['9999-12-31 23:59:59.999999+00', '2026-01-01 00:00:00+13'],
  time: ['24:00:00', '00:00:00.000001'],
  interval: ['1 year -2 days', '0'],
  uuid: ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '00000000-0000-0000-0000-000000000000'],
  bytea: ['\\x00ff', '\\x'],
  inet: ['10.0.0.1/8', '::1'],
  'bit(3)': ['101', '000'],
  json: ['{"a" : 1.0, "a": "\\u0000"}', 'null'],
  jsonb: ['{"a": [1, null]}', '1e400'],
  'int4[]': ['{{1,NULL}}', '{}'],
};

let source: ScratchDatabase;
let plan: TablePlan;
const database = `drover_test_${randomUUID().slice(0, 8)}`;

beforeAll(async () => {
  source = await scratchDatabase(server);
  const types = Object.keys(COLUMNS);
  const names = types.map((_, index) => `c${index}`);
  await source.sql.query(
    `create table public."Every type's" (${types.map((type, index) => `c${index} ${type}`).join(', ')}, "K\`ey" text collate "C", day date, primary key (day, "K\`ey"))`,
  );
  for (const row of [0, 1]) {
    await source.sql.query(
      `insert into public."Every type's" select ${names.map((name, index) => `$${index + 1}::text::${types[index]} as ${name}`).join(', ')}, 'k${row}', '2026-01-01'`,
      Object.values(COLUMNS).map((values) => values[row] ?? ''),
    );
  }
  await source.sql.query(
    `insert into public."Every type's" ("K\`ey", day) values ('', '0001-01-01')`,
  );
  const spec = warehouseSpec({});
  const [table] = (await readTables(source.sql, spec)).tables;
  if (table === undefined) throw new TypeError('no table');
  plan = { ...planTable(table, spec, { stringBytes: 1048576 }), database };
});

afterAll(async () => {
  await source[Symbol.asyncDispose]();
});

describe.each(['D24', 'D26'] as const)('Doris of the generation %s', (generation) => {
  let doris: DorisServer;
  let address: DorisAddress;
  let target: Statements;

  beforeAll(async () => {
    doris = await startDoris({ givenUrl: inject('dorisUrl') ?? undefined, generation });
    const { fe, queryPort, user, password } = doris;
    address = { fe: [fe], be: [], via: 'auto', queryPort, user, password, tls: false };
    target = openStatements(address, { max: 1, timeoutSeconds: 60 });
    await target.query(createDatabaseStatement(database));
  });

  afterAll(async () => {
    await target.query(`DROP DATABASE IF EXISTS ${targetIdentifier(database)} FORCE`);
    await target.close();
    await doris[Symbol.asyncDispose]();
  });

  test('takes the statement, keyed and keyless, and then has what the plan asks for', async () => {
    const keyless = {
      ...plan,
      table: 'keyless',
      key: [],
      columns: plan.columns.map((column) => ({ ...column, isKey: false, nullable: true })),
    };
    for (const one of [plan, keyless]) {
      await target.query(createTableStatement(one, { replicas: 1 }));
      const existing = await readExisting(target, one);
      expect(existing && compareTable(one, existing)).toEqual([]);
    }
  });

  test('has the same canonical text of every value, and the same figures of floats', async () => {
    const place = `${targetIdentifier(database)}.${targetIdentifier(plan.table)}`;
    const nodes = new Nodes({ address, log: noLog, answerMs: 10_000 });
    await using session = await Session.open(source.url, {
      side: 'source',
      applicationName: 'test',
    });
    const reply = await new Loader(nodes).load({
      database,
      table: plan.table,
      label: randomUUID(),
      columns: plan.columns.map(({ name }) => name),
      twoPhase: false,
      merge: 'append',
      compress: 'off',
      timeoutSeconds: 60,
      body: () => session.copyOut(copyStatement(plan, { where: null, misfits: 'stop' })),
      signal: AbortSignal.timeout(60_000),
    });
    expect(reply).toMatchObject({ loadedRows: 3, filteredRows: 0 });
    const exact = plan.columns.filter(({ canonical }) => canonical !== null);
    expect(exact).toHaveLength(plan.columns.length - 2);
    const list = (side: 'source' | 'target') =>
      exact.map(({ canonical }, index) => `${canonical?.[side]} AS c${index}`).join(', ');
    const ours = await source.sql.query(
      `select ${list('source')} from public."Every type's" s order by "K\`ey" collate "C"`,
    );
    const theirs = await target.query(`SELECT ${list('target')} FROM ${place} t ORDER BY \`K_ey\``);
    expect(theirs).toEqual(ours);
    for (const column of plan.columns) {
      const figures = floatAggregates(column);
      if (figures === null) continue;
      const select = (side: 'source' | 'target') =>
        figures.map((one, index) => `${one[side]} AS f${index}`).join(', ');
      const named = (row: TextRow | undefined) =>
        Object.fromEntries(
          figures.map(({ figure }, index) => [figure, row?.[`f${index}`] ?? null]),
        ) as FloatFigures;
      const [own] = await source.sql.query(
        `select ${select('source')} from public."Every type's" s`,
      );
      const [other] = await target.query(`SELECT ${select('target')} FROM ${place} t`);
      expect(named(own).values).toBe('2');
      expect(differingFigures(named(own), named(other))).toEqual([]);
    }
  });
});

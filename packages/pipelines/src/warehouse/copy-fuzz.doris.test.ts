import { noLog } from '@drover/core';
import { Loader, type LoadTarget, Nodes } from '@drover/doris';
import { Session } from '@drover/postgres';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { copyStatement } from './copy-statement.ts';
import { createDatabaseStatement, createTableStatement } from './ddl.ts';
import { targetIdentifier } from './names.ts';
import { planTable } from './plan-table.ts';
import { readTables } from './read-tables.ts';
import type { TablePlan } from './table-plan.ts';
import { GENERATIONS } from './testing/round-trip.ts';
import { type WarehouseFixture, warehouseFixture } from './testing/warehouse-fixture.ts';
import { warehouseSpec } from './testing/warehouse-spec.ts';

type TextRow = readonly (string | null)[];

const SEED = 20260101;

/** What a reader of such a text may stumble over, alone and next to one another. */
const STUMBLING_BLOCKS = [
  '"',
  '""',
  '\\',
  '\\\\',
  '\\N',
  '\\n',
  '\\"',
  ',',
  '",',
  ',"',
  '\n',
  '\r',
  '\r\n',
  '\t',
  '\uFEFF',
  ' ',
  'a',
  'N',
  "'",
  '`',
  '\u0001',
  '\u001f',
  '\u007f',
  '\u0085',
  '\u2028',
  'é',
  'e\u0301',
  '名',
  '\u{1F40E}',
  '\u{10FFFF}',
  '\\.',
];

const hostileText = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...STUMBLING_BLOCKS) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) },
    ),
    { maxLength: 9 },
  )
  .map((pieces) => pieces.join('').replaceAll('\0', '0'))
  // Without halves of surrogate pairs, which no UTF-8 has.
  .filter((text) => Buffer.from(text).toString() === text);

const hostileValue = fc.option(hostileText, { freq: 12, nil: null });

function hostileRows(columns: number, rows: number): TextRow[] {
  const row = fc.array(hostileValue, { minLength: columns, maxLength: columns });
  return fc.sample(row, { seed: SEED + columns, numRuns: rows });
}

/** In an order that does not depend on that of either database. */
const inOrder = (rows: readonly TextRow[]): string[] =>
  rows.map((row) => JSON.stringify(row)).sort();

const SHAPES = [
  { columns: 1, rows: 3000 },
  { columns: 4, rows: 1000 },
  { columns: 40, rows: 100 },
] as const;

describe.each(GENERATIONS)('hostile texts on their way into generation %s', (generation) => {
  let fixture: WarehouseFixture;
  let session: Session;

  beforeAll(async () => {
    fixture = await warehouseFixture({ generation, setup: 'select 1' });
    session = await Session.open(fixture.source.url, { side: 'source', applicationName: 'test' });
    await fixture.target.query(createDatabaseStatement(fixture.database));
  });

  afterAll(async () => {
    await session.close();
    await fixture[Symbol.asyncDispose]();
  });

  test.each(SHAPES)('arrive as they were, $columns at a time', async ({ columns, rows }) => {
    const written = hostileRows(columns, rows);
    const plan = await filled(fixture, `exact_${columns}`, written);
    const label = `exact_${generation}_${columns}`;
    const reply = await loaderOf(fixture).load({
      ...placeOf(plan, label),
      columns: plan.columns.map(({ name }) => name),
      twoPhase: false,
      merge: 'append',
      compress: 'off',
      timeoutSeconds: 60,
      body: () => recut(session.copyOut(recipeOf(plan)), columns),
      signal: new AbortController().signal,
    });
    expect(reply).toMatchObject({ loadedRows: rows, filteredRows: 0 });
    expect(inOrder(await arrived(fixture, plan))).toEqual(inOrder(written));
  });

  test('arrive otherwise where values are quoted only as Postgres finds it needed', async () => {
    const written = hostileRows(4, 300);
    const plan = await filled(fixture, 'not_forced', written);
    const statement = recipeOf(plan).replace(', force_quote *', '');
    expect(statement).not.toBe(recipeOf(plan));
    await sendPlainly(fixture, plan, await bytesOf(session, statement), HEADERS);
    expect(inOrder(await arrived(fixture, plan))).not.toEqual(inOrder(written));
  });

  test('need trim_double_quotes in the older generation, and do without in the newer one', async () => {
    const written = hostileRows(4, 301);
    const plan = await filled(fixture, 'not_trimmed', written);
    const { trim_double_quotes: _, ...headers } = HEADERS;
    await sendPlainly(fixture, plan, await bytesOf(session, recipeOf(plan)), headers);
    const same =
      JSON.stringify(inOrder(await arrived(fixture, plan))) === JSON.stringify(inOrder(written));
    expect(same).toBe(generation === 'D26');
  });
});

const recipeOf = (plan: TablePlan): string => copyStatement(plan, { where: null, misfits: 'stop' });

const placeOf = ({ database, table }: TablePlan, label: string): LoadTarget => ({
  database,
  table,
  label,
});

/** A table of the source with these rows, and one of the target for them, without a key on either side. */
async function filled(
  fixture: WarehouseFixture,
  name: string,
  rows: readonly TextRow[],
): Promise<TablePlan> {
  const { sql } = fixture.source;
  const columns = rows[0]?.map((_, index) => `c${index}`) ?? [];
  await sql.query(
    `create table shop.${name} (${columns.map((column) => `${column} text`).join(', ')})`,
  );
  await sql.query(
    `insert into shop.${name} select ${columns.map((_, index) => `r ->> ${index}`).join(', ')} from json_array_elements($1::json) r`,
    [JSON.stringify(rows)],
  );
  const file = warehouseSpec({ source: { schemas: [{ name: 'shop', tables: [name] }] } });
  const spec = { ...file, target: { ...file.target, database: fixture.database } };
  const [table] = (await readTables(sql, spec)).tables;
  if (table === undefined) throw new TypeError('no table was read');
  const plan = planTable(table, spec, { stringBytes: 1_048_576 });
  await fixture.target.query(createTableStatement(plan, { replicas: 1 }));
  return plan;
}

async function arrived(fixture: WarehouseFixture, plan: TablePlan): Promise<TextRow[]> {
  const rows = await fixture.target.query(
    `SELECT * FROM ${targetIdentifier(plan.database)}.${targetIdentifier(plan.table)}`,
  );
  return rows.map((row) => plan.columns.map(({ name }) => row[name] ?? null));
}

function addressOf({ doris: { fe, queryPort, user, password } }: WarehouseFixture) {
  return { fe: [fe], be: [], via: 'auto' as const, queryPort, user, password, tls: false };
}

function loaderOf(fixture: WarehouseFixture): Loader {
  return new Loader(new Nodes({ address: addressOf(fixture), log: noLog, answerMs: 10_000 }));
}

/** Pieces that end anywhere, also within a character or between a backslash and what it escapes. */
async function* recut(pieces: AsyncIterable<Buffer>, seed: number): AsyncGenerator<Buffer> {
  let state = SEED + seed;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % limit;
  };
  let left = Buffer.alloc(0);
  for await (const piece of pieces) {
    left = Buffer.concat([left, piece]);
    for (let length = 1 + below(200); length < left.length; length = 1 + below(200)) {
      yield left.subarray(0, length);
      left = left.subarray(length);
    }
  }
  if (left.length > 0) yield left;
}

async function bytesOf(session: Session, statement: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of session.copyOut(statement)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** What the loader sends, written out so that one of them can be left out. */
const HEADERS = {
  format: 'csv',
  column_separator: ',',
  enclose: '"',
  escape: '\\',
  trim_double_quotes: 'true',
  strict_mode: 'true',
};

/** Whether it is taken or refused, what counts is what has arrived. */
async function sendPlainly(
  fixture: WarehouseFixture,
  plan: TablePlan,
  body: Buffer,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const [backend] = await new Nodes({
    address: addressOf(fixture),
    log: noLog,
    answerMs: 10_000,
  }).backends(new AbortController().signal);
  if (backend === undefined) throw new TypeError('no backend is known');
  const { user, password } = fixture.doris;
  const answer = await fetch(new URL(`/api/${plan.database}/${plan.table}/_stream_load`, backend), {
    method: 'PUT',
    headers: {
      ...headers,
      authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
      label: plan.table,
      columns: plan.columns.map(({ name }) => targetIdentifier(name)).join(','),
      // Rows that are refused do not take the others with them.
      max_filter_ratio: '1',
    },
    body: new Uint8Array(body),
  });
  expect(await answer.json()).toMatchObject({ Status: 'Success' });
}

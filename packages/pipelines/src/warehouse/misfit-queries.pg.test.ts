import { type ScratchDatabase, scratchDatabase } from '@drover/testkit';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { misfitCountQuery, readMisfitCounts } from './misfit-count.ts';
import { readReject, rejectsQuery } from './misfit-rejects.ts';
import { planTable } from './plan-table.ts';
import { readTables } from './read-tables.ts';
import type { TablePlan } from './table-plan.ts';
import { warehouseSpec } from './testing/warehouse-spec.ts';

const server = inject('postgresUrl');

let database: ScratchDatabase;

beforeAll(async () => {
  database = await scratchDatabase(server);
  for (const statement of [
    `create table public."My ""t""" ("K 1" int, k2 text, d date, n numeric(5,2), note text, primary key ("K 1", k2))`,
    `insert into public."My ""t""" values
       (1, 'a', '2026-01-01', 1, null), (2, 'b', '0044-03-15 BC', 2, 'it''s'), (3, 'c', 'infinity', 'NaN', ''),
       (4, 'd', null, 'NaN', '\\N "x"'), (5, 'e', null, null, repeat('€', 10001)), (6, 'f', '-infinity', 0, repeat('x', 10000))`,
    `create table public.heap (d date) partition by range (d)`,
    `create table public.heap_1 partition of public.heap for values from (minvalue) to ('2020-01-01')`,
    `create table public.heap_2 partition of public.heap default`,
    `insert into public.heap values ('0044-03-15 BC'), ('2026-01-01'), (null), ('infinity')`,
    `create table public.fine (id int primary key, at time, doc jsonb, label varchar(9))`,
    `create view public.seen as select * from public.heap`,
    `create table public.base (d date)`,
    `create table public.child () inherits (public.base)`,
    `insert into public.base values ('infinity')`,
    `insert into public.child values ('infinity')`,
    `create table public.wide (${Array.from({ length: 900 }, (_, i) => `c${i} numeric(5,2)`).join(', ')})`,
    `insert into public.wide (c0, c899) values ('NaN', 'NaN'), (1, 'NaN')`,
    `create table public.blobs (b bytea)`,
    `insert into public.blobs values (decode(repeat('00', 5001), 'hex')), (decode(repeat('00', 5000), 'hex')), (null)`,
    `create table public.bulk (d date)`,
    `insert into public.bulk select 'infinity' from generate_series(1, 100000)`,
  ]) {
    await database.sql.query(statement);
  }
});

afterAll(async () => {
  await database[Symbol.asyncDispose]();
});

async function planOf(name: string, stringBytes = 1048576): Promise<TablePlan> {
  const spec = warehouseSpec({
    source: { schemas: [{ name: 'public', tables: [name] }], views: 'copy' },
  });
  const [table] = (await readTables(database.sql, spec)).tables;
  if (table === undefined) throw new TypeError(`no table ${name}`);
  return planTable(table, spec, { stringBytes });
}

async function countsOf(plan: TablePlan, samplePercent?: number) {
  const query = misfitCountQuery(plan, samplePercent === undefined ? {} : { samplePercent });
  if (query === null) return null;
  const [row] = await database.sql.query(query);
  const { rows, broken } = readMisfitCounts(plan, row ?? {});
  return {
    rows,
    broken: broken.map((one) => [one.misfit.column.source.name, one.misfit.rule, one.rows]),
  };
}

async function rejectsOf(plan: TablePlan, of: Partial<Parameters<typeof rejectsQuery>[1]> = {}) {
  const query = rejectsQuery(plan, { where: null, limit: 100, ...of });
  if (query === null) return null;
  return (await database.sql.query(query)).map((row) => readReject(plan, row));
}

describe('the counts of misfits', () => {
  test('are exact, by column and rule, and leave out the rules that no row breaks', async () => {
    expect(await countsOf(await planOf('My "t"'))).toEqual({
      rows: 6n,
      broken: [
        ['d', 'date-out-of-range', 3n],
        ['n', 'not-a-number', 2n],
      ],
    });
  });

  test('cover every partition of a table, views, and no table that inherits', async () => {
    const expected = { rows: 4n, broken: [['d', 'date-out-of-range', 2n]] };
    expect(await countsOf(await planOf('heap'))).toEqual(expected);
    expect(await countsOf(await planOf('seen'), 0.001)).toEqual(expected);
    expect(await countsOf(await planOf('base'))).toEqual({
      rows: 1n,
      broken: [['d', 'date-out-of-range', 1n]],
    });
  });

  test('are not asked for where every row fits', async () => {
    const plan = await planOf('fine', 1 << 30);
    expect(
      misfitCountQuery({ ...plan, columns: plan.columns.filter(({ name }) => name !== 'doc') }),
    ).toBeNull();
    expect(await countsOf(plan)).toEqual({ rows: 0n, broken: [] });
  });

  test('come for as many columns as a table can have', async () => {
    expect(await countsOf(await planOf('wide'))).toEqual({
      rows: 2n,
      broken: [
        ['c0', 'not-a-number', 1n],
        ['c899', 'not-a-number', 2n],
      ],
    });
  });

  test('of a sample are those of some pages', async () => {
    const counts = await countsOf(await planOf('bulk'), 20);
    expect(counts?.rows).toBeGreaterThan(0n);
    expect(counts?.rows).toBeLessThan(100_000n);
    expect(counts?.broken).toEqual([['d', 'date-out-of-range', counts?.rows]]);
  });
});

describe('the rejects of a range', () => {
  test('name each row by its key and the first rule that it breaks, and show it', async () => {
    const rejects = await rejectsOf(await planOf('My "t"'));
    const byKey = [...(rejects ?? [])].sort((a, b) => Number(a.key['K 1']) - Number(b.key['K 1']));
    const date = {
      rule: 'date-out-of-range',
      column: 'd',
      reason: 'lies outside the years 0001 to 9999',
      rows: 1,
    };
    expect(byKey).toEqual([
      {
        ...date,
        key: { 'K 1': '2', k2: 'b' },
        row: { 'K 1': '2', k2: 'b', d: '0044-03-15 BC', n: '2.00', note: "it's" },
      },
      {
        ...date,
        key: { 'K 1': '3', k2: 'c' },
        row: { 'K 1': '3', k2: 'c', d: 'infinity', n: 'NaN', note: '' },
      },
      {
        rule: 'not-a-number',
        column: 'n',
        reason: 'is NaN',
        rows: 1,
        key: { 'K 1': '4', k2: 'd' },
        row: { 'K 1': '4', k2: 'd', d: null, n: 'NaN', note: '\\N "x"' },
      },
      {
        ...date,
        key: { 'K 1': '6', k2: 'f' },
        row: { 'K 1': '6', k2: 'f', d: '-infinity', n: '0.00', note: 'x'.repeat(10_000) },
      },
    ]);
  });

  test('keep to the range and to the limit', async () => {
    const plan = await planOf('My "t"');
    const keys = async (of: Parameters<typeof rejectsOf>[1]) =>
      (await rejectsOf(plan, of))?.map(({ key }) => key['K 1']);
    expect(await keys({ where: `s."K 1" >= 4 or false` })).toEqual(['4', '6']);
    expect(await keys({ limit: 1 })).toHaveLength(1);
    expect(await keys({ from: `(select * from public."My ""t""" where "K 1" = 3) s` })).toEqual([
      '3',
    ]);
  });

  test('of a table without a key name the place of the row', async () => {
    const rejects = await rejectsOf(await planOf('heap'));
    expect(rejects?.map(({ key }) => key)).toEqual([
      { table: 'public.heap_1', ctid: '(0,1)' },
      { table: 'public.heap_2', ctid: '(0,3)' },
    ]);
    const seen = await rejectsOf(await planOf('seen'));
    expect(seen?.map(({ key, row }) => [key, row])).toEqual([
      [{}, { d: '0044-03-15 BC' }],
      [{}, { d: 'infinity' }],
    ]);
  });

  test('show the beginning of a long text', async () => {
    const plan = await planOf('My "t"', 30_000);
    const [reject] = (await rejectsOf(plan, { where: 's."K 1" = 5' })) ?? [];
    expect(reject).toMatchObject({ rule: 'text-too-long', column: 'note' });
    expect(reject?.row?.['note']).toBe(`${'€'.repeat(10_000)}...`);
  });

  test('show the beginning of long bytes, of which no whole text is made', async () => {
    const plan = await planOf('blobs', 10_000);
    expect(plan.columns.flatMap(({ misfits }) => misfits)).toMatchObject([
      { condition: '(2 * octet_length(s."b")::bigint > 10000) is true' },
    ]);
    const rejects = await rejectsOf(plan);
    expect(rejects?.map(({ row }) => row?.['b'])).toEqual([`\\x${'00'.repeat(5000)}...`]);
  });

  test('agree with the counts', async () => {
    const plan = await planOf('My "t"', 30_000);
    const rejects = await rejectsOf(plan);
    expect(rejects?.map(({ key }) => key['K 1']).sort()).toEqual(['2', '3', '4', '5', '6']);
    expect(await countsOf(plan)).toMatchObject({ broken: [{}, {}, ['note', 'text-too-long', 1n]] });
  });
});

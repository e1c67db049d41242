import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { sourcePredicate } from './key-predicate.ts';
import type { KeyRange } from './key-range.ts';
import { relationOf, type SourceTable } from './source-table.ts';
import { type PlannedRange, planRanges } from './split-keys.ts';
import { splitRange } from './split-range.ts';
import { type SourceFixture, sourceFixture } from './testing/source-fixture.ts';

let source: SourceFixture;

beforeAll(async () => {
  source = await sourceFixture(inject('postgresUrl'));
});

afterAll(() => source[Symbol.asyncDispose]());

const MANY = { bytes: 1e12, rows: 1000 };

const plan = (table: SourceTable, target = MANY, after: KeyRange | null = null) =>
  planRanges(source.database.sql, table, target, after);

/** Rows of each range, counted one by one, and whether together they are all rows. */
async function countsOf(table: SourceTable, ranges: readonly KeyRange[]): Promise<number[]> {
  const counts: number[] = [];
  for (const range of ranges) {
    const [row] = await source.database.sql.query(
      `select count(*) as n from ${relationOf(table)} s where ${sourcePredicate(table, range, 's')}`,
    );
    counts.push(Number(row?.['n']));
  }
  return counts;
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);

const ranges = (planned: readonly PlannedRange[]) => planned.map(({ range }) => range);

/** Follow one another without a gap, open at both ends. */
function expectSeamless(planned: readonly PlannedRange[]): void {
  expect(planned[0]?.range.from).toBeNull();
  expect(planned.at(-1)?.range.to).toBeNull();
  for (const [index, { range }] of planned.slice(1).entries()) {
    expect(range.from).not.toBeNull();
    expect(range.from).toEqual(planned[index]?.range.to);
  }
}

async function expectGoodPlan(
  table: SourceTable,
  rows: number,
  target: { bytes: number; rows: number } = MANY,
) {
  const planned = await plan(table, target);
  expectSeamless(planned);
  const counts = await countsOf(table, ranges(planned));
  expect(sum(counts)).toBe(rows);
  expect(Math.max(...counts)).toBeLessThanOrEqual(3 * target.rows);
  expect(planned.length).toBeGreaterThan(rows / target.rows / 2);
  expect(planned.length).toBeLessThan((rows / target.rows) * 2);
  const estimated = sum(planned.map((one) => one.estimatedRows));
  expect(Math.abs(estimated - rows)).toBeLessThan(rows * 0.4);
  return { planned, counts };
}

describe('the ranges of a table', () => {
  test('are one where it is empty, small or has no key', async () => {
    await source.run(
      'create table public.empty (id int primary key)',
      'create table public.small (id int primary key)',
      'insert into public.small select generate_series(1, 50)',
      'create table public.keyless (id int)',
      'insert into public.keyless select generate_series(1, 100000)',
      'analyze',
    );
    for (const [name, rows] of [
      ['empty', 0],
      ['small', 50],
      ['keyless', 100000],
    ] as const) {
      expect(await plan(await source.table(name), { bytes: 1e6, rows: 1000 })).toEqual([
        { range: { from: null, to: null }, cuts: [], estimatedRows: rows },
      ]);
    }
  });

  test('are even though nine of ten rows lie in a hundredth of the keys, analyzed or not', async () => {
    await source.run(
      'create table public.skewed (id bigint primary key, v text) with (autovacuum_enabled = off)',
      `insert into public.skewed
       select case when n % 10 = 0 then n * 1000 else 150000000 + n end, md5(n::text)
       from generate_series(1, 120000) n order by md5(n::text)`,
    );
    await expectGoodPlan(await source.table('skewed'), 120000);
    await source.run('analyze public.skewed');
    await expectGoodPlan(await source.table('skewed'), 120000);
  });

  test('divide one tenant that has most rows by the further columns of the key', async () => {
    await source.run(
      'create table public.tenants ("Tenant" text collate "C", id uuid, v text, primary key ("Tenant", id))',
      `insert into public.tenants
       select case when n % 20 = 0 then 'other ''' || n % 7 else 'big "one"' end, md5(n::text)::uuid, 'x'
       from generate_series(1, 80000) n`,
    );
    const { planned } = await expectGoodPlan(await source.table('tenants'), 80000);
    expect(planned.filter(({ range }) => range.from?.[0] === 'big "one"').length).toBeGreaterThan(
      40,
    );
  });

  test('come from a sample of the blocks where there are many, and are even all the same', async () => {
    await source.run(
      'create table public.wide (id timestamptz primary key, v text) with (fillfactor = 10)',
      `insert into public.wide select timestamptz '2026-01-01' + n * interval '1 second' * (1 + n % 3), repeat('x', 200)
       from generate_series(1, 60000) n on conflict do nothing`,
      'analyze public.wide',
    );
    const [row] = await source.database.sql.query('select count(*) as n from public.wide');
    const rows = Number(row?.['n']);
    const table = await source.table('wide');
    const statements: string[] = [];
    const planned = await planRanges(
      {
        query(text, values) {
          statements.push(text);
          return source.database.sql.query(text, values);
        },
      },
      table,
      { bytes: 1e12, rows: 5000 },
    );
    const [, percent] = /tablesample system \((.*?)\)/.exec(statements.join()) ?? [];
    expect(Number(percent)).toBeLessThan(8);
    expectSeamless(planned);
    const counts = await countsOf(table, ranges(planned));
    expect(sum(counts)).toBe(rows);
    expect(planned.length).toBeGreaterThan(rows / 5000 / 2);
    expect(Math.max(...counts)).toBeLessThan(15000);
    for (const [index, { estimatedRows }] of planned.entries()) {
      expect(estimatedRows / (counts[index] ?? 0)).toBeGreaterThan(0.3);
      expect(estimatedRows / (counts[index] ?? 0)).toBeLessThan(3);
    }
  });

  test('count the bytes of values that are stored out of line', async () => {
    await source.run(
      'create table public.files (id int primary key, body bytea)',
      'alter table public.files alter body set storage external',
      `insert into public.files select n, case when n > 9000 then decode(repeat('ab', 20000), 'hex') end
       from generate_series(1, 10000) n`,
    );
    const table = await source.table('files');
    const planned = await plan(table, { bytes: 2_000_000, rows: 1e9 });
    expectSeamless(planned);
    const counts = await countsOf(table, ranges(planned));
    expect(planned.length).toBeGreaterThan(8);
    // The first 9,000 rows weigh next to nothing, of the others 100 fill a range.
    expect(counts[0]).toBeGreaterThan(8900);
    for (const count of counts.slice(1)) expect(count).toBeLessThan(150);
  });

  test('have the order of the column’s own comparison', async () => {
    await source.run(
      `create type public.step as enum ('z', 'y', 'x', 'a b')`,
      'create table public.steps (s public.step, n numeric, primary key (s, n))',
      `insert into public.steps select (array['z', 'y', 'x', 'a b'])[1 + n % 4]::public.step, n / 100.0
       from generate_series(1, 40000) n`,
    );
    const { planned } = await expectGoodPlan(await source.table('steps'), 40000);
    expect([...new Set(planned.slice(1).map(({ range }) => range.from?.[0]))]).toEqual([
      'z',
      'y',
      'x',
      'a b',
    ]);
  });

  test('keep rows together whose key the file names and which is not unique, or NULL', async () => {
    await source.run(
      'create table public.repeated (k int, v int)',
      'create index on public.repeated (k)',
      `insert into public.repeated select case when n % 10 > 0 then n / 50 end, n from generate_series(1, 100000) n`,
    );
    const table = await source.table('repeated', { key: ['k'] });
    const planned = await plan(table);
    expectSeamless(planned);
    expect(planned.length).toBeGreaterThan(60);
    expect(sum(await countsOf(table, ranges(planned)))).toBe(100000);
  });

  test('are one, which can be cut later, where no index has the order of the key', async () => {
    await source.run(
      'create table public.unindexed (k int not null)',
      'insert into public.unindexed select generate_series(1, 100000)',
    );
    const table = await source.table('unindexed', { key: ['k'] });
    const planned = await plan(table);
    expect(planned).toHaveLength(1);
    const [low = 0, high = 0] = await countsOf(
      table,
      ranges(planned.flatMap((one) => splitRange(table, one))),
    );
    expect(low + high).toBe(100000);
    expect(Math.abs(low - high)).toBeLessThan(20000);
  });

  test('are those of all partitions, and of a table without its children', async () => {
    await source.run(
      'create table public.sharded (id int, at date, primary key (id, at)) partition by hash (id)',
      ...[0, 1, 2].map(
        (rest) =>
          `create table public.sharded_${rest} partition of public.sharded for values with (modulus 3, remainder ${rest})`,
      ),
      `insert into public.sharded select n, '2026-01-01' from generate_series(1, 60000) n`,
      'create table public.parent (id int primary key)',
      'insert into public.parent select generate_series(1, 30000)',
      'create table public.heir () inherits (public.parent)',
      'insert into public.heir select generate_series(1, 90000)',
    );
    await expectGoodPlan(await source.table('sharded'), 60000);
    await expectGoodPlan(await source.table('parent'), 30000);
  });

  test('are one for a view, of whose rows nobody knows how many there are', async () => {
    await source.run('create view public.seen as select n as id from generate_series(1, 5000) n');
    const planned = await plan(await source.table('seen', { key: ['id'] }));
    expect(ranges(planned)).toEqual([{ from: null, to: null }]);
  });

  test('go on behind those that were planned before', async () => {
    await source.run(
      'create table public.long (id int primary key)',
      'insert into public.long select generate_series(1, 100000)',
    );
    const table = await source.table('long');
    const first = (await plan(table)).slice(0, 30);
    const rest = await plan(table, MANY, first.at(-1)?.range ?? null);
    expectSeamless([...first, ...rest]);
    const counts = await countsOf(table, ranges([...first, ...rest]));
    expect(sum(counts)).toBe(100000);
    expect(Math.max(...counts)).toBeLessThan(3000);
    expect(await plan(table, MANY, rest.at(-1)?.range ?? null)).toEqual([]);
  });
});

describe('a range that is too long', () => {
  test('is halved three times at keys that planning noted, whatever the type', async () => {
    await source.run(
      'create table public.words (w text primary key)',
      `insert into public.words select md5(n::text) || ' ä' from generate_series(1, 64000) n`,
    );
    const table = await source.table('words');
    let parts = await plan(table, { bytes: 1e12, rows: 64000 });
    expect(parts).toHaveLength(1);
    for (const count of [2, 4, 8]) {
      parts = parts.flatMap((part) => splitRange(table, part));
      expect(parts).toHaveLength(count);
      expectSeamless(parts);
    }
    const counts = await countsOf(table, ranges(parts));
    expect(sum(counts)).toBe(64000);
    expect(Math.max(...counts)).toBeLessThan(2 * Math.min(...counts));
    for (const [index, part] of parts.entries()) {
      expect(Math.abs(part.estimatedRows - (counts[index] ?? 0))).toBeLessThan(6000);
      expect(splitRange(table, part)).toEqual([]);
    }
  });

  test('is cut in the middle of its bounds where no key was noted', async () => {
    await source.run('create table public.pairs (a int, b date, c text, primary key (a, b, c))');
    const table = await source.table('pairs');
    const split = (from: string[] | null, to: string[] | null) =>
      splitRange(table, { range: { from, to }, cuts: [], estimatedRows: 11 });
    expect(split(['1', '2026-01-01', 'x'], ['1', '2026-01-11'])).toEqual([
      {
        range: { from: ['1', '2026-01-01', 'x'], to: ['1', '2026-01-06'] },
        cuts: [],
        estimatedRows: 6,
      },
      { range: { from: ['1', '2026-01-06'], to: ['1', '2026-01-11'] }, cuts: [], estimatedRows: 5 },
    ]);
    expect(ranges(split(['-5', '2026-01-01'], ['6']))).toEqual([
      { from: ['-5', '2026-01-01'], to: ['0'] },
      { from: ['0'], to: ['6'] },
    ]);
    expect(split(['1', '2026-01-01'], ['2'])).toEqual([]);
    expect(split(['1'], ['1', '2026-01-01'])).toEqual([]);
    expect(split(['1', '2026-01-01', 'a'], ['1', '2026-01-01', 'q'])).toEqual([]);
    expect(split(null, ['6'])).toEqual([]);
    expect(split(['6'], null)).toEqual([]);
  });
});

import { openDatabase, Session } from '@drover/postgres';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { ctidRanges, type TablePart } from './ctid-ranges.ts';
import type { SourceTable } from './source-table.ts';
import { type SourceFixture, sourceFixture } from './testing/source-fixture.ts';

let source: SourceFixture;
let divides: boolean;

beforeAll(async () => {
  source = await sourceFixture(inject('postgresUrl'));
  const [row] = await source.database.sql.query(
    `select current_setting('server_version_num')::int >= 140000 as divides`,
  );
  divides = row?.['divides'] === 't';
});

afterAll(() => source[Symbol.asyncDispose]());

const open = () => Session.open(source.database.url, { side: 'source', applicationName: 'test' });

/** Rows of each part, one by one, as text. */
async function rowsOf(sql: Session, parts: readonly TablePart[]): Promise<string[][]> {
  const rows: string[][] = [];
  for (const part of parts) {
    // Without the place of the row, which comes first.
    const found = await sql.query(
      `select regexp_replace(s::text, '^\\(\\d+,"\\(\\d+,\\d+\\)",', '(') as row from ${part.from} s`,
    );
    rows.push(found.map((row) => row['row'] ?? ''));
  }
  return rows;
}

async function planned(table: SourceTable, parts: number) {
  await using session = await open();
  await session.query('begin isolation level repeatable read read only');
  const ranges = await ctidRanges(session, table, parts);
  return { ranges, rows: await rowsOf(session, ranges) };
}

const distinct = (rows: readonly string[][]) => new Set(rows.flat()).size;

describe('the parts of a table without a key', () => {
  test('have about as many rows each, and together all of them once', async () => {
    await source.run(
      `create table public."Pl'ain ""x""" ("A b" int, gone int, "ü" text)`,
      `alter table public."Pl'ain ""x""" drop gone`,
      `insert into public."Pl'ain ""x""" select n, md5(n::text) from generate_series(1, 40000) n`,
      'analyze',
    );
    const table = await source.table(`Pl'ain "x"`);
    const { ranges, rows } = await planned(table, 4);
    expect(ranges).toHaveLength(divides ? 4 : 1);
    expect(rows.flat()).toHaveLength(40000);
    expect(distinct(rows)).toBe(40000);
    for (const [index, { estimatedRows }] of ranges.entries()) {
      expect(Math.abs(estimatedRows - 40000 / ranges.length)).toBeLessThan(500);
      expect(Math.abs((rows[index]?.length ?? 0) - estimatedRows)).toBeLessThan(500);
    }
    expect((await planned(table, 1)).ranges).toHaveLength(1);
  });

  test('are found without reading the other blocks', async () => {
    if (!divides) return;
    await source.run(
      'create table public.scanned (n int)',
      'insert into public.scanned select generate_series(1, 40000)',
    );
    const { ranges } = await planned(await source.table('scanned'), 4);
    for (const { from } of ranges) {
      const plan = await source.database.sql.query(`explain select * from ${from} s`);
      expect(JSON.stringify(plan)).toContain('Tid Range Scan');
    }
  });

  test('hold the rows that came into new blocks before the snapshot was made', async () => {
    await source.run(
      'create table public.growing (n int)',
      'insert into public.growing select generate_series(1, 20000)',
    );
    const table = await source.table('growing');
    await source.run('insert into public.growing select generate_series(20001, 60000)');
    const { rows } = await planned(table, 3);
    expect(distinct(rows)).toBe(60000);
  });

  test('hold the rows that came into new blocks after they were planned', async () => {
    await source.run(
      'create table public.planned (n int)',
      'insert into public.planned select generate_series(1, 20000)',
    );
    const ranges = await ctidRanges(source.database.sql, await source.table('planned'), 3);
    await source.run('insert into public.planned select generate_series(20001, 60000)');
    await using session = await open();
    expect(distinct(await rowsOf(session, ranges))).toBe(60000);
  });

  test('stay the parts of their snapshot while rows are written and the table is to be rewritten', async () => {
    await source.run(
      'create table public.busy (n int)',
      'insert into public.busy select generate_series(1, 20000)',
    );
    const table = await source.table('busy');
    await using session = await open();
    await session.query('begin isolation level repeatable read read only');
    const ranges = await ctidRanges(session, table, 3);
    const [first = [], ...others] = await rowsOf(session, ranges.slice(0, 1));
    expect(others).toEqual([]);
    await source.run(
      'update public.busy set n = -n where n % 2 = 0',
      'delete from public.busy where n % 3 = 0',
      'insert into public.busy select generate_series(20001, 30000)',
    );
    await using other = await open();
    await other.query(`set lock_timeout = '50ms'`);
    await expect(other.query('vacuum full public.busy')).rejects.toMatchObject({
      code: 'LOCK_TIMEOUT',
    });
    const rest = await rowsOf(session, ranges.slice(1));
    const all = [first, ...rest].flat().map((row) => Number(row.slice(1, -1)));
    expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: 20000 }, (_, n) => n + 1));
  });

  test('keep their partitions from being rewritten', async () => {
    await source.run(
      'create table public.held (n int) partition by hash (n)',
      'create table public.held_0 partition of public.held for values with (modulus 1, remainder 0)',
    );
    const table = await source.table('held');
    await using session = await open();
    await session.query('begin isolation level repeatable read read only');
    await ctidRanges(session, table, 3);
    await using other = await open();
    await other.query(`set lock_timeout = '50ms'`);
    await expect(other.query('vacuum full public.held_0')).rejects.toMatchObject({
      code: 'LOCK_TIMEOUT',
    });
  });

  test('go over all partitions, which may have their columns in another order', async () => {
    await source.run(
      'create table public.shards (a int, b text) partition by list (a)',
      'create table public.shard_1 (b text, extra int, a int)',
      'alter table public.shard_1 drop extra',
      'alter table public.shards attach partition public.shard_1 for values in (1)',
      'create table public.shard_2 partition of public.shards for values in (2) partition by list (b)',
      'create table public.shard_2_x partition of public.shard_2 default',
      'create table public.shard_3 partition of public.shards for values in (3)',
      'create table public.shard_4 partition of public.shards for values in (4)',
      `insert into public.shards select 1 + n % 10 / 9, md5(n::text) from generate_series(1, 30000) n`,
      `insert into public.shards values (4, 'last')`,
    );
    const table = await source.table('shards');
    for (const count of [1, 2, 5]) {
      const { ranges, rows } = await planned(table, count);
      expect(ranges.length).toBeLessThanOrEqual(count);
      expect(rows.flat()).toHaveLength(30001);
      expect(distinct(rows)).toBe(30001);
      expect(rows.flat()).toContain('(4,last)');
      if (divides)
        expect(Math.max(...rows.map((part) => part.length))).toBeLessThan(30001 / count + 1500);
    }
  });

  test('are those of a table without its children', async () => {
    await source.run(
      'create table public.parent (n int)',
      'create table public.child (m int) inherits (public.parent)',
      'insert into public.parent select generate_series(1, 5000)',
      'insert into public.child select generate_series(5001, 9000)',
    );
    const { rows } = await planned(await source.table('parent'), 2);
    expect(distinct(rows)).toBe(5000);
  });

  test('are one part, where the table has no columns, no rows or no places', async () => {
    await source.run(
      'create table public.bare ()',
      'insert into public.bare default values',
      'create table public.empty (n int)',
      'create view public.seen as select n from generate_series(1, 10) n',
    );
    const views = [
      await source.table('bare'),
      await source.table('empty'),
      await source.table('seen'),
    ];
    const counts: number[] = [];
    for (const table of views) {
      const { ranges, rows } = await planned(table, 4);
      expect(ranges).toHaveLength(1);
      counts.push(rows.flat().length);
    }
    expect(counts).toEqual([1, 0, 10]);
  });

  test('are one part of a hypertable, whose rows may lie elsewhere than in its chunks', async () => {
    await source.run(
      'create schema _timescaledb_internal',
      'create table public.hyper (n int)',
      'create table _timescaledb_internal.chunk_1 () inherits (public.hyper)',
      'create table _timescaledb_internal.chunk_2 () inherits (public.hyper)',
      'insert into _timescaledb_internal.chunk_1 select generate_series(1, 5000)',
      'insert into _timescaledb_internal.chunk_2 select generate_series(5001, 9000)',
    );
    const { ranges, rows } = await planned(await source.table('hyper'), 3);
    expect(ranges).toHaveLength(1);
    expect(distinct(rows)).toBe(9000);
  });

  test('are one part, where the role may read the partitions only through their table', async () => {
    const role = `reader_${Date.now()}`;
    await source.run(
      `create role ${role} login`,
      'create table public.guarded (n int) partition by hash (n)',
      'create table public.guarded_0 partition of public.guarded for values with (modulus 2, remainder 0)',
      'create table public.guarded_1 partition of public.guarded for values with (modulus 2, remainder 1)',
      'insert into public.guarded select generate_series(1, 5000)',
      `grant select on public.guarded to ${role}`,
    );
    try {
      const url = new URL(source.database.url);
      url.username = role;
      await using reader = openDatabase(url.href, {
        side: 'test',
        applicationName: 'test',
        max: 1,
      });
      const parts = await ctidRanges(reader, await source.table('guarded'), 4);
      expect(parts).toHaveLength(1);
      const [row] = await reader.query(`select count(*) as n from ${parts[0]?.from} s`);
      expect(row?.['n']).toBe('5000');
    } finally {
      await source.run(`drop owned by ${role}`, `drop role ${role}`);
    }
  });
});

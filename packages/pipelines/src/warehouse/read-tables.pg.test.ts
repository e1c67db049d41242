import { openDatabase } from '@drover/postgres';
import { type ScratchDatabase, scratchDatabase } from '@drover/testkit';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { readTables } from './read-tables.ts';
import type { SourceTable } from './source-table.ts';
import { warehouseSpec } from './testing/warehouse-spec.ts';

const server = inject('postgresUrl');

const UGLY = 'Büro "7" \\ x.y';
const UGLY_SQL = `"Büro ""7"" \\ x.y"`;

let database: ScratchDatabase;
let version: number;

beforeAll(async () => {
  database = await scratchDatabase(server);
  const [row] = await database.sql.query(`select current_setting('server_version_num') as v`);
  version = Number(row?.['v']);
  for (const statement of [
    `create schema ${UGLY_SQL}`,
    'create schema empty',
    'create schema drover',
    'create table drover.runs (id int primary key)',
    `create domain public.code as varchar(5) collate "C"`,
    `create domain public."Code 2" as public.code check (value <> '')`,
    `create type public.mood as enum ('sad', 'glad')`,
    'create type public.pair as (a int, b text)',
    `create table ${UGLY_SQL}."T 'x'" (
       "id" int, "Größe" numeric(10,2), gone int, d public."Code 2" not null, m public.mood, p public.pair,
       a text[], da public.code[], ts timestamp(3), tz timestamptz, t time(0), v varchar(7), c char(3),
       b bit(4), vb bit varying(9), n numeric, big numeric(1000,900), r int4range, plain text,
       raw text collate "POSIX", primary key (d, "id"))`,
    `alter table ${UGLY_SQL}."T 'x'" drop column gone`,
    'create unlogged table public.scratch (k int)',
    'create table public.bare ()',
    'create view public.seen as select 1 as one',
    'create materialized view public.frozen as select 1 as one',
    'create table public.base (id int primary key, v text)',
    'create table public.child (extra int, primary key (id)) inherits (public.base)',
    'insert into public.base select n from generate_series(1, 3) n',
    'insert into public.child select n from generate_series(4, 9) n',
    'create table public.parts (k int, at date, primary key (k, at)) partition by range (at)',
    `create table public.parts_1 partition of public.parts for values from ('2026-01-01') to ('2026-02-01')`,
    `create table public.parts_2 partition of public.parts for values from ('2026-02-01') to ('2026-03-01')
       partition by list (k)`,
    'create table public.parts_2_d partition of public.parts_2 default',
    `insert into public.parts select n, '2026-01-01'::date + n % 50 from generate_series(1, 1000) n`,
    'analyze',
  ]) {
    await database.sql.query(statement);
  }
});

afterAll(() => database[Symbol.asyncDispose]());

const read = async (source: object = {}, tables: readonly object[] = []) =>
  readTables(database.sql, warehouseSpec({ source: { schemas: 'all', ...source }, tables }));

const names = (tables: readonly SourceTable[]) => tables.map((one) => `${one.schema}.${one.name}`);

async function tableOf(name: string, tables: readonly object[] = []): Promise<SourceTable> {
  const found = (await read({ views: 'copy' }, tables)).tables.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no table ${name}`);
  return found;
}

const typeOf = (table: SourceTable, column: string) =>
  table.columns.find((one) => one.name === column)?.type;

describe('the tables that a file asks for', () => {
  test('are those of every schema but the server’s and Drover’s own; partitions go with their table', async () => {
    const { tables, left } = await read();
    expect(names(tables)).toEqual([
      `${UGLY}.T 'x'`,
      'public.bare',
      'public.base',
      'public.child',
      'public.frozen',
      'public.parts',
      'public.scratch',
    ]);
    expect(left).toEqual([{ table: 'public.seen', why: 'a view, and source.views is skip' }]);
  });

  test('leave out what the file excludes, and say so', async () => {
    const { tables, left } = await read({
      schemas: [
        'empty',
        {
          name: 'public',
          exclude: ['base', 'parts_1', 'long gone'],
          excludeRegex: ['^s', 'ild$'],
        },
      ],
    });
    expect(names(tables)).toEqual(['public.bare', 'public.frozen', 'public.parts']);
    expect(left).toEqual([
      { table: 'public.base', why: 'excluded by name' },
      { table: 'public.child', why: 'excluded by the expression ild$' },
      { table: 'public.scratch', why: 'excluded by the expression ^s' },
      { table: 'public.seen', why: 'excluded by the expression ^s' },
      { table: 'public.long gone', why: 'excluded, but the source has no such table' },
    ]);
  });

  test('are all but the schemas that are excluded, and the views where they are asked for', async () => {
    const { tables, left } = await read({ excludeSchemas: [UGLY, 'nowhere'], views: 'copy' });
    expect(names(tables)).toContain('public.seen');
    expect(names(tables)).not.toContain(`${UGLY}.T 'x'`);
    expect(left).toEqual([]);
  });

  test('can be a partition, where it is named and its table is not', async () => {
    const { tables } = await read({ schemas: [{ name: 'public', tables: ['parts_1', 'bare'] }] });
    expect(names(tables)).toEqual(['public.bare', 'public.parts_1']);
    await expect(
      read({ schemas: [{ name: 'public', tables: ['parts', 'parts_2_d'] }] }),
    ).rejects.toThrow('public.parts_2_d and public.parts, of which it is a partition');
  });

  test.each([
    [{ schemas: ['public', 'nowhere'] }, [], 'nowhere', 'empty, public'],
    [{ schemas: ['pg_catalog'] }, [], 'pg_catalog', 'public'],
    [{ schemas: ['drover'] }, [], 'drover', 'public'],
    [{ schemas: ['public', 'public'] }, [], 'public twice', ''],
    [{ schemas: [{ name: 'public', tables: ['Base'] }] }, [], 'Base', 'bare, base, child'],
    [
      { schemas: [{ name: 'public', tables: ['seen'] }] },
      [],
      'public.seen',
      'source.views to copy',
    ],
    [{}, [{ name: 'public.nothing' }], 'public.nothing', 'bare, base'],
    [{}, [{ name: 'base' }], 'base', 'schema.table'],
    [{}, [{ name: 'public.base' }, { name: 'public.base' }], 'public.base twice', ''],
    [{}, [{ name: 'public.base', key: ['ID'] }], 'the column ID', 'id, v'],
    [{}, [{ name: 'public.base', key: ['id', 'id'] }], 'id twice', ''],
    [{}, [{ name: 'public.base', watermark: 'at' }], 'the column at', 'id, v'],
    [{}, [{ name: 'public.base', columns: { w: { leaveOut: true } } }], 'the column w', 'id, v'],
  ])(
    'that the source lacks are an error that names them: %j %j',
    async (source, tables, what, hint) => {
      await expect(read(source, tables)).rejects.toMatchObject({
        code: 'FILE_INVALID',
        message: expect.stringContaining(what),
        hint: expect.stringContaining(hint),
      });
    },
  );
});

describe('a table', () => {
  test('has its columns with types below domains, without those that were dropped', async () => {
    const table = await tableOf("T 'x'");
    expect(table.columns.map((one) => one.name)).not.toContain('........pg.dropped.3........');
    const limits = Object.fromEntries(
      table.columns.map(({ name, type: { name: type, length, precision, scale } }) => [
        name,
        [type, length, precision, scale],
      ]),
    );
    expect(limits).toEqual({
      id: ['int4', null, null, null],
      Größe: ['numeric', null, 10, 2],
      d: ['varchar', 5, null, null],
      m: ['mood', null, null, null],
      p: ['pair', null, null, null],
      a: ['_text', null, null, null],
      da: ['_code', null, null, null],
      ts: ['timestamp', null, null, 3],
      tz: ['timestamptz', null, null, null],
      t: ['time', null, null, 0],
      v: ['varchar', 7, null, null],
      c: ['bpchar', 3, null, null],
      b: ['bit', 4, null, null],
      vb: ['varbit', 9, null, null],
      n: ['numeric', null, null, null],
      big: ['numeric', null, 1000, 900],
      r: ['int4range', null, null, null],
      plain: ['text', null, null, null],
      raw: ['text', null, null, null],
    });
    expect(typeOf(table, 'd')).toMatchObject({
      printed: 'public."Code 2"',
      schema: 'pg_catalog',
      kind: 'base',
    });
    expect(['m', 'p', 'a', 'da', 'r', 'id'].map((column) => typeOf(table, column)?.kind)).toEqual([
      'enum',
      'composite',
      'array',
      'array',
      'range',
      'base',
    ]);
    expect(typeOf(table, 'm')?.schema).toBe('public');
  });

  test('knows which of its texts compare as bytes', async () => {
    const { columns } = await tableOf("T 'x'");
    const bytewise = Object.fromEntries(columns.map((one) => [one.name, one.bytewise]));
    expect(bytewise).toMatchObject({ id: true, d: true, raw: true });
    const [locale] = await database.sql.query(
      `select datcollate = any ('{C,POSIX}') as plain from pg_database where datname = current_database()`,
    );
    expect(bytewise['plain']).toBe(locale?.['plain'] === 't');
    const [icu] = await database.sql.query(
      `select 1 from pg_collation where collname = 'en-x-icu'`,
    );
    if (icu === undefined) return;
    await database.sql.query('create table public.sorted (a text collate "en-x-icu")');
    const sorted = await tableOf('sorted');
    await database.sql.query('drop table public.sorted');
    expect(sorted.columns[0]?.bytewise).toBe(false);
  });

  test('has negative scales from Postgres 15 on', async () => {
    if (version < 150000) return;
    await database.sql.query('create table public.rounded (a numeric(3,-5), b numeric(2,4))');
    const table = await tableOf('rounded');
    await database.sql.query('drop table public.rounded');
    expect(table.columns.map(({ type }) => [type.precision, type.scale])).toEqual([
      [3, -5],
      [2, 4],
    ]);
  });

  test('has rows and bytes of all its partitions, and of none of its children', async () => {
    const parts = await tableOf('parts');
    expect([parts.kind, parts.estimatedRows]).toEqual(['partitioned table', 1000]);
    expect(parts.bytes).toBeGreaterThanOrEqual(3 * 8192);
    const base = await tableOf('base');
    expect([base.kind, base.estimatedRows]).toEqual(['table', 3]);
    expect((await tableOf('bare')).columns).toEqual([]);
  });
});

describe('the key of a table', () => {
  test('is the primary key, in the order of the key', async () => {
    expect((await tableOf("T 'x'")).key).toEqual({
      columns: ['d', 'id'],
      origin: 'primary key',
      indexed: true,
    });
    expect((await tableOf('parts')).key).toMatchObject({ columns: ['k', 'at'], indexed: true });
    expect((await tableOf('scratch')).key).toBeNull();
  });

  test('is else the unique index of the fewest and narrowest columns that vouches for every row', async () => {
    await using other = await scratchDatabase(server);
    const { sql } = other;
    const keyOf = async (...statements: readonly string[]) => {
      await sql.query('drop table if exists public.t');
      await sql.query(
        'create table public.t (a text not null, b int not null, c bigint not null, n int, d int not null)',
      );
      for (const statement of statements) await sql.query(statement);
      const { tables } = await readTables(sql, warehouseSpec({ source: { schemas: ['public'] } }));
      return tables[0]?.key?.columns ?? null;
    };
    expect(await keyOf('create unique index on public.t (a, b)')).toEqual(['a', 'b']);
    expect(
      await keyOf('create unique index on public.t (a, b)', 'create unique index on public.t (c)'),
    ).toEqual(['c']);
    expect(
      await keyOf('create unique index on public.t (c)', 'create unique index on public.t (b)'),
    ).toEqual(['b']);
    expect(
      await keyOf('create unique index z on public.t (b)', 'create unique index y on public.t (d)'),
    ).toEqual(['d']);
    // The names are such that the first by name is never the right one.
    expect(
      await keyOf(
        'create unique index y on public.t (b, d)',
        'create unique index z on public.t (a)',
      ),
    ).toEqual(['a']);
    expect(
      await keyOf('create unique index y on public.t (c)', 'create unique index z on public.t (b)'),
    ).toEqual(['b']);
    expect(
      await keyOf(
        'create unique index y on public.t (b)',
        'alter table public.t add constraint z primary key (a, c)',
      ),
    ).toEqual(['a', 'c']);
    expect(await keyOf('create unique index on public.t (n)')).toBeNull();
    expect(await keyOf('create unique index on public.t (b) where b > 0')).toBeNull();
    expect(await keyOf('create unique index on public.t ((b + 1))')).toBeNull();
    expect(await keyOf('create unique index on public.t (b, (c + 1))')).toBeNull();
    expect(await keyOf('create index on public.t (b)')).toBeNull();
    expect(await keyOf('alter table public.t add unique (b) deferrable')).toBeNull();
    expect(await keyOf('create unique index on public.t (b) include (a)')).toEqual(['b']);
    await sql.query('drop table public.t');
    await sql.query('create table public.t (b int not null)');
    await sql.query('insert into public.t values (1), (1)');
    await expect(sql.query('create unique index concurrently on public.t (b)')).rejects.toThrow();
    const { tables } = await readTables(sql, warehouseSpec({ source: { schemas: ['public'] } }));
    expect(tables[0]?.key).toBeNull();
  });

  test('is not the index of a partitioned table that lacks a partition', async () => {
    await using other = await scratchDatabase(server);
    for (const statement of [
      'create table public.t (k int not null) partition by hash (k)',
      'create table public.t_0 partition of public.t for values with (modulus 1, remainder 0)',
      'create unique index on only public.t (k)',
    ]) {
      await other.sql.query(statement);
    }
    const { tables } = await readTables(
      other.sql,
      warehouseSpec({ source: { schemas: ['public'] } }),
    );
    expect(tables).toMatchObject([{ name: 't', key: null }]);
  });

  test('is what the file says; where the source vouches for these columns it is told', async () => {
    const name = `${UGLY}.T 'x'`;
    expect((await tableOf("T 'x'", [{ name, key: ['id', 'd'] }])).key).toEqual({
      columns: ['id', 'd'],
      origin: 'primary key',
      indexed: false,
    });
    expect((await tableOf("T 'x'", [{ name, key: ['d'] }])).key).toEqual({
      columns: ['d'],
      origin: 'file',
      indexed: true,
    });
    expect((await tableOf('seen', [{ name: 'public.seen', key: ['one'] }])).key).toEqual({
      columns: ['one'],
      origin: 'file',
      indexed: false,
    });
  });

  test('is no key of its own order where the index has another', async () => {
    await using other = await scratchDatabase(server);
    const { sql } = other;
    const indexed = async (index: string) => {
      await sql.query('drop table if exists public.t');
      await sql.query('create table public.t (a text collate "C" not null, b int not null)');
      await sql.query(`create unique index on public.t ${index}`);
      const { tables } = await readTables(sql, warehouseSpec({ source: { schemas: ['public'] } }));
      return tables[0]?.key?.indexed;
    };
    expect(await indexed('(a, b)')).toBe(true);
    expect(await indexed('(a desc, b desc)')).toBe(true);
    expect(await indexed('(a, b desc)')).toBe(false);
    expect(await indexed('(a text_pattern_ops, b)')).toBe(false);
    expect(await indexed('(a collate "POSIX", b)')).toBe(false);
  });
});

test('a hypertable is one table, with the rows of its chunks', async () => {
  await using other = await scratchDatabase(server);
  for (const statement of [
    'create schema _timescaledb_internal',
    'create table public.hyper (id int primary key)',
    'create table _timescaledb_internal.chunk_1 () inherits (public.hyper)',
    'insert into _timescaledb_internal.chunk_1 select generate_series(1, 500)',
    'analyze',
  ]) {
    await other.sql.query(statement);
  }
  const { tables, left } = await readTables(
    other.sql,
    warehouseSpec({ source: { schemas: 'all' } }),
  );
  expect(tables).toMatchObject([{ name: 'hyper', kind: 'partitioned table', estimatedRows: 500 }]);
  expect(left).toEqual([]);
});

test('what an extension made is moved only where it is listed', async () => {
  await using other = await scratchDatabase(server);
  for (const statement of [
    'create table public.theirs (id int)',
    'create table public.ours (id int)',
    'alter extension plpgsql add table public.theirs',
  ]) {
    await other.sql.query(statement);
  }
  const all = await readTables(other.sql, warehouseSpec({ source: { schemas: ['public'] } }));
  expect(names(all.tables)).toEqual(['public.ours']);
  expect(all.left).toEqual([
    {
      table: 'public.theirs',
      why: 'belongs to the extension plpgsql; list it under tables to move it',
    },
  ]);
  const listed = { schemas: [{ name: 'public', tables: ['theirs'] }] };
  const { tables } = await readTables(other.sql, warehouseSpec({ source: listed }));
  expect(names(tables)).toEqual(['public.theirs']);
});

test('a role learns which tables it cannot read, and why', async () => {
  await using other = await scratchDatabase(server);
  const { sql } = other;
  const role = `reader_${Date.now()}`;
  await sql.query(`create role ${role} login`);
  try {
    for (const statement of [
      'create schema hidden',
      'create table hidden.t (id int)',
      'create table public.closed (id int)',
      'create table public.some_columns (id int, secret int)',
      'create table public.all_columns (id int, secret int)',
      'create table public.open (id int)',
      'create table public.guarded (id int)',
      'alter table public.guarded enable row level security',
      `grant usage on schema public to ${role}`,
      `grant select on public.open, public.guarded, hidden.t to ${role}`,
      `grant select (id) on public.some_columns to ${role}`,
      `grant select (id, secret) on public.all_columns to ${role}`,
    ]) {
      await sql.query(statement);
    }
    const url = new URL(other.url);
    url.username = role;
    await using reader = openDatabase(url.href, { side: 'test', applicationName: 'test', max: 1 });
    const { tables } = await readTables(reader, warehouseSpec({ source: { schemas: 'all' } }));
    expect(Object.fromEntries(tables.map((one) => [one.name, one.access]))).toEqual({
      t: 'no usage of the schema',
      closed: 'no select',
      some_columns: 'no select',
      all_columns: 'granted',
      open: 'granted',
      guarded: 'row security',
    });
  } finally {
    await sql.query(`drop owned by ${role}`);
    await sql.query(`drop role ${role}`);
  }
});

test('hundreds of tables take as few statements as one', async () => {
  await using other = await scratchDatabase(server);
  for (let part = 0; part < 3; part += 1) {
    await other.sql.query(
      `do $$ begin for n in 1..100 loop
         execute format('create table public.t_%s_%s (id int primary key, v text)', ${part}, n);
       end loop; end $$`,
    );
  }
  let statements = 0;
  const counted = {
    query: (text: string, values?: Parameters<typeof other.sql.query>[1]) => {
      statements += 1;
      return other.sql.query(text, values);
    },
  };
  const { tables } = await readTables(counted, warehouseSpec({ source: { schemas: 'all' } }));
  expect(tables).toHaveLength(300);
  expect(tables.every((one) => one.columns.length === 2 && one.key !== null)).toBe(true);
  expect(statements).toBeLessThan(8);
});

import type { Verdict } from '@drover/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { targetIdentifier } from './names.ts';
import {
  type WarehouseFixture,
  type WarehouseRun,
  warehouseFixture,
} from './testing/warehouse-fixture.ts';

interface TableCase {
  readonly name: string;
  /** Statements that make the table. */
  readonly setup: readonly string[];
  /** Of the migration file. */
  readonly exception?: object;
  /** So many chunks at least; 1 where it cannot be cut. */
  readonly chunks: number;
  /** Rows that are set aside, by rule. */
  readonly rejected?: Readonly<Record<string, number>>;
  /** SQL over the source that gives the rows that should arrive; by default all of the table. */
  readonly rows?: string;
}

const ROWS_PER_CHUNK = 400;
const KILOBYTES_PER_CHUNK = 100;
const ROWS = 2000;
const SERIES = `generate_series(1, ${ROWS}) i`;
/** Texts that ICU and libc order otherwise than bytes. */
const WORD = `(array['a','B','c-','C','é','e','É','Z','z','_','ß','ss'])[1 + i % 12] || case when i % 2 = 0 then upper(md5(i::text)) else md5(i::text) end`;

const CASES: readonly TableCase[] = [
  { name: 'empty', setup: ['create table shop.empty (id int primary key, v text)'], chunks: 1 },
  { name: 'empty_keyless', setup: ['create table shop.empty_keyless (v text)'], chunks: 1 },
  {
    name: 'single',
    setup: [
      'create table shop.single (id int primary key, v text)',
      `insert into shop.single values (7, 'x')`,
    ],
    chunks: 1,
  },
  {
    name: 'parted',
    setup: [
      'create table shop.parted (at date, id int, v text, primary key (at, id)) partition by range (at)',
      `create table shop.parted_1 partition of shop.parted for values from (minvalue) to ('2026-02-01')`,
      'create table shop.parted_2 (v text, id int not null, at date not null)',
      `alter table shop.parted attach partition shop.parted_2 for values from ('2026-02-01') to ('2026-03-01')`,
      'create table shop.parted_3 partition of shop.parted default partition by list (id)',
      'create table shop.parted_4 partition of shop.parted_3 default',
      `insert into shop.parted select '2026-01-01'::date + i % 90, i, 'v' || i from ${SERIES}`,
    ],
    chunks: 4,
  },
  {
    name: 'parted_keyless',
    setup: [
      'create table shop.parted_keyless (at date, v text) partition by range (at)',
      `create table shop.parted_k1 partition of shop.parted_keyless for values from (minvalue) to ('2026-02-01')`,
      'create table shop.parted_k2 partition of shop.parted_keyless default',
      `insert into shop.parted_keyless select '2026-01-01'::date + i % 60, 'v' || i % 900 from ${SERIES}`,
    ],
    chunks: 1,
  },
  {
    name: 'parent',
    setup: [
      'create table shop.parent (id int primary key, v text)',
      `insert into shop.parent select i, 'p' || i from ${SERIES}`,
    ],
    chunks: 4,
    rows: 'select * from only shop.parent',
  },
  {
    name: 'child',
    setup: [
      'create table shop.child (extra numeric(6,2)) inherits (shop.parent)',
      // Keys that the parent has too: nothing forbids them.
      `insert into shop.child select i % 500, 'c' || i, i / 7.0 from ${SERIES}`,
    ],
    chunks: 1,
  },
  {
    name: 'view_keyless',
    setup: ['create view shop.view_keyless as select id % 10 as n, v from only shop.parent'],
    chunks: 1,
  },
  {
    name: 'view_keyed',
    setup: ['create view shop.view_keyed as select id, v from only shop.parent where id <= 700'],
    exception: { key: ['id'] },
    chunks: 1,
  },
  {
    name: 'snapshot',
    setup: [
      'create materialized view shop.snapshot as select id, v from only shop.parent',
      'create unique index on shop.snapshot (id)',
    ],
    exception: { key: ['id'] },
    chunks: 4,
  },
  {
    name: 'icu_words',
    setup: [
      'create table shop.icu_words (w text collate "und-x-icu" primary key, n int)',
      `insert into shop.icu_words select ${WORD}, i from ${SERIES}`,
    ],
    chunks: 4,
  },
  {
    name: 'c_words',
    setup: [
      'create table shop.c_words (w text collate "C" primary key, n int)',
      `insert into shop.c_words select ${WORD}, i from ${SERIES}`,
    ],
    chunks: 4,
  },
  {
    name: 'composite',
    setup: [
      'create table shop.composite (b text, a bigint, c char(3), n int, primary key (c, a, b))',
      `insert into shop.composite select 'b' || i % 5, i / 5, chr(97 + i % 2), i from ${SERIES}`,
    ],
    chunks: 4,
  },
  {
    name: 'generated',
    setup: [
      'create table shop.generated (id int generated always as identity primary key, a int, twice int generated always as (a * 2) stored)',
      `insert into shop.generated (a) select i from ${SERIES}`,
    ],
    chunks: 4,
  },
  {
    name: 'uuids',
    setup: [
      'create table shop.uuids (id uuid primary key, n int)',
      `insert into shop.uuids select md5(i::text)::uuid, i from ${SERIES}`,
    ],
    chunks: 4,
  },
  {
    name: 'moments',
    setup: [
      'create table shop.moments (at timestamptz primary key, n int)',
      `insert into shop.moments select '2026-03-29 00:00:00+01'::timestamptz + i * i * interval '0.37 s', i from ${SERIES}`,
      `insert into shop.moments values ('0044-03-15 BC', -1), ('infinity', -2), ('-infinity', -3), ('9999-12-31 23:59:59.999999Z', -4)`,
    ],
    chunks: 4,
    rejected: { 'date-out-of-range': 3 },
    rows: 'select * from shop.moments where n > -1 or n = -4',
  },
  {
    name: 'numerics',
    setup: [
      'create table shop.numerics (id numeric(38,10) primary key, n int)',
      `insert into shop.numerics select (i - 1000) ^ 5 / 7, i from ${SERIES}`,
      `insert into shop.numerics values ('NaN', 0)`,
    ],
    chunks: 4,
    rejected: { 'not-a-number': 1 },
    rows: 'select * from shop.numerics where n > 0',
  },
  {
    name: 'free_numerics',
    setup: [
      'create table shop.free_numerics (id numeric primary key, n int)',
      `insert into shop.free_numerics select (i - 1000) / 8.0, i from ${SERIES}`,
      `insert into shop.free_numerics values ('NaN', 0), ('Infinity', 0), ('-Infinity', 0), (1e300, 0)`,
    ],
    chunks: 4,
  },
  {
    name: 'bytes',
    setup: [
      'create table shop.bytes (id bytea primary key, n int)',
      `insert into shop.bytes select decode(md5(i::text), 'hex'), i from ${SERIES}`,
    ],
    chunks: 4,
  },
  {
    name: 'with_nulls',
    setup: [
      'create table shop.with_nulls (a int, b text, n int)',
      `insert into shop.with_nulls select nullif(i % 100, 3), nullif('b' || i / 100, 'b7'), i from ${SERIES}`,
      'create index on shop.with_nulls (a, b)',
    ],
    exception: { key: ['a', 'b'] },
    chunks: 4,
    rejected: { 'key-null': 119 },
    rows: 'select * from shop.with_nulls where a is not null and b is not null',
  },
  {
    // Nine rows of ten in a hundredth of the keys.
    name: 'skewed',
    setup: [
      'create table shop.skewed (id bigint primary key, v text)',
      `insert into shop.skewed select case when i % 10 > 0 then 5000000 + i else i * 5000 end, 'v' from ${SERIES}`,
    ],
    chunks: 4,
  },
  {
    // A few rows with nearly all of the bytes.
    name: 'heavy',
    setup: [
      'create table shop.heavy (id int primary key, v text)',
      `insert into shop.heavy select i, case when i % 100 = 0 then (select string_agg(md5((i * j)::text), '') from generate_series(1, 300) j) else 'v' end from ${SERIES}`,
    ],
    chunks: 4,
  },
];

const SETUP = CASES.flatMap(({ setup }) => setup);

describe('through the pipeline', () => {
  let fixture: WarehouseFixture;
  let run: WarehouseRun;
  let verdicts: readonly Verdict[];

  beforeAll(async () => {
    fixture = await warehouseFixture({
      generation: 'D24',
      setup: [...SETUP, 'analyze'].join(';\n'),
      source: { views: 'copy' },
      spec: {
        chunk: { rows: ROWS_PER_CHUNK, bytes: `${KILOBYTES_PER_CHUNK}KB` },
        tables: CASES.flatMap(({ name, exception }) =>
          exception === undefined ? [] : [{ name: `shop.${name}`, ...exception }],
        ),
      },
    });
    run = await fixture.run();
    verdicts = await fixture.verify(run);
  });

  afterAll(async () => {
    await fixture[Symbol.asyncDispose]();
  });

  test.each(CASES)('every row of $name arrives once, and no chunk is far too long', async (of) => {
    const settled = run.settled.filter(({ receipt }) =>
      receipt.parts.some(({ part }) => part.endsWith(`.${of.name}`)),
    );
    const ranges = run.chunks.filter(({ stream }) => stream === `shop.${of.name}`);
    expect(ranges.length).toBeGreaterThanOrEqual(of.chunks);
    if (of.chunks === 1) expect(ranges).toHaveLength(1);

    const rows = await fixture.source.sql.query(of.rows ?? `select * from shop.${of.name}`);
    const found = await fixture.target.query(
      `SELECT * FROM ${targetIdentifier(fixture.database)}.${of.name}`,
    );
    // The last column has the same text on both sides, and mostly another one in each row.
    const last = Object.keys(rows[0] ?? {}).at(-1) ?? 'v';
    const texts = (some: readonly Readonly<Record<string, string | null>>[]) =>
      some.map((row) => row[last] ?? 'NULL').sort();
    expect(texts(found)).toEqual(texts(rows));

    const sum = (figure: 'read' | 'loaded' | 'rejected' | 'written') =>
      settled.reduce((all, { receipt }) => all + receipt[figure], 0);
    const rejects = settled.flatMap((one) => one.rejects);
    const rejected = Object.values(of.rejected ?? {}).reduce((all, one) => all + one, 0);
    expect({
      read: sum('read'),
      loaded: sum('loaded'),
      rejected: sum('rejected'),
      written: sum('written'),
    }).toEqual({
      read: rows.length + rejected,
      loaded: rows.length,
      rejected,
      written: rows.length,
    });
    expect(rejects.every(({ rule }) => Object.hasOwn(of.rejected ?? {}, rule))).toBe(true);
    if (ranges.length > 1) {
      const most = (figure: 'read' | 'bytesRead') =>
        Math.max(...settled.map(({ receipt }) => receipt[figure]));
      expect(most('read')).toBeLessThanOrEqual(3 * ROWS_PER_CHUNK);
      expect(most('bytesRead')).toBeLessThanOrEqual(3 * 1024 * KILOBYTES_PER_CHUNK);
    }
  });

  test('nothing differs to the verification', () => {
    const found = verdicts.filter(({ wrong, stale }) => wrong + stale > 0);
    expect(found).toEqual([]);
    expect(verdicts.reduce((all, { compared }) => all + compared, 0)).toBe(
      run.settled.reduce((all, { receipt }) => all + receipt.read, 0),
    );
  });
});

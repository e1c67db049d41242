import { identifier, literal, qualifiedName } from '@drover/postgres';
import { type ScratchDatabase, scratchDatabase } from '@drover/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { boundText, keyColumns, sourcePredicate } from './key-predicate.ts';
import type { KeyRange } from './key-range.ts';
import { readTables } from './read-tables.ts';
import { relationOf, type SourceTable } from './source-table.ts';
import { warehouseSpec } from './testing/warehouse-spec.ts';

const server = inject('postgresUrl');

let database: ScratchDatabase;

beforeAll(async () => {
  database = await scratchDatabase(server);
});

afterAll(() => database[Symbol.asyncDispose]());

const NAME = `Tä"b'le\\`;

/** A table of these column definitions, filled, with a key that the file names. */
async function tableOf(
  columns: readonly { name: string; type: string }[],
  values: string,
): Promise<SourceTable> {
  const table = qualifiedName('public', NAME);
  await database.sql.query(`drop table if exists ${table}`);
  const definitions = columns.map(({ name, type }) => `${identifier(name)} ${type}`).join(', ');
  await database.sql.query(`create table ${table} (${definitions})`);
  await database.sql.query(`insert into ${table} ${values}`);
  const spec = warehouseSpec({
    source: { schemas: ['public'] },
    tables: [{ name: `public.${NAME}`, key: columns.map(({ name }) => name) }],
  });
  const { tables } = await readTables(database.sql, spec);
  const [found] = tables;
  if (found === undefined) throw new Error('no table');
  return found;
}

/** Keys of the table as bounds, in the server's order. */
async function keysOf(table: SourceTable): Promise<string[][]> {
  const key = keyColumns(table);
  const names = key.map(({ name }) => `s.${identifier(name)}`);
  const rows = await database.sql.query(
    `select ${key.map((column, index) => `${boundText(column, names[index] ?? '')} as k${index}`).join(', ')}
     from (select distinct ${names.join(', ')} from ${relationOf(table)} s
           where ${names.map((name) => `${name} is distinct from null`).join(' and ')}) s
     order by ${names.join(', ')}`,
  );
  return rows.map((row) => key.map((_, index) => row[`k${index}`] ?? ''));
}

/** How many rows each of the ranges has, and the table. */
async function countsOf(table: SourceTable, ranges: readonly KeyRange[]) {
  const [row] = await database.sql.query(
    `select count(*) as total, ${ranges
      .map(
        (range, index) =>
          `count(*) filter (where ${sourcePredicate(table, range, 's')}) as r${index}`,
      )
      .join(', ')},
       count(*) filter (where ${ranges.map((range) => `((${sourcePredicate(table, range, 's')}) is true)::int`).join(' + ')} = 1) as once
     from ${relationOf(table)} s`,
  );
  return {
    total: Number(row?.['total']),
    once: Number(row?.['once']),
    counts: ranges.map((_, index) => Number(row?.[`r${index}`])),
  };
}

const rangesOf = (bounds: readonly (readonly string[])[]): KeyRange[] =>
  [null, ...bounds].map((from, index) => ({ from, to: bounds[index] ?? null }));

/** Ugly values of each type that a key can have. */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  smallint: ['-32768', '-1', '0', '7', '32767'],
  bigint: ['-9223372036854775808', '9223372036854775807', '9007199254740993', '0'],
  numeric: ['-1.5', '0', '0.0000000001', '99999999999999999999.999', 'NaN'],
  'numeric(6,2)': ['-1.5', '0', '1234.56'],
  'double precision': ['-Infinity', '-0', '0.1', '1e300', '5e-324', 'NaN', 'Infinity'],
  text: [
    '',
    ' ',
    'a',
    'A',
    'ä',
    "o'clock",
    'back\\slash',
    '\\N',
    'a\nb',
    '😀',
    '_',
    'é',
    '"',
    '$$',
  ],
  'text collate "C"': ['', 'a', 'A', 'Z', 'ä', '😀', "'", '\\', 'a_b', 'aéb', '￿'],
  'varchar(5)': ['', 'ab', 'ab ', "'a'"],
  'char(5)': ['', 'ab', 'ab\t', 'abcde'],
  name: ['', 'x', 'y z'],
  '"char"': ['a', '~'],
  uuid: [
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
  ],
  bytea: ['\\x', '\\x00', '\\xff00', '\\x5c27'],
  boolean: ['t', 'f'],
  date: ['-infinity', '4713-01-01 BC', '0044-03-15 BC', '2026-01-31', '5874897-12-31', 'infinity'],
  timestamp: ['-infinity', '0044-03-15 01:02:03.000001 BC', '2026-01-31 24:00:00', 'infinity'],
  timestamptz: ['-infinity', '0044-03-15 01:02:03+09 BC', '2026-01-31 01:02:03.4-08', 'infinity'],
  time: ['00:00:00', '00:00:00.000001', '24:00:00'],
  timetz: ['00:00:00+05', '00:00:00-05', '24:00:00+00'],
  interval: ['-1 mon 1 day', '0', '1 day', '24:00:00.000001', '100000 years'],
  money: ['-$1,234.56', '$0.00', '$92233720368547758.07'],
  inet: ['10.0.0.1', '10.0.0.0/8', '::1', '10.0.0.1/24'],
  macaddr: ['00:00:00:00:00:01', 'ff:00:00:00:00:00'],
  'bit(3)': ['000', '101', '111'],
  varbit: ['', '0', '1', '01', '10'],
  'public.mood': ['sad', 'ok', "it's", 'glad'],
  'public.even': ['0', '2', '100'],
  'public."Folded"': ['a', 'B', 'c'],
  'integer[]': ['{}', '{1}', '{1,2}', '{2}', '{NULL}'],
  'public.pair': ['(1,a)', '(1,"b c")', '(2,)'],
  int4range: ['empty', '[1,5)', '(,3)', '[2,)'],
  jsonb: ['null', '{}', '[1, 2]', '"x"', '{"a": "it\'s"}'],
};

beforeAll(async () => {
  for (const statement of [
    `create type public.mood as enum ('sad', 'ok', 'it''s', 'glad')`,
    'create domain public.even as int check (value % 2 = 0)',
    'create domain public."Folded" as text collate "POSIX" check (length(value) = 1)',
    'create type public.pair as (a int, b text)',
  ]) {
    await database.sql.query(statement);
  }
});

describe('the rows of a range in the source', () => {
  test.each(Object.keys(TYPES))('have a key of type %s', async (type) => {
    const values = TYPES[type] ?? [];
    const table = await tableOf(
      [{ name: 'K "ey"', type: `${type} not null` }],
      `values ${values.map((value) => `(${literal(value)})`).join(', ')}`,
    );
    const keys = await keysOf(table);
    expect(keys.length).toBeGreaterThan(1);
    const { total, once, counts } = await countsOf(table, rangesOf(keys));
    expect(once).toBe(total);
    expect(counts[0]).toBe(0);
    expect(counts.every((count, index) => index === 0 || count > 0)).toBe(true);
  });

  test('are each in one range, whatever the types and the number of the key’s columns', async () => {
    const types = Object.keys(TYPES);
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.constantFrom(...types), { minLength: 1, maxLength: 3 }),
        fc.array(fc.array(fc.nat(), { minLength: 3, maxLength: 3 }), {
          minLength: 5,
          maxLength: 30,
        }),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 3 })), { maxLength: 6 }),
        fc.boolean(),
        async (chosen, rows, cuts, nulls) => {
          const pick = (type: string, at: number) => {
            const values: readonly (string | null)[] = [
              ...(TYPES[type] ?? []),
              ...(nulls ? [null] : []),
            ];
            const value = values[at % values.length] ?? null;
            return value === null ? 'null' : `${literal(value)}::${type}`;
          };
          const table = await tableOf(
            chosen.map((type, index) => ({
              name: `c${index}"`,
              type: `${type}${nulls ? '' : ' not null'}`,
            })),
            `values ${rows
              .map(
                (row) => `(${chosen.map((type, index) => pick(type, row[index] ?? 0)).join(', ')})`,
              )
              .join(', ')}`,
          );
          const keys = await keysOf(table);
          if (keys.length === 0) return;
          // Bounds of different lengths at increasing places.
          const bounds = [...new Set(cuts.map(([at]) => at % keys.length))]
            .sort((a, b) => a - b)
            .map((at, index) => keys[at]?.slice(0, cuts[index]?.[1] ?? 3) ?? []);
          const increasing = bounds.filter(
            (bound, index) =>
              index === 0 || JSON.stringify(bound) !== JSON.stringify(bounds[index - 1]),
          );
          const { total, once } = await countsOf(table, rangesOf(decreasingRemoved(increasing)));
          expect(once).toBe(total);
        },
      ),
      { numRuns: 120 },
    );
  });

  test('begin with what a shorter bound has, and rows without a key are in the last range', async () => {
    const table = await tableOf(
      [
        { name: 'a', type: 'int' },
        { name: 'b', type: 'text' },
      ],
      `values (1, 'x'), (2, ''), (2, 'y'), (3, 'a'), (null, 'a'), (1, null), (3, null), (null, null)`,
    );
    const ranges: KeyRange[] = [
      { from: null, to: ['2'] },
      { from: ['2'], to: ['2', 'y'] },
      { from: ['2', 'y'], to: ['3'] },
      { from: ['3'], to: null },
    ];
    expect((await countsOf(table, ranges)).counts).toEqual([1, 1, 1, 5]);
    expect((await countsOf(table, [{ from: null, to: null }])).counts).toEqual([8]);
  });

  test('are each in one range, though a composite with a NULL in it is neither NULL nor NOT NULL', async () => {
    const table = await tableOf(
      [{ name: 'p', type: 'public.pair' }],
      `values ('(1,a)'::public.pair), ('(2,)'), ('(,)'), (null)`,
    );
    const ranges = rangesOf([['(1,b)'], ['(2,)']]);
    const { total, once, counts } = await countsOf(table, ranges);
    expect([total, once]).toEqual([4, 4]);
    expect(counts).toEqual([1, 0, 3]);
  });

  test('may begin with a value that a domain does not allow', async () => {
    const table = await tableOf([{ name: 'e', type: 'public.even' }], 'values (2), (4), (6)');
    expect((await countsOf(table, rangesOf([['3'], ['5']]))).counts).toEqual([1, 1, 1]);
  });

  test('are found by the index of a composite key', async () => {
    await database.sql.query('create table public.big (a int, b uuid, v text, primary key (a, b))');
    const { tables } = await readTables(
      database.sql,
      warehouseSpec({ source: { schemas: [{ name: 'public', tables: ['big'] }] } }),
    );
    const [table] = tables;
    if (table === undefined) throw new Error('no table');
    const range = { from: ['1', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'], to: ['2'] };
    const plan = await database.sql.query(
      `explain select 1 from ${relationOf(table)} s where ${sourcePredicate(table, range, 's')}`,
    );
    expect(JSON.stringify(plan)).toMatch(/Index Cond: .*ROW\(a, b\) >= ROW/);
    await database.sql.query('drop table public.big');
  });

  test('of a type that an extension brought are compared by its own operators', async () => {
    const [available] = await database.sql.query(
      `select 1 from pg_available_extensions where name = 'citext'`,
    );
    if (available === undefined) return;
    await database.sql.query('create extension citext schema public');
    const table = await tableOf(
      [
        { name: 'a', type: 'public.citext not null' },
        { name: 'b', type: 'int not null' },
      ],
      `values ('A', 1), ('b', 1), ('B', 2), ('c', 1), ('C', 1), ('_', 1)`,
    );
    expect(table.columns[0]?.bytewise).toBe(false);
    const ranges = rangesOf([['a', '1'], ['B', '2'], ['c']]);
    expect((await countsOf(table, ranges)).counts).toEqual([1, 2, 1, 2]);
    await database.sql.query('drop extension citext cascade');
  });
});

/** A shorter bound stands before the keys that begin with it, so it may not come after one of them. */
function decreasingRemoved(bounds: readonly (readonly string[])[]): (readonly string[])[] {
  return bounds.filter(
    (bound, index) =>
      !bounds
        .slice(0, index)
        .some(
          (earlier) =>
            earlier.length >= bound.length &&
            bound.every((value, place) => value === earlier[place]),
        ),
  );
}

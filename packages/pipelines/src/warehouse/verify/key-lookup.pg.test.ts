import { type ScratchDatabase, scratchDatabase } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { sourceDialect } from './dialect.ts';
import { keysNotInSource } from './key-lookup.ts';
import type { SourceSide } from './sides.ts';
import { keysOnly, type Subject } from './subject.ts';
import { planOf } from './testing/verify-fixture.ts';

function sideOf({ sql }: ScratchDatabase): SourceSide {
  return { dialect: sourceDialect(true), query: (text, values) => sql.query(text, values) };
}

/** The keys of all rows as the target has them. */
async function keysIn(side: SourceSide, { plan, exact }: Subject): Promise<string[][]> {
  const texts = exact.map((column, index) => `${side.dialect.canonical(column)} as c${index}`);
  const rows = await side.query(`select ${texts.join(', ')} from ${side.dialect.table(plan)}`);
  return rows.map((row) => exact.map((_, index) => row[`c${index}`] ?? ''));
}

const TYPES: readonly { type: string; setup?: string; values: readonly string[] }[] = [
  { type: 'bigint', values: ['-9223372036854775808', '0', '9223372036854775807'] },
  { type: 'boolean', values: ['true', 'false'] },
  { type: 'numeric(10,2)', values: ['0.10', '-99999999.99'] },
  { type: 'numeric', values: ['1.50', '0.00000000000000000001'] },
  { type: 'float8', values: ['0.1', '1e300', '-0.5'] },
  { type: 'date', values: ['0001-01-01', '9999-12-31'] },
  { type: 'timestamp', values: ['2024-01-01 00:00:00.000001', '2024-01-01'] },
  { type: 'timestamptz', values: ['2024-01-01 00:00:00.000001+02', '2024-01-01Z'] },
  { type: 'time', values: ['24:00:00', '00:00:00.5'] },
  { type: 'interval', values: ['1 mon -1 day', '25:00:00'] },
  {
    type: 'uuid',
    values: ['00000000-0000-0000-0000-000000000000', 'FFFFFFFF-0000-0000-0000-000000000001'],
  },
  { type: 'bytea', values: ['\\x00ff', '', '\\x6162'] },
  {
    type: 'text',
    values: ['', ' ', "it's", 'back\\slash', 'é', 'e\u0301', '𝄞', 'a,b', '{"x"}', 'NULL'],
  },
  { type: 'varchar(3)', values: ['abc', 'ab '] },
  { type: 'char(5)', values: ['ab', 'a b'] },
  { type: 'inet', values: ['10.0.0.1', '::1/64'] },
  {
    type: 'public.mood',
    setup: `create type public.mood as enum ('so so', 'it''s')`,
    values: ['so so', "it's"],
  },
  {
    type: 'public.code',
    setup: `create domain public.code as varchar(3) check (value <> 'xxx')`,
    values: ['a', 'b'],
  },
];

describe('looking keys up in the source', () => {
  // Mutations: bytes read as text; a cast to the type with its length; the session's time zone.
  test.each(TYPES)(
    'of $type finds those that are there, and none that is not',
    async ({ type, setup, values }) => {
      await using database = await scratchDatabase(inject('postgresUrl'));
      if (setup !== undefined) await database.sql.query(setup);
      await database.sql.query(`create table public.t ("The ""key" ${type} primary key, a int)`);
      for (const value of values)
        await database.sql.query('insert into public.t values ($1, 1)', [value]);
      const side = sideOf(database);
      const subject = keysOnly(await planOf(database));
      const keys = await keysIn(side, subject);
      expect(await keysNotInSource(side, subject, keys)).toEqual([]);

      const printed = await database.sql.query('select "The ""key"::text as key from public.t');
      await database.sql.query('delete from public.t where "The ""key" = $1', [values[0] ?? '']);
      const [absent, ...others] = await keysNotInSource(side, subject, keys);
      expect(others).toEqual([]);
      expect(keys).toContainEqual(absent?.target);
      expect(printed.map(({ key }) => key)).toContain(absent?.source[0]);
      expect(await keysNotInSource(side, subject, await keysIn(side, subject))).toEqual([]);
    },
  );

  // Mutations: an unreadable text ends the look-up, or makes every key of its batch absent.
  test('takes a text that is no value of the source for absent, and still finds the others', async () => {
    await using database = await scratchDatabase(inject('postgresUrl'));
    await database.sql.query(
      'create table public.t (id int, code char(3), primary key (id, code))',
    );
    await database.sql.query(`insert into public.t values (1, 'a'), (2, 'b'), (3, 'c')`);
    const side = sideOf(database);
    const subject = keysOnly(await planOf(database));
    const keys = [
      ['1', 'a'],
      ['zwei', 'b'],
      ['3', 'c'],
      ['99999999999', 'c'],
    ];
    const absent = await keysNotInSource(side, subject, keys);
    expect(absent).toEqual([keys[1], keys[3]].map((key) => ({ source: key, target: key })));
    // Readable, but nothing that the mover writes: the source would print 1, and has no blank at the end.
    const other = [
      ['01', 'a'],
      ['1', 'a '],
      ['2', 'b'],
      ['1', 'b'],
    ];
    expect(await keysNotInSource(side, subject, other)).toEqual(
      [other[0], other[1], other[3]].map((key) => ({ source: key, target: key })),
    );
  });

  test('reads the index of the key, not the table', async () => {
    await using database = await scratchDatabase(inject('postgresUrl'));
    await database.sql.query('create table public.t (a text, b timestamptz, primary key (a, b))');
    await database.sql.query(
      `insert into public.t select n::text, '2024-01-01Z'::timestamptz + n * interval '1 s' from generate_series(1, 20000) as n`,
    );
    await database.sql.query('analyze public.t');
    const plans: string[] = [];
    const side: SourceSide = {
      ...sideOf(database),
      query: async (text, values) => {
        const rows = await database.sql.query(`explain ${text}`, values);
        plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
        return database.sql.query(text, values);
      },
    };
    const subject = keysOnly(await planOf(database));
    expect(await keysNotInSource(side, subject, [['7', '2024-01-01 00:00:07.000000']])).toEqual([]);
    expect(plans).toHaveLength(1);
    expect(plans[0]).toMatch(/Index (Only )?Scan using t_pkey/);
    expect(plans[0]).not.toContain('Seq Scan');
  });
});

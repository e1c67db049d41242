import { qualifiedName } from '@drover/postgres';
import { describe, expect, test } from 'vitest';
import { targetIdentifier } from './names.ts';
import { GENERATIONS } from './testing/round-trip.ts';
import { warehouseFixture } from './testing/warehouse-fixture.ts';

const SCHEMA = 'My "Sché`ma" \\ x';
const TABLE = "Tä\"ble \\ '1'";

/** Names in the source, the key first, and what they are in the target. */
const COLUMNS: readonly (readonly [source: string, target: string])[] = [
  ['The "Key"', 'The "Key"'],
  ['schlüssel', 'schl_ssel'],
  ['back\\slash', 'back_slash'],
  ['back`tick', 'back_tick_2'],
  ["it's", 'it_s'],
  ['a,b', 'a,b'],
  ['a b', 'a b'],
  [' ', ' '],
  ['"', '"'],
  ['select', 'select'],
  ['Case', 'Case_2'],
  ['case', 'case_3'],
  ['CASE', 'CASE'],
  ['back_tick', 'back_tick'],
  ['名', '_'],
  ['__DORIS_VERSION_COL__', 'c__DORIS_VERSION_COL__'],
  ['tab\tline\n', 'tab_line_'],
  ['100%', '100%'],
  ['ctid_', 'ctid_'],
  ['k'.repeat(63), 'k'.repeat(63)],
];

describe.each(GENERATIONS)('names in generation %s', (generation) => {
  test('of schemas, tables and columns may be any that Postgres has', async () => {
    const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
    await using fixture = await warehouseFixture({
      generation,
      setup: 'select 1',
      source: { schemas: [SCHEMA, 'S', 's'] },
      target: { table: '{schema}_{table}' },
      spec: {
        tables: [
          { name: 's.a', target: 'lower_a' },
          { name: 'S.A', target: 'Upper_A' },
        ],
      },
    });
    const { sql } = fixture.source;
    await sql.query(`create schema ${quoted(SCHEMA)}`);
    const table = qualifiedName(SCHEMA, TABLE);
    const columns = COLUMNS.map(([name]) => name);
    await sql.query(
      `create table ${table} (${[...columns]
        .reverse()
        .map((name) => `${quoted(name)} varchar(100)`)
        .join(', ')}, primary key (${columns.slice(0, 2).map(quoted).join(', ')}))`,
    );
    const values = (row: number) => columns.map((name) => `${row}: ${name} "\\N"`);
    for (const row of [1, 2]) {
      await sql.query(
        `insert into ${table} (${columns.map(quoted).join(', ')}) values (${columns.map((_, index) => `$${index + 1}`).join(', ')})`,
        values(row),
      );
    }
    await sql.query('create schema "S"');
    await sql.query('create schema s');
    await sql.query('create table "S"."A" (a int primary key)');
    await sql.query('create table "S".a (a int)');
    await sql.query('create table s.a ("A" int primary key)');
    await sql.query('insert into "S"."A" values (1)');
    await sql.query('insert into "S".a values (2), (2)');
    await sql.query('insert into s.a values (3)');

    const run = await fixture.run();
    const names = new Map(
      (await fixture.target.query(`SHOW TABLES FROM ${targetIdentifier(fixture.database)}`)).map(
        (row) => [Object.values(row)[0] ?? '', true],
      ),
    );
    expect([...names.keys()].sort()).toEqual([
      'My__Sch__ma____x_T__ble____1_',
      'S_a',
      'Upper_A',
      'lower_a',
    ]);
    const rowsOf = (name: string) =>
      fixture.target.query(
        `SELECT * FROM ${targetIdentifier(fixture.database)}.${targetIdentifier(name)}`,
      );
    expect(await rowsOf('Upper_A')).toEqual([{ a: '1' }]);
    expect(await rowsOf('S_a')).toEqual([{ a: '2' }, { a: '2' }]);
    expect(await rowsOf('lower_a')).toEqual([{ A: '3' }]);
    const rows = await rowsOf('My__Sch__ma____x_T__ble____1_');
    const expected = [1, 2].map((row) =>
      Object.fromEntries(values(row).map((value, index) => [COLUMNS[index]?.[1], value])),
    );
    expect(
      [...rows].sort((a, b) => ((a['The "Key"'] ?? '') < (b['The "Key"'] ?? '') ? -1 : 1)),
    ).toEqual(expected);
    const verdicts = await fixture.verify(run);
    expect(
      verdicts
        .map(({ compared, wrong }) => ({ compared, wrong }))
        .sort((a, b) => a.compared - b.compared),
    ).toEqual([1, 1, 2, 2].map((compared) => ({ compared, wrong: 0 })));
  });
});

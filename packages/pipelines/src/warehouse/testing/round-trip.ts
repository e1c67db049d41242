import type { JsonObject, Verdict } from '@drover/core';
import type { Generation } from '@drover/stand-ins';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { targetIdentifier } from '../names.ts';
import { type WarehouseFixture, type WarehouseRun, warehouseFixture } from './warehouse-fixture.ts';

export const GENERATIONS: readonly Generation[] = ['D24', 'D26'];

/** A row is set aside by this rule. */
export interface SetAside {
  readonly rule: string;
}

/** What the target then has: a text, NULL, or no row. */
export type Arrival = string | null | SetAside;

/** A column of one type, and the values that it is given. */
export interface TypeCase {
  readonly type: string;
  /** After the type: `collate`, `generated always as`. */
  readonly suffix?: string;
  /** As the migration file may have it. */
  readonly exception?: object;
  /** How it is read: floats as numbers, whatever their text. */
  readonly read?: 'float' | 'double';
  /** SQL of a value in the source, and what arrives of it. */
  readonly values: readonly (readonly [sql: string, arrival: Arrival])[];
}

export interface RoundTripOf {
  readonly cases: readonly TypeCase[];
  /** Statements before the tables are made; types, extensions. */
  readonly setup?: readonly string[];
  /** Of the migration file. */
  readonly types?: object;
}

/** The same rows once with a key, and once without one, which travel in different ways. */
const TABLES = ['keyed', 'keyless'] as const;
type Table = (typeof TABLES)[number];

export const rejected = (rule: string): SetAside => ({ rule });

/** What a reject shows of the column that tells rows apart. */
export function idOf(row: JsonObject | null, column: string): string {
  const id = row?.[column];
  if (typeof id !== 'string') throw new TypeError('a reject does not show its row');
  return id;
}

/**
 * Tests that move a column of each case, each row with a value in one of them and NULL in all others, and read
 * them back from both generations.
 */
export function describeRoundTrip(title: string, of: RoundTripOf): void {
  describe.each(GENERATIONS)(`${title} in generation %s`, (generation) => {
    let moved: Moved;
    beforeAll(async () => {
      moved = await moveAll(generation, of);
    });
    afterAll(async () => {
      await moved.fixture[Symbol.asyncDispose]();
    });

    test.each(of.cases.map((one, index) => [labelOf(one), index] as const))(
      '%s arrives as it was, with a key and without',
      async (_, index) => {
        const expected = of.cases[index]?.values.map(([sql, arrival]) => ({ sql, arrival }));
        for (const table of TABLES) {
          expect({ table, values: await arrivals(moved, of, table, index) }).toEqual({
            table,
            values: expected,
          });
        }
      },
    );

    test('is the same on both sides to the verification, but for what was set aside', () => {
      const arrived = of.cases.flatMap(({ values }) => values.map(([, arrival]) => arrival));
      const setAside = arrived.filter((one) => one !== null && typeof one === 'object');
      for (const verdict of moved.verdicts) {
        expect(verdict).toEqual({
          compared: arrived.length,
          wrong: 0,
          stale: 0,
          explained: setAside.length,
          differences: [],
        });
      }
      expect(moved.verdicts).toHaveLength(TABLES.length);
    });
  });
}

interface Moved {
  readonly fixture: WarehouseFixture;
  readonly run: WarehouseRun;
  readonly verdicts: readonly Verdict[];
}

const labelOf = ({ type, suffix = '', exception }: TypeCase): string =>
  `${type} ${suffix} ${exception === undefined ? '' : JSON.stringify(exception)}`.trim();

const columnOf = (index: number): string => `c${index}`;

async function moveAll(generation: Generation, of: RoundTripOf): Promise<Moved> {
  const columns = Object.fromEntries(
    of.cases.flatMap(({ exception }, index) =>
      exception === undefined ? [] : [[columnOf(index), exception]],
    ),
  );
  const fixture = await warehouseFixture({
    generation,
    setup: 'select 1',
    spec: {
      types: of.types ?? {},
      tables: TABLES.map((table) => ({ name: `shop.${table}`, columns })),
    },
  });
  const { sql } = fixture.source;
  for (const statement of of.setup ?? []) await sql.query(statement);
  const definitions = of.cases.map(
    ({ type, suffix = '' }, index) => `${columnOf(index)} ${type} ${suffix}`,
  );
  await sql.query(`create table shop.keyed (id int primary key, ${definitions.join(', ')})`);
  let id = 1;
  for (const [index, { values }] of of.cases.entries()) {
    const rows = values.map(([value], place) => `(${id + place}, ${value})`);
    await sql.query(`insert into shop.keyed (id, ${columnOf(index)}) values ${rows.join(', ')}`);
    id += values.length;
  }
  await sql.query('create table shop.keyless as select * from shop.keyed');
  const run = await fixture.run();
  return { fixture, run, verdicts: await fixture.verify(run) };
}

/** What became of the values of a case. */
async function arrivals(
  { fixture, run }: Moved,
  { cases }: RoundTripOf,
  table: Table,
  index: number,
): Promise<{ sql: string; arrival: Arrival | undefined }[]> {
  const { read, values } = cases[index] ?? { read: undefined, values: [] };
  const first = cases.slice(0, index).reduce((sum, one) => sum + one.values.length, 1);
  const column = targetIdentifier(columnOf(index));
  const shown = read === undefined ? column : floatText(column);
  const rows = await fixture.target.query(
    `SELECT id, ${shown} AS v FROM ${targetIdentifier(fixture.database)}.${table} WHERE id >= ${first} AND id < ${first + values.length}`,
  );
  const found = new Map<string | null, Arrival>(
    rows.map(({ id = null, v = null }) => [id, read === undefined ? v : numberOf(v, read)]),
  );
  expect(rows).toHaveLength(found.size);
  for (const { rejects } of run.settled.filter(({ receipt }) => isOf(receipt, table))) {
    for (const { row, rule, column: named } of rejects) {
      const id = idOf(row, 'id');
      expect(found.has(id)).toBe(false);
      if (named === columnOf(index)) found.set(id, { rule });
    }
  }
  return values.map(([sql], place) => ({ sql, arrival: found.get(String(first + place)) }));
}

function isOf({ parts }: WarehouseRun['settled'][number]['receipt'], table: Table): boolean {
  return parts.some(({ part }) => part.endsWith(`.${table}`));
}

/** NaN is not below anything; versions print it, and the infinities, in their own ways. */
function floatText(column: string): string {
  const value = `CAST(${column} AS DOUBLE)`;
  const greatest = '1.7976931348623157E308';
  return `CASE WHEN ${column} IS NULL THEN NULL WHEN ${value} < -${greatest} THEN '-Infinity' WHEN 0 - ${value} < -${greatest} THEN 'Infinity' WHEN ${value} BETWEEN -${greatest} AND ${greatest} THEN CAST(${column} AS STRING) ELSE 'NaN' END`;
}

function numberOf(text: string | null, read: 'float' | 'double'): string | null {
  if (text === null) return null;
  return String(read === 'float' ? Math.fround(Number(text)) : Number(text));
}

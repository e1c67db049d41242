import type { Finding } from '@drover/core';
import { describe, expect, inject, test } from 'vitest';
import { levelsOf, statementsOf, telling } from '../../check/testing/findings.ts';
import { type CheckFixture, checkFixture, goodRows } from './testing/check-fixture.ts';

const server = inject('postgresUrl');
const WIDE = 'wide."tbl_data_timeseries_A"';
const SUBJECT = 'target wide.tbl_data_timeseries_A';
const COLUMNS =
  'created_time timestamp primary key, "/decimal" float8, "/integer" int8, "/string" text, "/boolean" bool';

const worse = (findings: readonly Finding[]) => findings.filter((one) => one.level !== 'info');

/** A filled source, and a schema `wide` with what the statements make there. */
async function fixtureWith(...statements: string[]): Promise<CheckFixture> {
  const fixture = await checkFixture(server);
  await fixture.insert(goodRows());
  await fixture.sql.query('create schema wide');
  for (const statement of statements) await fixture.sql.query(statement);
  return fixture;
}

async function mend(fixture: CheckFixture, findings: readonly Finding[], rule: string) {
  const statements = statementsOf(findings, rule);
  expect(statements.length).toBeGreaterThan(0);
  for (const statement of statements) await fixture.sql.query(statement);
}

/** Each table that cannot, or should not, take the rows; where it can be mended in place, by its own words. */
const CONFLICTS: readonly {
  name: string;
  make: readonly string[];
  rule: string;
  level: Finding['level'];
  reason: string;
  mended: boolean;
}[] = [
  {
    name: 'a column of a type that no value of the source has',
    make: [
      `create table ${WIDE} (created_time timestamp primary key, "/integer" int4, "/decimal" numeric)`,
    ],
    rule: 'table-conflict',
    level: 'error',
    reason:
      'column /integer is integer, column /decimal is numeric, which holds no value of the source exactly',
    mended: true,
  },
  {
    name: 'a column of the type of another format',
    make: [`create table ${WIDE} (created_time timestamp primary key, "/decimal" int8)`],
    rule: 'column-type-differs',
    level: 'warning',
    reason:
      'column /decimal is bigint, its values are Decimal: what it cannot hold becomes a reject',
    mended: true,
  },
  {
    name: 'no time column',
    make: [`create table ${WIDE} (at timestamp)`],
    rule: 'table-conflict',
    level: 'error',
    reason: 'has no column created_time of type timestamp without time zone',
    mended: true,
  },
  {
    name: 'a time column of another type',
    make: [`create table ${WIDE} (created_time timestamptz primary key)`],
    rule: 'table-conflict',
    level: 'error',
    reason:
      'has no column created_time of type timestamp without time zone; it is timestamp with time zone',
    mended: true,
  },
  {
    name: 'no index on time',
    make: [`create table ${WIDE} (created_time timestamp)`],
    rule: 'target-index-missing',
    level: 'warning',
    reason: 'no index leads with created_time: replacing a chunk reads the whole table',
    mended: true,
  },
  {
    name: 'a channel that must not be NULL',
    make: [`create table ${WIDE} (created_time timestamp primary key, "/decimal" float8 not null)`],
    rule: 'table-conflict',
    level: 'error',
    reason: 'column /decimal is NOT NULL: rows cannot be stored as the source has them',
    mended: true,
  },
  {
    name: 'a column that the server computes',
    make: [
      `create table ${WIDE} (created_time timestamp primary key, "/decimal" float8 generated always as (1) stored)`,
    ],
    rule: 'table-conflict',
    level: 'error',
    reason:
      'column /decimal is computed by the server: rows cannot be stored as the source has them',
    mended: false,
  },
  {
    name: 'a column of its own',
    make: [`create table ${WIDE} (created_time timestamp primary key, note text)`],
    rule: 'columns-without-channel',
    level: 'warning',
    reason: 'has columns that are no channel of ship A (note); in the moved range they become NULL',
    mended: false,
  },
  {
    name: 'a trigger',
    make: [
      `create table ${WIDE} (${COLUMNS})`,
      `create function wide.noise() returns trigger language plpgsql as $$ begin return new; end $$`,
      `create trigger "Noise" before insert on ${WIDE} for each row execute function wide.noise()`,
    ],
    rule: 'table-triggers',
    level: 'warning',
    reason: 'has 1 triggers (Noise), which run for every row that is moved',
    mended: false,
  },
];

describe('a table that is there and has', () => {
  for (const { name, make, rule, level, reason, mended } of CONFLICTS) {
    test(`${name} is told: ${rule}`, async () => {
      await using fixture = await fixtureWith(...make);
      const findings = await fixture.check();
      expect(worse(findings)).toMatchObject([{ level, rule, subject: SUBJECT, reason }]);
      const dropped = await fixture.check({}, { options: { dropTables: true } });
      expect(telling(dropped)).toEqual([]);
      if (!mended) return;
      await mend(fixture, findings, rule);
      expect(telling(await fixture.check())).toEqual([]);
    });
  }

  test('used up its columns is an error where the new ones do not fit, else a warning', async () => {
    const columns = (count: number) =>
      Array.from({ length: count }, (_, index) => `c${index} text`).join(', ');
    const make = `create table ${WIDE} (created_time timestamp primary key, ${columns(1595)})`;
    await using fixture = await fixtureWith(make);
    for (let index = 0; index < 1595; index += 100) {
      const some = Array.from(
        { length: Math.min(100, 1595 - index) },
        (_, n) => `drop c${index + n}`,
      );
      await fixture.sql.query(`alter table ${WIDE} ${some.join(', ')}`);
    }
    const findings = await fixture.check();
    expect(worse(findings)).toMatchObject([
      {
        level: 'warning',
        rule: 'too-many-columns',
        subject: SUBJECT,
        reason: 'has used 1596 of 1600 columns, dropped ones included, and 4 are to be added',
      },
    ]);
    await fixture.sql.query(`alter table ${WIDE} add "/decimal" float8`);
    expect(levelsOf(await fixture.check(), 'too-many-columns')).toEqual([`warning ${SUBJECT}`]);
    await fixture.sql.query(`alter table ${WIDE} add spare text`);
    await fixture.sql.query(`alter table ${WIDE} drop spare`);
    expect(levelsOf(await fixture.check(), 'too-many-columns')).toEqual([`error ${SUBJECT}`]);
  });
});

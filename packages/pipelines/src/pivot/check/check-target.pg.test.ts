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

describe('a right on the target that is missing', () => {
  test('to make the schemas is an error each, whose statements are enough', async () => {
    await using fixture = await checkFixture(server);
    await fixture.insert(goodRows());
    const { name, url } = await fixture.role();
    const database = new URL(url).pathname.slice(1);
    const spec = { target: { connection: url } };
    const findings = await fixture.check(spec);
    expect(worse(findings)).toEqual(
      [
        ['wide', 'target schema wide'],
        ['drover', 'target schema drover (the ledger)'],
      ].map(([schema, subject]) => ({
        level: 'error',
        rule: 'right-missing',
        subject,
        reason: `the schema does not exist and role ${name} may not create it in database ${database}`,
        fix: `create schema "${schema}"; grant usage, create on schema "${schema}" to "${name}";`,
      })),
    );
    await mend(fixture, findings, 'right-missing');
    expect(telling(await fixture.check(spec))).toEqual([]);
  });

  // Mutation: with `has_schema_privilege(oid, 'create, usage')` in `check-target.ts` either right is taken for both.
  for (const half of ['usage', 'create']) {
    test(`is an error where the schema is there and only ${half} is granted`, async () => {
      await using fixture = await fixtureWith('create schema drover');
      const { name, url } = await fixture.role();
      for (const schema of ['wide', 'drover']) {
        await fixture.sql.query(`grant ${half} on schema ${schema} to "${name}"`);
      }
      const findings = await fixture.check({ target: { connection: url } });
      expect(worse(findings).map(({ rule, reason }) => `${rule}: ${reason}`)).toEqual(
        Array(2).fill(`right-missing: role ${name} may not create tables in the schema`),
      );
      await mend(fixture, findings, 'right-missing');
      expect(telling(await fixture.check({ target: { connection: url } }))).toEqual([]);
    });
  }

  test('is told although the source cannot be read', async () => {
    await using fixture = await checkFixture(server);
    const { url } = await fixture.role();
    const findings = await fixture.check({
      source: { connection: url, table: 'other' },
      target: { connection: url },
    });
    expect(telling(findings)).toEqual(['right-missing', 'right-missing', 'undefined-object']);
  });

  test('to own a table that is there is an error with the statement', async () => {
    await using fixture = await fixtureWith(
      'create schema drover',
      `create table ${WIDE} (${COLUMNS})`,
    );
    const { name, url } = await fixture.role();
    for (const schema of ['wide', 'drover']) {
      await fixture.sql.query(`grant usage, create on schema ${schema} to "${name}"`);
    }
    const spec = { target: { connection: url } };
    const findings = await fixture.check(spec);
    expect(worse(findings)).toEqual([
      {
        level: 'error',
        rule: 'right-missing',
        subject: SUBJECT,
        reason: `role ${name} does not own the table and cannot add columns to it`,
        fix: `alter table "wide"."tbl_data_timeseries_A" owner to "${name}";`,
      },
    ]);
    await mend(fixture, findings, 'right-missing');
    expect(telling(await fixture.check(spec))).toEqual([]);
  });
});

describe('a target that holds tables already', () => {
  test('without rows is no trouble', async () => {
    await using fixture = await fixtureWith(`create table ${WIDE} (${COLUMNS})`);
    const findings = await fixture.check();
    expect(telling(findings)).toEqual([]);
    expect(findings.find((one) => one.rule === 'target-tables')).toMatchObject({
      level: 'info',
      reason: 'holds 1 of the tables already, without rows',
    });
  });

  // Mutation: without `hasRows` in `check-target.ts` a table without statistics counts as empty.
  test('with rows is a warning that says what becomes of them and how to keep a copy', async () => {
    await using fixture = await fixtureWith(
      `create table ${WIDE} (${COLUMNS})`,
      `insert into ${WIDE} values ('2025-01-01', 1, 1, '', true)`,
    );
    const database = new URL(fixture.url).pathname.slice(1);
    const expected = {
      level: 'warning',
      rule: 'target-not-empty',
      subject: 'target schema wide',
      fix: `Keep a copy if they matter: pg_dump --format=custom --file=before-drover.dump --dbname='${database}' --table='"wide"."tbl_data_timeseries_A"'`,
    };
    expect(worse(await fixture.check())).toMatchObject([
      {
        ...expected,
        reason: expect.stringMatching(
          /^1 of the tables have rows, in 0\.0 MB; rows of the moved range are replaced$/,
        ) as string,
      },
    ]);
    await fixture.sql.query(`analyze ${WIDE}`);
    const dropped = await fixture.check({}, { options: { dropTables: true } });
    expect(worse(dropped)).toMatchObject([
      {
        ...expected,
        reason: expect.stringMatching(/, some 1 by statistics; the tables are dropped$/) as string,
      },
    ]);
  });

  test('that is a view is an error also where the tables would be dropped', async () => {
    await using fixture = await fixtureWith(`create view ${WIDE} as select 1 as one`);
    for (const dropTables of [true, false]) {
      const findings = await fixture.check({}, { options: { dropTables } });
      expect(worse(findings)).toEqual([
        {
          level: 'error',
          rule: 'table-conflict',
          subject: SUBJECT,
          reason: 'is a view, not a table',
          fix: 'Rename it away: alter view "wide"."tbl_data_timeseries_A" rename to "tbl_data_timeseries_A_old";',
        },
      ]);
    }
    await mend(fixture, await fixture.check(), 'table-conflict');
    expect(telling(await fixture.check())).toEqual([]);
  });

  test('that is a sequence is an error', async () => {
    await using fixture = await fixtureWith(`create sequence ${WIDE}`);
    expect(levelsOf(await fixture.check(), 'table-conflict')).toEqual([`error ${SUBJECT}`]);
  });
});

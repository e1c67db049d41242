import { narrowRow } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { levelsOf, statementsOf, telling } from '../../check/testing/findings.ts';
import { type CheckFixture, checkFixture, goodRows, TABLE } from './testing/check-fixture.ts';

const server = inject('postgresUrl');
const SUBJECT = 'source tenant.tbl_data_timeseries';

/** A role that may do all on the target and nothing on the source. */
async function blindRole(fixture: CheckFixture) {
  await fixture.insert(goodRows());
  const role = await fixture.role();
  return { ...role, spec: { source: { connection: role.url } } };
}

/** Does what the fixes of a rule say, in their own words. */
async function mend(
  fixture: CheckFixture,
  findings: Parameters<typeof statementsOf>[0],
  rule: string,
) {
  const statements = statementsOf(findings, rule);
  expect(statements.length).toBeGreaterThan(0);
  for (const statement of statements) await fixture.sql.query(statement);
  await fixture.sql.query(`analyze ${TABLE}`);
}

describe('a right on the source that is missing', () => {
  // Mutation: with the name cast to regclass in `check-source.ts` the check throws without the right on the schema.
  test('is one error whose statements are enough', async () => {
    await using fixture = await checkFixture(server);
    const { name, spec } = await blindRole(fixture);
    const findings = await fixture.check(spec);
    expect(findings.filter((one) => one.level !== 'info')).toEqual([
      {
        level: 'error',
        rule: 'right-missing',
        subject: SUBJECT,
        reason: `role ${name} may not read the table`,
        fix: `grant usage on schema "tenant" to "${name}"; grant select on "tenant"."tbl_data_timeseries" to "${name}";`,
      },
    ]);
    await mend(fixture, findings, 'right-missing');
    expect(telling(await fixture.check(spec))).toEqual([]);
  });

  test('names only the statement that is missing', async () => {
    await using fixture = await checkFixture(server);
    const { name, spec } = await blindRole(fixture);
    await fixture.sql.query(`grant usage on schema tenant to "${name}"`);
    expect(statementsOf(await fixture.check(spec), 'right-missing')).toEqual([
      `grant select on "tenant"."tbl_data_timeseries" to "${name}";`,
    ]);
  });
});

describe('row security on the source', () => {
  test('is an error until the role bypasses it, and the rows are not looked at', async () => {
    await using fixture = await checkFixture(server);
    const { name, spec } = await blindRole(fixture);
    await fixture.sql.query(`grant usage on schema tenant to "${name}"`);
    await fixture.sql.query(`grant select on ${TABLE} to "${name}"`);
    await fixture.sql.query(`alter table ${TABLE} enable row level security`);
    const findings = await fixture.check(spec);
    const [owner] = await fixture.sql.query('select current_user as name');
    expect(findings.filter((one) => one.level !== 'info')).toEqual([
      {
        level: 'error',
        rule: 'row-security',
        subject: SUBJECT,
        reason: `row security would hide rows from role ${name}; Drover refuses to move a part unknowingly`,
        fix: `alter role "${name}" bypassrls; or connect as its owner, ${owner?.['name']}`,
      },
    ]);
    await mend(fixture, findings, 'row-security');
    expect(telling(await fixture.check(spec))).toEqual([]);
  });

  test('does not offer the owner where it is forced on the owner too', async () => {
    await using fixture = await checkFixture(server);
    const { name, spec } = await blindRole(fixture);
    await fixture.sql.query(`grant usage on schema tenant to "${name}"`);
    for (const change of [
      `owner to "${name}"`,
      'enable row level security',
      'force row level security',
    ]) {
      await fixture.sql.query(`alter table ${TABLE} ${change}`);
    }
    const findings = await fixture.check(spec);
    expect(findings.find((one) => one.rule === 'row-security')?.fix).toBe(
      `alter role "${name}" bypassrls;`,
    );
  });
});

describe('a missing index of the source', () => {
  // Mutation: without either `index-missing` in `check-source.ts` one of these fails.
  test('on time is a warning with the statement that makes it', async () => {
    await using fixture = await checkFixture(server, { timeIndex: false });
    await fixture.insert(goodRows());
    const findings = await fixture.check();
    expect(telling(findings)).toEqual(['index-missing']);
    expect(statementsOf(findings, 'index-missing')).toEqual([
      'create index concurrently on "tenant"."tbl_data_timeseries" ("created_time" desc);',
    ]);
    await mend(fixture, findings, 'index-missing');
    expect(telling(await fixture.check())).toEqual([]);
  });

  test('on ship and channel is a warning, and so are the duplicates that no key forbids', async () => {
    await using fixture = await checkFixture(server, { key: false });
    await fixture.insert(goodRows());
    const findings = await fixture.check();
    expect(telling(findings)).toEqual(['index-missing', 'duplicates-possible']);
    expect(findings.find((one) => one.rule === 'duplicates-possible')?.reason).toContain(
      'the last by id counts',
    );
    await mend(fixture, findings, 'duplicates-possible');
    expect(telling(await fixture.check())).toEqual([]);
  });

  test('of a partitioned table is one that can be made there', async () => {
    await using fixture = await checkFixture(server);
    await fixture.insert(goodRows());
    for (const statement of [
      `alter table ${TABLE} rename to old`,
      `create table ${TABLE} (like tenant.old including defaults) partition by range (created_time)`,
      `create table tenant.part partition of ${TABLE} default`,
      `insert into ${TABLE} select * from tenant.old`,
      `analyze ${TABLE}`,
    ]) {
      await fixture.sql.query(statement);
    }
    const findings = await fixture.check();
    expect(telling(findings)).toEqual(['index-missing', 'index-missing', 'duplicates-possible']);
    await mend(fixture, findings, 'duplicates-possible');
    await mend(fixture, findings, 'index-missing');
    expect(telling(await fixture.check())).toEqual([]);
  });

  test('is not the trouble where the collation takes unlike ids for the same', async () => {
    await using fixture = await checkFixture(server);
    await fixture.insert(goodRows());
    await fixture.sql.query(
      `create collation public.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
    );
    await fixture.sql.query(
      `alter table ${TABLE} alter data_channel_id type varchar(60) collate public.loose`,
    );
    const findings = await fixture.check();
    expect(telling(findings)).toEqual(['collation-loose']);
    expect(statementsOf(findings, 'collation-loose')).toEqual([
      'alter table "tenant"."tbl_data_timeseries" alter "data_channel_id" type character varying(60) collate "C";',
    ]);
    await mend(fixture, findings, 'collation-loose');
    expect(telling(await fixture.check())).toEqual([]);
  });
});

describe('duplicates', () => {
  test('that no column can put in order are an error, which names the columns there are', async () => {
    await using fixture = await checkFixture(server, { key: false });
    await fixture.insert(goodRows());
    const spec = { source: { columns: { order: 'seen' } }, duplicates: 'first' };
    const findings = await fixture.check(spec);
    expect(levelsOf(findings, 'duplicates-unordered')).toEqual([`error ${SUBJECT}`]);
    const { fix, reason } = findings.find((one) => one.rule === 'duplicates-unordered') ?? {};
    expect(reason).toContain('no column "seen" that says which of them is first');
    expect(fix).toContain('server_created_time');
    const rejected = await fixture.check({ ...spec, duplicates: 'reject' });
    expect(levelsOf(rejected, 'duplicates-possible')).toEqual([`warning ${SUBJECT}`]);
  });
});

describe('a source that is not what the file says', () => {
  test('a view is a warning and needs no index', async () => {
    await using fixture = await checkFixture(server);
    await fixture.insert(goodRows());
    await fixture.sql.query(`create view tenant.seen as select * from ${TABLE}`);
    const findings = await fixture.check({ source: { table: 'seen' } });
    expect(telling(findings)).toEqual(['source-is-view', 'duplicates-possible']);
  });

  test('a table that is not there is an error', async () => {
    await using fixture = await checkFixture(server);
    const findings = await fixture.check({ source: { table: 'other' } });
    expect(findings.filter((one) => one.level !== 'info')).toMatchObject([
      {
        level: 'error',
        rule: 'undefined-object',
        reason: 'The source has no table tenant.other, or the role may not see it.',
        fix: 'Correct source.schema and source.table in the migration file.',
      },
    ]);
  });

  for (const role of ['entity', 'channel', 'time', 'format'] as const) {
    test(`a column that is not there is an error that lists those that are: ${role}`, async () => {
      await using fixture = await checkFixture(server);
      await fixture.insert(goodRows());
      const findings = await fixture.check({ source: { columns: { [role]: 'absent' } } });
      expect(findings.filter((one) => one.level !== 'info')).toMatchObject([
        {
          level: 'error',
          rule: 'undefined-object',
          reason: `tenant.tbl_data_timeseries has no column "absent" (source.columns.${role}).`,
          fix: expect.stringContaining('ship_id, data_channel_id, created_time') as string,
        },
      ]);
    });
  }

  test('a value column that is not there is an error', async () => {
    await using fixture = await checkFixture(server);
    const findings = await fixture.check({ source: { columns: { values: { Decimal: 'num' } } } });
    expect(findings.find((one) => one.rule === 'undefined-object')?.reason).toBe(
      'tenant.tbl_data_timeseries has no column "num" (source.columns.values.Decimal).',
    );
  });

  test('a time column that is no time is an error', async () => {
    await using fixture = await checkFixture(server);
    const findings = await fixture.check({ source: { columns: { time: 'id' } } });
    expect(findings.filter((one) => one.level !== 'info')).toMatchObject([
      { level: 'error', rule: 'file-invalid', fix: expect.stringContaining('timestamp') as string },
    ]);
  });

  test('a table without rows is an error', async () => {
    await using fixture = await checkFixture(server);
    expect((await fixture.check()).filter((one) => one.level !== 'info')).toEqual([
      {
        level: 'error',
        rule: 'source-empty',
        subject: SUBJECT,
        reason: 'the source table has no rows',
        fix: 'Correct source.schema, now tenant, and source.table, now tbl_data_timeseries.',
      },
    ]);
  });

  test('rows only after the end of the range are a warning', async () => {
    await using fixture = await checkFixture(server);
    await fixture.insert(goodRows());
    const findings = await fixture.check({ to: '2020-01-01T00:00:00' });
    expect(findings.filter((one) => one.level !== 'info')).toMatchObject([
      {
        level: 'warning',
        rule: 'range-empty',
        reason: 'has no row before 2020-01-01 00:00:00: nothing would be moved',
        fix: 'Correct `to`, now 2020-01-01T00:00:00.',
      },
    ]);
  });
});

describe('a ship that the source does not have', () => {
  // Mutation: with all ships asked for, not only those present, a ship_id of another type fails the check.
  for (const type of ['text', 'integer']) {
    test(`is a warning that lists those it has: ids of type ${type}`, async () => {
      await using fixture = await checkFixture(server);
      const time = '2026-01-01 00:00:00';
      await fixture.insert([
        narrowRow({ ship: '11', channel: '/a', time }, 'Integer', '1'),
        narrowRow({ ship: '12', channel: '/a', time }, 'Integer', '1'),
      ]);
      await fixture.sql.query(
        `alter table ${TABLE} alter ship_id type ${type} using ship_id::${type}`,
      );
      await fixture.sql.query(`analyze ${TABLE}`);
      const findings = await fixture.check({ ships: ['11', 'Flying Dutchman'] });
      expect(findings.filter((one) => one.level !== 'info')).toEqual([
        {
          level: 'warning',
          rule: 'ship-without-rows',
          subject: 'ship Flying Dutchman',
          reason: 'tenant.tbl_data_timeseries has no row of it',
          fix: 'Correct ships in the file. The source has: 11, 12.',
        },
      ]);
      const asked = await fixture.check({}, { options: { entities: ['13'] } });
      expect(levelsOf(asked, 'ship-without-rows')).toEqual(['warning ship 13']);
    });
  }
});

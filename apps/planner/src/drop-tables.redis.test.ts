import { expectedWide, hourlyRows } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { cliFixture } from './testing/cli-fixture.ts';

const postgresUrl = inject('postgresUrl');
const redisUrl = inject('redisUrl');
const ROWS = hourlyRows({ ships: 2, channels: 2, hours: 1 });

describe.skipIf(redisUrl === null)('drover run --drop-tables', () => {
  const queueUrl = redisUrl ?? '';

  // Mutation: without `confirm` in run.ts the tables are dropped and the exit code is 0.
  test('without a terminal and without --yes is refused, and drops nothing; with --yes it drops', async () => {
    await using migration = await cliFixture({ postgresUrl, queueUrl, rows: ROWS });
    const { sql } = migration.database;
    await sql.query('create schema wide');
    for (const ship of ['S1', 'S2', 'S9']) {
      await sql.query(
        `create table wide."tbl_data_timeseries_${ship}" (created_time timestamp primary key, "/c1" int8, old text)`,
      );
    }
    const tables = () =>
      sql.query(
        `select relname, oid from pg_class where relname like 'tbl_data_timeseries_S_' order by 1`,
      );
    const before = await tables();
    const refused = await migration.drover(['run', '--workers', '1', '--drop-tables']);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('those of all of the migration');
    expect(refused.err).toContain('What to do: Give --yes');
    expect(await tables()).toEqual(before);
    expect(await migration.run()).toBeNull();

    const dropped = await migration.drover(['run', '--workers', '1', '--drop-tables', '--yes']);
    expect(dropped.code).toBe(0);
    const { tbl_data_timeseries_S9: untouched, ...moved } = await migration.wide();
    expect(moved).toEqual(expectedWide(ROWS));
    expect(untouched).toEqual({});
    const columns = await sql.query(
      `select count(*) as old from information_schema.columns where table_schema = 'wide' and column_name = 'old'`,
    );
    expect(columns[0]?.['old']).toBe('1');
    const after = new Map((await tables()).map((row) => [row['relname'], row['oid']]));
    expect(before.map((row) => after.get(row['relname']) === row['oid'])).toEqual([
      false,
      false,
      true,
    ]);
  });
});

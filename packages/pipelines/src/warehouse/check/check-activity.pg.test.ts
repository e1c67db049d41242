import { Session } from '@drover/postgres';
import { scratchDatabase } from '@drover/testkit';
import { expect, inject, test } from 'vitest';
import { collect } from '../../check/testing/findings.ts';
import { checkActivity } from './check-activity.ts';

test('a transaction that is open for long is told, and is a warning where tables are followed', async () => {
  await using database = await scratchDatabase(inject('postgresUrl'));
  const { sql, url } = database;
  const options = { side: 'test', applicationName: 'an application' };
  const other = await Session.open(url, options);
  const [state] = await other.query('select pg_backend_pid() as pid, current_user as role');
  await other.script('begin');
  await sql.query('create schema other');
  await sql.query(
    `create function other.clock_timestamp() returns timestamptz language sql as
     $$ select pg_catalog.clock_timestamp() + current_setting('test.later')::interval $$`,
  );
  const at = (later: string, following: boolean) =>
    sql.transaction(async (inside) => {
      await inside.query(`set local test.later = '${later}'`);
      await inside.query('set local search_path = other, pg_catalog');
      return collect(checkActivity(inside, { following }));
    });
  expect(await at('9 minutes', true)).toEqual([]);
  const [found, ...more] = await at('11 minutes', true);
  expect(more).toEqual([]);
  expect(found).toMatchObject({
    level: 'warning',
    rule: 'transaction-long',
    subject: `source session ${state?.['pid']}`,
    fix: `Let it end, or, where it was forgotten: select pg_terminate_backend(${state?.['pid']});`,
  });
  expect(found?.reason).toContain(`role ${state?.['role']} has had a transaction open for 11m`);
  expect(found?.reason).toContain(' (idle in transaction)');
  expect(await at('11 minutes', false)).toMatchObject([{ level: 'info', fix: '' }]);
  await other.script('commit');
  await other.close();
  expect(await at('11 minutes', true)).toEqual([]);
});

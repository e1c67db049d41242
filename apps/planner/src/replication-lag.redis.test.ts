import { openDatabase, replicationLagMs } from '@drover/postgres';
import { startPostgres } from '@drover/servers';
import { expectedWide, hourlyRows, until } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { cliFixture } from './testing/cli-fixture.ts';
import { basebackupOf, startStandby } from './testing/standby.ts';

const redisUrl = inject('redisUrl');
const ROWS = hourlyRows({ ships: 1, channels: 2, hours: 3 });

describe.skipIf(redisUrl === null)('a standby that lags', () => {
  // Mutations: without `downstream` in replication-lag.ts nothing is held; without `own` the standby itself knows of
  // no lag; without `hidden` a role that may not see the lag takes it for none.
  test('holds work, and lets it go on when it has caught up', async ({ skip }) => {
    await using primary = await startPostgres();
    const basebackup = basebackupOf(primary);
    if (basebackup === null) return skip('there is no pg_basebackup');
    const open = (url: string) =>
      openDatabase(url, { side: 'source', applicationName: 'drover test', max: 2 });
    await using database = open(primary.url);
    expect(await replicationLagMs(database)).toBeNull();
    await using standby = await startStandby(primary, basebackup);
    await using migration = await cliFixture({
      postgresUrl: primary.url,
      queueUrl: redisUrl ?? '',
      rows: ROWS,
    });
    expect((await migration.drover(['run', '--tables-only', '--workers', '1'])).code).toBe(0);
    const lagMs = async () => {
      await database.query('create table if not exists public.written (a int)');
      await database.query('drop table public.written');
      return (await replicationLagMs(database)) ?? 0;
    };

    await standby.sql.query('select pg_wal_replay_pause()');
    await until('it lags', async () => (await lagMs()) > 1_500);
    expect(await replicationLagMs(standby.sql)).toBeGreaterThan(1_000);
    await database.query('create role watcher login');
    const { port } = new URL(primary.url);
    await using watcher = open(`postgres://watcher@127.0.0.1:${port}/postgres`);
    await expect(replicationLagMs(watcher)).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      hint: expect.stringContaining('grant pg_monitor to watcher'),
    });
    await database.query('grant pg_monitor to watcher');
    expect(await replicationLagMs(watcher)).toBeGreaterThan(1_000);

    const set = await migration.drover(['throttle', '--replication-lag', '1s']);
    expect(set.code).toBe(0);
    await using run = migration.start(['run', '--workers', '1']);
    await until('the watching command says why nothing moves', () =>
      /drover: Work is held: a standby lags \d+\.\d s, more than 1s\./.test(run.err()),
    );
    const held = await migration.drover(['status', '--json']);
    expect(JSON.parse(held.out)).toMatchObject({ progress: { total: { read: 0 } } });

    await standby.sql.query('select pg_wal_replay_resume()');
    expect(await run.ended).toMatchObject({ code: 0 });
    expect(await migration.wide()).toEqual(expectedWide(ROWS));
  });
});

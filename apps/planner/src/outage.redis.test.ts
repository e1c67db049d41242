import { startPostgres } from '@drover/servers';
import { expectedWide, hourlyRows, openDoor, startTcpProxy, until } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { cliFixture, MIDDLE_OF_A_COPY } from './testing/cli-fixture.ts';

const redisUrl = inject('redisUrl');
const ROWS = hourlyRows({ ships: 1, channels: 2, hours: 4 });

describe.skipIf(redisUrl === null)('a run that is watched', () => {
  // Mutation: without the `catch` after `readStatus` in watch-run.ts the command ends with 1.
  test('outlives a crash of the target in the middle of a chunk: it says so once, and ends whole', async ({
    skip,
  }) => {
    await using postgres = await startPostgres();
    if (postgres.dataDirectory === null) return skip('the Postgres is a given one');
    await using door = await openDoor(postgres.url);
    await using line = await startTcpProxy(door.url);
    await using migration = await cliFixture({
      postgresUrl: postgres.url,
      queueUrl: redisUrl ?? '',
      rows: ROWS,
      connect: (url) => Object.assign(new URL(line.url), { pathname: new URL(url).pathname }).href,
    });
    const hold = line.holdAt(MIDDLE_OF_A_COPY);
    await using watcher = migration.start(['run', '--workers', '1']);
    await hold.arrived;
    await door.slam();
    hold.release();
    const waiting = 'Waiting for it; workers do the same.';
    await until('it says that it waits', () => watcher.err().includes(waiting));
    await until('it has knocked again and again', () => door.knocks >= 10);
    await postgres.restart('immediate');
    await door.open();
    const { code, err } = await watcher.ended;
    expect(err.split(waiting)).toHaveLength(2);
    expect(code).toBe(0);
    expect(await migration.wide()).toEqual(expectedWide(ROWS));
  });
});

import { inspect } from 'node:util';
import { DroverError, ERROR_TABLE } from '@drover/core';
import { until } from '@drover/testkit';
import { Redis } from 'ioredis';
import { describe, expect, inject, test } from 'vitest';
import { ownRedis } from './testing/own-redis.ts';
import { deliveries, newMigration, openProducer } from './testing/queue-under-test.ts';

const sharedUrl = inject('redisUrl');
const SECRET = 'never-shown';

type Setting = (admin: Redis) => Promise<unknown>;

const maxmemory: Setting = (admin) => admin.config('SET', 'maxmemory', '1mb');
const replica: Setting = (admin) => admin.replicaof('127.0.0.1', 1);
const stale: Setting = async (admin) => {
  await admin.config('SET', 'replica-serve-stale-data', 'no');
  await admin.replicaof('127.0.0.1', 1);
};
const password: Setting = (admin) => admin.config('SET', 'requirepass', SECRET);
const user =
  (...rights: string[]): Setting =>
  (admin) =>
    admin.acl('SETUSER', 'drover', 'on', `>${SECRET}`, '~*', '&*', '+@all', ...rights);

const login = (username: string, word: string) => (url: string) =>
  Object.assign(new URL(url), { username, password: word }).href;
const asUser = login('drover', SECRET);
const asNobody = (url: string) => url;

describe.skipIf(sharedUrl === null)('a Redis', () => {
  // Mutation: without NOAUTH, WRONGPASS or NOPERM in REFUSALS, or without SCRIPT_WITHOUT_RIGHT, a run waits
  // for what only a person can mend; without OOM or READONLY nobody is told what that is.
  test.for([
    ['wants a password', password, asNobody, 'AUTHENTICATION_FAILED', /NOAUTH/],
    [
      'wants another password',
      password,
      login('default', 'wrong'),
      'AUTHENTICATION_FAILED',
      /WRONGPASS/,
    ],
    [
      'does not let the user run scripts',
      user('-evalsha', '-eval'),
      asUser,
      'AUTHENTICATION_FAILED',
      /NOPERM/,
    ],
    [
      'does not let scripts write for the user',
      user('-xadd'),
      asUser,
      'AUTHENTICATION_FAILED',
      /can't run this command|ACL failure/,
    ],
    ['is full', maxmemory, asNobody, 'QUEUE_UNAVAILABLE', /OOM/],
    ['is a replica', replica, asNobody, 'QUEUE_UNAVAILABLE', /READONLY/],
    ['is a replica that lost its primary', stale, asNobody, 'QUEUE_UNAVAILABLE', /MASTERDOWN/],
  ] as const)('that %s says so to a producer', async ([, set, as, code, said], { skip }) => {
    await using redis = await ownRedis(sharedUrl);
    if (redis === null) return skip('the Redis is a given one');
    const admin = new Redis(redis.url);
    await set(admin);
    const address = { url: as(redis.url), prefix: 'drover' };
    await using queue = openProducer({ address }, newMigration());
    const error: unknown = await queue.add(deliveries(1)).then(
      () => null,
      (reason: unknown) => reason,
    );
    admin.disconnect();
    expect(error).toBeInstanceOf(DroverError);
    expect(error).toMatchObject({ code, message: expect.stringMatching(said) as string });
    expect((error as DroverError).hint).not.toBe(ERROR_TABLE[code].hint);
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain(SECRET);
  });

  // Mutation: without `reconnectOnError` in backend.ts the old connection stays, and with it the replica.
  test('that became a replica is connected to anew: its name may lead to the primary by now', async ({
    skip,
  }) => {
    await using redis = await ownRedis(sharedUrl);
    if (redis === null) return skip('the Redis is a given one');
    const admin = new Redis(redis.url);
    const connections = async () =>
      String(await admin.client('LIST')).match(/^id=\d+(?=.* name=drover )/gm);
    await using queue = openProducer(
      { address: { url: redis.url, prefix: 'drover' } },
      newMigration(),
    );
    await queue.add(deliveries(1));
    const before = await connections();
    expect(before).toHaveLength(1);
    await replica(admin);
    await expect(queue.add(deliveries(2))).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
    await until('there is another connection', async () => {
      const now = await connections();
      return now?.length === 1 && now[0] !== before?.[0];
    });
    await admin.replicaof('NO', 'ONE');
    await queue.add(deliveries(2));
    admin.disconnect();
  });
});

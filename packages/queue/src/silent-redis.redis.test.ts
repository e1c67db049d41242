import { startTcpProxy, until } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { ownRedis } from './testing/own-redis.ts';
import {
  deliveries,
  newMigration,
  openProducer,
  openRecorder,
} from './testing/queue-under-test.ts';

const sharedUrl = inject('redisUrl');

const at = (url: string) => ({ address: { url, prefix: 'drover' } });

/** How many of its connections a client may make before the line is back. */
const CONNECTIONS = 20;

describe.skipIf(sharedUrl === null)('a Redis that says nothing more', () => {
  // The silence of production, as there is no other: it takes a quarter of a minute.
  // Mutation: without `socketTimeout` in backend.ts the command on the main connection is waited for.
  test('on a connection of a consumer is left by it: it takes what is added next on a new one', async ({
    skip,
  }) => {
    await using redis = await ownRedis(sharedUrl);
    if (redis === null) return skip('the Redis is a given one');
    await using proxy = await startTcpProxy(redis.url);
    const migration = newMigration();
    await using queue = openProducer(at(redis.url), migration);
    await using recorder = await openRecorder(at(proxy.url), migration);
    await queue.add(deliveries(1));
    await recorder.saw(1);
    const holds = [proxy.holdAt('bzpopmin'), proxy.holdAt('evalsha')];
    for (const hold of holds) await hold.arrived;
    await queue.add(deliveries(2, { delivery: 2 }));
    await recorder.saw(3);
    expect(recorder.seen.slice(1)).toEqual(deliveries(2, { delivery: 2 }));
  });

  // Mutation: without `socketTimeout` it never leaves the first connection; without `commandTimeout` either
  // it does not fail while there are connections to make.
  test('to a producer makes it fail, or try again where another connection has an answer', async ({
    skip,
  }) => {
    await using redis = await ownRedis(sharedUrl);
    if (redis === null) return skip('the Redis is a given one');
    await using proxy = await startTcpProxy(redis.url);
    await using queue = openProducer(at(proxy.url), newMigration());
    await queue.add(deliveries(1));
    proxy.holdAt('evalsha');
    await queue.add(deliveries(2));
    expect((await queue.known()).size).toBe(2);
    const holds = [proxy.holdAt('evalsha')];
    for (let left = CONNECTIONS; left > 0; left -= 1) holds.push(proxy.holdAt('hello'));
    await expect(queue.add(deliveries(3))).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
    for (const hold of holds) hold.release();
    await until('the producer is back', () =>
      queue.add(deliveries(3)).then(
        () => true,
        () => false,
      ),
    );
    expect((await queue.known()).size).toBe(3);
  });
});

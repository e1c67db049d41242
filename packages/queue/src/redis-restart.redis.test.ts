import { until } from '@drover/testkit';
import { Redis } from 'ioredis';
import { describe, expect, inject, test } from 'vitest';
import { inspectQueue } from './inspect-queue.ts';
import { ownRedis } from './testing/own-redis.ts';
import {
  deliveries,
  newMigration,
  openProducer,
  openRecorder,
} from './testing/queue-under-test.ts';

const sharedUrl = inject('redisUrl');

describe.skipIf(sharedUrl === null)('a Redis of our own', () => {
  // Mutation: with `retryStrategy: () => null` in backend.ts neither comes back.
  test('that is restarted, and so empty and without its scripts, serves those who had it open', async ({
    skip,
  }) => {
    await using redis = await ownRedis(sharedUrl);
    if (redis === null) return skip('the Redis is a given one');
    const server = { address: { url: redis.url, prefix: 'drover' } };
    const migration = newMigration();
    await using queue = openProducer(server, migration);
    await using recorder = await openRecorder(server, migration);
    await queue.add(deliveries(1));
    await recorder.saw(1);
    await redis.restart();
    const next = deliveries(3, { delivery: 2 });
    await until('the producer is back', () =>
      queue.add(next).then(
        () => true,
        () => false,
      ),
    );
    await recorder.saw(4);
    expect(recorder.seen.slice(1)).toEqual(next);
  });

  // Mutation: without the comparison with `noeviction` in inspect-queue.ts.
  test('that may evict keys is named by the preflight', async ({ skip }) => {
    await using redis = await ownRedis(sharedUrl);
    if (redis === null) return skip('the Redis is a given one');
    const client = new Redis(redis.url);
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    client.disconnect();
    expect(await inspectQueue({ url: redis.url, prefix: 'drover' })).toMatchObject([
      { rule: 'queue-version', level: 'info' },
      {
        rule: 'queue-evicts',
        level: 'warning',
        reason: expect.stringContaining('allkeys-lru') as string,
        fix: 'config set maxmemory-policy noeviction',
      },
    ]);
  });
});

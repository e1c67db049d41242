import { randomUUID } from 'node:crypto';
import { deliveryKey } from '@drover/core';
import { Redis } from 'ioredis';
import { describe, inject } from 'vitest';
import { queueName } from './queue-name.ts';
import { describeAddresses, withRefusedLogin } from './testing/addresses.ts';
import { describeCarrying } from './testing/carrying.ts';
import { describeConcurrency } from './testing/concurrency.ts';
import { describeDeadLetters } from './testing/dead-letters.ts';
import { describeLosing } from './testing/losing.ts';
import type { QueueUnderTest } from './testing/queue-under-test.ts';
import { describeSteering } from './testing/steering.ts';

const redisUrl = inject('redisUrl');

/** Keys under a prefix of their own: to lose them all is a FLUSHALL that no other test notices. */
async function openOnRedis(): Promise<QueueUnderTest> {
  const url = redisUrl ?? '';
  const prefix = `test-${randomUUID().slice(0, 8)}`;
  const redis = new Redis(url);
  const keys = () => redis.keys(`${prefix}:*`);
  const wipe = async () => {
    const all = await keys();
    if (all.length > 0) await redis.del(all);
  };
  const read = async (key: string): Promise<unknown> => {
    const type = await redis.type(key);
    if (type === 'hash') return redis.hgetall(key);
    if (type === 'list') return redis.lrange(key, 0, -1);
    if (type === 'set') return redis.smembers(key);
    if (type === 'zset') return redis.zrange(key, '0', '-1');
    if (type === 'stream') return redis.xrange(key, '-', '+');
    return redis.get(key);
  };
  return {
    address: { url, prefix },
    refusedUrl: withRefusedLogin(url),
    async stored() {
      const entries = await Promise.all((await keys()).map(async (key) => [key, await read(key)]));
      return JSON.stringify(entries);
    },
    async storedJobs() {
      const jobs = (await keys()).filter((key) => /:r\d+-c\d+-d\d+$/.test(key));
      const data = await Promise.all(jobs.map((key) => redis.hget(key, 'data')));
      return data.flatMap((text) => (text === null ? [] : [JSON.parse(text) as unknown]));
    },
    async breakLock(migrationId, delivery) {
      await redis.del(`${prefix}:${queueName(migrationId)}:${deliveryKey(delivery)}:lock`);
    },
    wipe,
    async [Symbol.asyncDispose]() {
      await wipe();
      redis.disconnect();
    },
  };
}

describe.skipIf(redisUrl === null)('the queue on Redis', () => {
  describeCarrying(openOnRedis);
  describeConcurrency(openOnRedis);
  describeLosing(openOnRedis);
  describeAddresses(openOnRedis);
  describeSteering(openOnRedis);
  describeDeadLetters(openOnRedis);
});

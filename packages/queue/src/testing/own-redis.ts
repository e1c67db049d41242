import { type RedisServer, startRedis } from '@drover/servers';

/** A Redis that a test may restart and set up; null where the tests were given one by its URL. */
export async function ownRedis(sharedUrl: string | null): Promise<RedisServer | null> {
  const redis = await startRedis();
  return 'unavailable' in redis || redis.url === sharedUrl ? null : redis;
}

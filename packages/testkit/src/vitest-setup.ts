import { givenDorisUrl, startPostgres, startRedis } from '@drover/servers';
import type {} from 'vitest';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Superuser, database `postgres`; tests make databases of their own in it. */
    postgresUrl: string;
    /** null where no Redis could be found: tests that need one are skipped and counted. */
    redisUrl: string | null;
    /** null where none was given: tests start stand-ins of their own. */
    dorisUrl: string | null;
  }
}

/** Starts the servers that all test files share, and ends them after the last. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startPostgres({
    settings: { max_connections: '200', max_locks_per_transaction: '256' },
  });
  const redis = await startRedis();
  const redisOrigin = 'unavailable' in redis ? `none: ${redis.unavailable}` : redis.origin;
  const dorisUrl = givenDorisUrl();
  const dorisOrigin =
    dorisUrl === null
      ? 'stand-ins, built to the documented protocol; no test ran on a real server'
      : 'DROVER_TEST_DORIS_URL';
  const servers = `\nServers: ${postgres.origin}; Redis: ${redisOrigin}; Doris: ${dorisOrigin}\n`;
  process.stdout.write(servers);
  project.provide('postgresUrl', postgres.url);
  project.provide('dorisUrl', dorisUrl);
  project.provide('redisUrl', 'unavailable' in redis ? null : redis.url);
  return async () => {
    // Where the counts are read, too.
    process.stdout.write(servers);
    await postgres.stop();
    if (!('unavailable' in redis)) await redis.stop();
  };
}

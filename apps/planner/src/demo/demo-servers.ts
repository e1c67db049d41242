import { startPostgres, startRedis } from '@drover/servers';

/** The servers of the demo, on free ports of the loopback. Disposing of them stops what was started. */
export interface DemoServers extends AsyncDisposable {
  readonly postgresUrl: string;
  /** Where the jobs are carried: Redis, or the same Postgres where there is none. */
  readonly queueUrl: string;
  /** Which servers these are, a line each. */
  readonly origins: readonly string[];
}

export async function startDemoServers(): Promise<DemoServers> {
  const postgres = await startPostgres();
  const redis = await startRedis().catch(async (error: unknown) => {
    await postgres.stop();
    throw error;
  });
  const found = !('unavailable' in redis);
  return {
    postgresUrl: postgres.url,
    queueUrl: found ? redis.url : postgres.url,
    origins: [
      `Postgres: ${postgres.origin}`,
      found
        ? `queue: ${redis.origin}`
        : `queue: the same Postgres, as there is no Redis here (${redis.unavailable})`,
    ],
    async [Symbol.asyncDispose]() {
      if (found) await redis.stop();
      await postgres.stop();
    },
  };
}

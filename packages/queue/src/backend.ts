import { DroverError } from '@drover/core';
import {
  type BackendFactory,
  createPostgresBackend,
  type IQueueBackend,
  runMigrations,
} from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';

export interface QueueAddress {
  /** `redis://`, `rediss://` or `postgres://`. */
  readonly url: string;
  /** Start of every key in Redis. */
  readonly prefix: string;
}

/** Schema that holds BullMQ's tables where Postgres carries the queue. */
const POSTGRES_SCHEMA = 'drover_queue';

const COMMAND_TIMEOUT_MS = 10_000;

/** What a Queue or a Worker of BullMQ is made with. */
export interface Backend {
  readonly options: { readonly connection: unknown; readonly prefix?: string };
  readonly factory: BackendFactory<IQueueBackend, unknown> | undefined;
  /** Ends what the backend opened and BullMQ does not close itself. */
  close(): Promise<void>;
}

/**
 * @param waiting the connection is a consumer's: it waits for as long as it takes for a server that is
 *   away, where a producer gives up and lets its caller decide.
 */
export function openBackend(address: QueueAddress, options: { waiting: boolean }): Backend {
  return address.url.startsWith('redis')
    ? redisBackend(address, options)
    : postgresBackend(address.url);
}

function redisBackend(address: QueueAddress, { waiting }: { waiting: boolean }): Backend {
  const redis = new Redis(address.url, {
    // BullMQ insists on null for consumers, whose blocking call outlives any timeout.
    maxRetriesPerRequest: waiting ? null : 2,
    ...(waiting ? {} : { commandTimeout: COMMAND_TIMEOUT_MS }),
    lazyConnect: false,
    connectionName: 'drover',
  });
  // A connection that breaks is made again; what fails meanwhile is reported by the call that fails.
  redis.on('error', () => {});
  return {
    options: { connection: redis, prefix: address.prefix },
    factory: undefined,
    async close() {
      redis.disconnect();
    },
  };
}

function postgresBackend(connectionString: string): Backend {
  return {
    options: { connection: { connectionString, schema: POSTGRES_SCHEMA, max: 4 } },
    factory: createPostgresBackend as BackendFactory<IQueueBackend, unknown>,
    async close() {},
  };
}

/** Makes BullMQ's tables where Postgres carries the queue. Safe to call again, and at once. */
export async function installQueue(address: QueueAddress): Promise<void> {
  if (address.url.startsWith('redis')) return;
  const client = new pg.Client({ connectionString: address.url, application_name: 'drover queue' });
  try {
    await client.connect();
    await runMigrations(client, POSTGRES_SCHEMA);
  } catch (error) {
    throw queueError(error, 'the tables of the queue could not be made');
  } finally {
    await client.end().catch(() => {});
  }
}

export function queueError(error: unknown, what: string): DroverError {
  if (error instanceof DroverError) return error;
  const detail = error instanceof Error ? error.message : typeof error;
  return new DroverError('QUEUE_UNAVAILABLE', {
    message: `Queue: ${what}: ${detail}`,
    cause: error,
  });
}

import { DroverError } from '@drover/core';
import {
  type BackendFactory,
  createPostgresBackend,
  type IQueueBackend,
  runMigrations,
} from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import { queueError } from './queue-error.ts';

export interface QueueAddress {
  /** `redis://`, `rediss://` or `postgres://`. */
  readonly url: string;
  /** Start of every key in Redis. */
  readonly prefix: string;
}

/** Schema that holds BullMQ's tables where Postgres carries the queue. */
const POSTGRES_SCHEMA = 'drover_queue';

const COMMAND_TIMEOUT_MS = 10_000;

const KEEP_ALIVE_MS = 10_000;

/**
 * How long a connection to Redis may leave a command without any answer before it is given up and made
 * again, with the command. Keepalives do not notice a server that hangs, nor one that vanished while bytes
 * were on their way to it. A consumer's has to outlast its blocking call: BullMQ lets that take up to 10 s
 * and waits for it 1 s longer. A producer's leaves half of its command's time for a second try.
 */
const SILENCE_MS = { consumer: 12_000, producer: 5_000 };

/** What a Queue or a Worker of BullMQ is made with. */
export interface Backend {
  readonly options: { readonly connection: unknown; readonly prefix?: string };
  readonly factory: BackendFactory<IQueueBackend, unknown> | undefined;
  /**
   * Resolves when the server is there. BullMQ itself waits for its first connection without end and
   * keeps the reason to itself.
   * @throws what the connection failed with, at its first failure.
   */
  reach(): Promise<void>;
  /** Ends what the backend opened and BullMQ does not close itself. */
  close(): Promise<void>;
}

/**
 * @throws DroverError FILE_INVALID where the address cannot be read.
 * @param waiting the connection is a consumer's: it waits for as long as it takes for a server that is
 *   away, where a producer gives up and lets its caller decide.
 */
export function openBackend(address: QueueAddress, options: { waiting: boolean }): Backend {
  refuseUnreadable(address);
  return address.url.startsWith('redis')
    ? redisBackend(address, options)
    : postgresBackend(address.url);
}

function redisBackend(address: QueueAddress, { waiting }: { waiting: boolean }): Backend {
  const redis = new Redis(address.url, {
    // BullMQ insists on null for consumers, whose commands outlive any number of connections.
    maxRetriesPerRequest: waiting ? null : 2,
    ...(waiting ? {} : { commandTimeout: COMMAND_TIMEOUT_MS }),
    socketTimeout: waiting ? SILENCE_MS.consumer : SILENCE_MS.producer,
    keepAlive: KEEP_ALIVE_MS,
    // After a failover the old connection leads to what is a replica now; the name leads elsewhere.
    reconnectOnError: (error) => error.message.startsWith('READONLY '),
    lazyConnect: false,
    connectionName: 'drover',
  });
  // A connection that breaks is made again; what fails meanwhile is reported by the call that fails.
  redis.on('error', () => {});
  return {
    options: { connection: redis, prefix: address.prefix },
    factory: undefined,
    reach: () => reachRedis(redis),
    async close() {
      redis.disconnect();
    },
  };
}

function reachRedis(redis: Redis): Promise<void> {
  if (redis.status === 'ready') return Promise.resolve();
  return new Promise((resolve, reject) => {
    const end = (error?: Error) => {
      clearTimeout(timer);
      redis.off('ready', end).off('error', end);
      if (error === undefined) resolve();
      else reject(error);
    };
    const timer = setTimeout(() => end(new Error('no answer')), COMMAND_TIMEOUT_MS);
    redis.on('ready', end).on('error', end);
  });
}

function postgresBackend(connectionString: string): Backend {
  const connection = {
    connectionString,
    schema: POSTGRES_SCHEMA,
    max: 4,
    connectionTimeoutMillis: COMMAND_TIMEOUT_MS,
    // Consumers wait for a notification, not for the answer to a query: all of BullMQ's queries are short.
    query_timeout: COMMAND_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    // BullMQ does not listen to those that it takes out of its pool: unheard, one that breaks ends the process.
    onConnect: (client: pg.ClientBase) => void client.on('error', () => {}),
  };
  return {
    options: { connection },
    factory: createPostgresBackend as BackendFactory<IQueueBackend, unknown>,
    // Each call of BullMQ connects where it must, and fails where it cannot.
    async reach() {},
    async close() {},
  };
}

/** What the drivers say of such an address, they say with all of it, the password included. */
function refuseUnreadable(address: QueueAddress): void {
  if (URL.canParse(address.url)) return;
  throw new DroverError('FILE_INVALID', { message: 'queue.url cannot be read as an address.' });
}

/** Makes BullMQ's tables where Postgres carries the queue. Safe to call again, and at once. */
export async function installQueue(address: QueueAddress): Promise<void> {
  refuseUnreadable(address);
  if (address.url.startsWith('redis')) return;
  const client = new pg.Client({
    connectionString: address.url,
    application_name: 'drover queue',
    connectionTimeoutMillis: COMMAND_TIMEOUT_MS,
  });
  try {
    await client.connect();
    await runMigrations(client, POSTGRES_SCHEMA);
  } catch (error) {
    throw queueError(error, 'the tables of the queue could not be made');
  } finally {
    await client.end().catch(() => {});
  }
}

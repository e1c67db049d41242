import type { Finding } from '@drover/core';
import { Redis } from 'ioredis';
import pg from 'pg';
import type { QueueAddress } from './backend.ts';

const CONNECT_TIMEOUT_MS = 5_000;

/** BullMQ warns below this. */
const OLDEST_REDIS = [6, 2] as const;

/** Source: BullMQ's Postgres backend. */
const OLDEST_POSTGRES = 13;

/** Preflight of the queue: reachable, and of a version and with settings that serve. */
export async function inspectQueue(address: QueueAddress): Promise<readonly Finding[]> {
  try {
    return address.url.startsWith('redis')
      ? await inspectRedis(address.url)
      : await inspectPostgres(address.url);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'an unknown error';
    return [
      {
        level: 'error',
        rule: 'queue-unreachable',
        subject: 'queue',
        reason: `cannot be reached: ${reason}`,
        fix: 'Start it, or correct queue.url. Without a Redis, a postgres:// address serves.',
      },
    ];
  }
}

async function inspectRedis(url: string): Promise<readonly Finding[]> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let failure: Error | undefined;
  redis.on('error', (error: Error) => {
    failure = error;
  });
  try {
    await redis.connect().catch((error: unknown) => {
      throw failure ?? error;
    });
    const info = await redis.info();
    const version = /^(?:redis|valkey)_version:(.+)$/m.exec(info)?.[1]?.trim() ?? 'unknown';
    const policy = /^maxmemory_policy:(.+)$/m.exec(info)?.[1]?.trim();
    const findings: Finding[] = [
      {
        level: 'info',
        rule: 'queue-version',
        subject: 'queue',
        reason: `Redis ${version}`,
        fix: '',
      },
    ];
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major < OLDEST_REDIS[0] || (major === OLDEST_REDIS[0] && minor < OLDEST_REDIS[1])) {
      findings.push({
        level: 'warning',
        rule: 'queue-version',
        subject: 'queue',
        reason: `Redis ${version} is older than ${OLDEST_REDIS.join('.')}`,
        fix: 'Use a newer Redis.',
      });
    }
    if (policy !== undefined && policy !== 'noeviction') {
      findings.push({
        level: 'warning',
        rule: 'queue-evicts',
        subject: 'queue',
        reason: `maxmemory-policy is ${policy}: Redis may drop jobs when it is full (nothing is lost, but time is)`,
        fix: 'config set maxmemory-policy noeviction',
      });
    }
    return findings;
  } finally {
    redis.disconnect();
  }
}

async function inspectPostgres(connectionString: string): Promise<readonly Finding[]> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version: string }>('show server_version');
    const version = rows[0]?.server_version ?? 'unknown';
    const old = Number.parseInt(version, 10) < OLDEST_POSTGRES;
    return [
      {
        level: old ? 'error' : 'info',
        rule: 'queue-version',
        subject: 'queue',
        reason: `Postgres ${version}${old ? `, which is older than ${OLDEST_POSTGRES}` : ', by BullMQ'}`,
        fix: old ? 'Use a newer Postgres for the queue, or Redis.' : '',
      },
    ];
  } finally {
    await client.end().catch(() => {});
  }
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startRedis } from '@drover/servers';
import { hourlyRows, until } from '@drover/testkit';
import { Redis } from 'ioredis';
import { expect, inject, test } from 'vitest';
import { type CliFixture, cliFixture } from './testing/cli-fixture.ts';
import { reference } from './testing/cli-folder.ts';

const POSTGRES_SECRET = 'pg-S3cret-7f1c';
/** Each command is a process of its own. */
const MANY_COMMANDS = { timeout: 240_000 };

const REDIS_SECRET = 'redis-S3cret-9a2b';

/** Everything that the ledger and the wide tables hold, as text. */
async function databaseText(migration: CliFixture): Promise<string> {
  const { sql } = migration.database;
  const tables = await sql.query(
    `select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and n.nspname in ('drover', 'wide', 'tenant')`,
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const rows = await sql.query(`select string_agg(t::text, E'\\n') as text from ${name} t`);
    texts.push(rows[0]?.['text'] ?? '');
  }
  const names = await sql.query(
    "select string_agg(application_name, E'\\n') as text from pg_stat_activity",
  );
  return [...texts, names[0]?.['text'] ?? ''].join('\n');
}

async function redisText(redis: Redis): Promise<string> {
  const texts: string[] = [];
  for (const key of await redis.keys('*')) {
    const read: Record<string, () => Promise<unknown>> = {
      string: () => redis.get(key),
      hash: () => redis.hgetall(key),
      list: () => redis.lrange(key, 0, -1),
      set: () => redis.smembers(key),
      zset: () => redis.zrange(key, '0', '-1'),
      stream: () => redis.xrange(key, '-', '+'),
    };
    texts.push(key, JSON.stringify(await read[await redis.type(key)]?.()));
  }
  return texts.join('\n');
}

/** What a worker says that waits for a server, or has given up; it is stopped. */
async function stoppedWorker(
  migration: CliFixture,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  await using worker = migration.start(['worker', '--debug'], environment);
  await until('the worker has said what is wrong', () => worker.err() !== '');
  worker.signal('SIGTERM');
  const { out, err } = await worker.ended;
  return `${out}${err}`;
}

// Mutation: with the address as written from `describeConnection` (connection.ts), refused connections show it.
test(
  'a password never occurs in what is printed, logged, reported, queued or kept',
  MANY_COMMANDS,
  async ({ skip }) => {
    const server = await startRedis();
    if ('unavailable' in server) return skip(server.unavailable);
    await using _ = server;
    const open = new URL(server.url);
    const redis = new Redis(server.url, { password: REDIS_SECRET, lazyConnect: true });
    const admin = new Redis(server.url);
    await admin.config('SET', 'requirepass', REDIS_SECRET);
    admin.disconnect();
    const queueUrl = `redis://:${REDIS_SECRET}@${open.host}`;
    await using migration = await cliFixture({
      postgresUrl: inject('postgresUrl'),
      queueUrl,
      rows: hourlyRows({ ships: 1, channels: 2, hours: 2 }),
      connect: (url) => {
        const withPassword = new URL(url);
        if (withPassword.password === '') withPassword.password = POSTGRES_SECRET;
        return withPassword.href;
      },
    });
    const printed: string[] = [];
    const codes: Record<string, number | string> = {};
    const drover = async (args: string, environment: Record<string, string> = {}) => {
      const { code, out, err } = await migration.drover(
        [...args.split(' '), '--debug'],
        environment,
      );
      printed.push(out, err);
      codes[[args, ...Object.keys(environment)].join(' ')] = code;
    };
    await using watcher = migration.start(['run']);
    await until('the queue holds a chunk', async () => (await redis.keys('*:wait')).length > 0);
    const queued = await redisText(redis);
    await drover('worker --until-run 1');
    const { out, err } = await watcher.ended;
    printed.push(out, err);
    for (const args of ['run --dry-run --json', 'status --json', 'verify --workers 1', 'logs']) {
      await drover(args);
    }
    const database = `postgres://postgres:${POSTGRES_SECRET}`;
    for (const address of ['127.0.0.1:1', 'bad host', '[']) {
      const environment = { DATABASE_URL: `${database}@${address}/d` };
      await drover('check', environment);
      printed.push(await stoppedWorker(migration, environment));
    }
    const wrong = { QUEUE_URL: `redis://:${REDIS_SECRET}x@${open.host}` };
    await drover('check', wrong);
    printed.push(await stoppedWorker(migration, wrong));
    expect(codes).toMatchObject({
      'worker --until-run 1': 0,
      'verify --workers 1': 0,
      'check DATABASE_URL': 1,
      'check QUEUE_URL': 1,
    });
    const files = migration.files().filter((name) => name !== '.env');
    expect(files.some((name) => name.startsWith('logs/'))).toBe(true);
    expect(files.some((name) => name.startsWith('reports/'))).toBe(true);
    const kept = {
      printed: printed.join('\n'),
      files: files.map((name) => readFileSync(join(migration.folder, name), 'utf8')).join('\n'),
      database: await databaseText(migration),
      queue: `${queued}\n${await redisText(redis)}`,
    };
    redis.disconnect();
    // Each place is really looked at: it holds what it should.
    expect(kept.printed).toContain('ECONNREFUSED');
    expect(kept.files).toContain('"msg":"chunk done"');
    expect(kept.database).toContain(reference('DATABASE_URL'));
    expect(kept.queue).toContain('r1-c1-d1');
    for (const text of Object.values(kept)) {
      expect(text.includes('S3cret')).toBe(false);
    }
  },
);

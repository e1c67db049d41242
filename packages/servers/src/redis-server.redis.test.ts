import { afterEach, describe, expect, test, vi } from 'vitest';
import { type RedisServer, startRedis } from './redis-server.ts';
import { accepts, askRedis, isRunning, redisProcessId } from './testing/probes.ts';

afterEach(() => vi.unstubAllEnvs());

vi.stubEnv('DROVER_TEST_REDIS_URL', '');
const first = await startRedis();
vi.unstubAllEnvs();
if ('url' in first) await first.stop();

async function start(): Promise<RedisServer> {
  vi.stubEnv('DROVER_TEST_REDIS_URL', '');
  const server = await startRedis();
  if ('unavailable' in server) throw new Error(server.unavailable);
  return server;
}

async function setting(server: RedisServer, name: string): Promise<string> {
  return (await askRedis(server.url, `CONFIG GET ${name}`)).split('\r\n')[4] ?? '';
}

describe.skipIf('unavailable' in first)('a Redis', { timeout: 60_000 }, () => {
  test('answers with the version that it is said to be', async () => {
    await using server = await start();
    const answer = await askRedis(server.url, 'INFO server');
    const version = /(?:redis|valkey)_version:(\S+)/g;
    const versions = [...answer.matchAll(version)].map((match) => match[1]);
    expect(versions).toContain(/^(?:Redis|Valkey) ([\d.]+), /.exec(server.origin)?.[1]);
  });

  test('listens on the loopback only, keeps nothing on disk and evicts nothing', async () => {
    await using server = await start();
    expect(await accepts(server.url, '127.0.0.1')).toBe(true);
    expect(await accepts(server.url, '127.0.0.2')).toBe(false);
    expect(await setting(server, 'save')).toBe('');
    expect(await setting(server, 'appendonly')).toBe('no');
    expect(await setting(server, 'maxmemory-policy')).toBe('noeviction');
    expect(await setting(server, 'hash-max-ziplist-value')).toBe('4096');
  });

  test('keeps its port over a restart, and comes up empty', async () => {
    await using server = await start();
    const pid = await redisProcessId(server.url);
    await askRedis(server.url, 'SET key value');
    expect(await askRedis(server.url, 'EXISTS key')).toContain(':1');
    await server.restart();
    expect(isRunning(pid)).toBe(false);
    expect(await askRedis(server.url, 'EXISTS key')).toContain(':0');
  });

  test('is gone after a stop', async () => {
    const server = await start();
    const pid = await redisProcessId(server.url);
    expect(isRunning(pid)).toBe(true);
    await server.stop();
    expect(isRunning(pid)).toBe(false);
    await expect(server.restart()).rejects.toThrow('this Redis was stopped');
  });

  test('runs beside another', async () => {
    const [one, two] = await Promise.all([start(), start()]);
    await askRedis(one.url, 'SET key value');
    expect(await askRedis(two.url, 'EXISTS key')).toContain(':0');
    await Promise.all([one.stop(), two.stop()]);
  });
});

test('a Redis that was given by URL is used as it is and is not ours to restart', async () => {
  vi.stubEnv('DROVER_TEST_REDIS_URL', 'redis://:secret@cache.example:6400/2');
  const server = await startRedis();
  if ('unavailable' in server) throw new Error(server.unavailable);
  expect(server.url).toBe('redis://:secret@cache.example:6400/2');
  expect(server.origin).toBe('Redis of DROVER_TEST_REDIS_URL, cache.example:6400');
  await expect(server.restart()).rejects.toThrow('only a server started here can be restarted');
  await server.stop();
  expect(await startRedis({ givenUrl: 'redis://first' })).toMatchObject({ url: 'redis://first' });
});

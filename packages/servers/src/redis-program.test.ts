import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Environment, readEnvironment } from './environment.ts';
import { findRedisProgram } from './redis-program.ts';
import { redisArguments } from './redis-server.ts';
import { serverUser } from './server-user.ts';
import { programFolder, testFolder } from './testing/folders.ts';

async function find(changes: Partial<Environment>) {
  const environment = { ...readEnvironment(), redisProgram: undefined, ...changes };
  return findRedisProgram(environment, await serverUser());
}

const redis = 'echo "Redis server v=6.0.16 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64"';
const valkey = 'echo "Valkey server v=8.1.1 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64"';

test('Redis is taken from the PATH, and so is Valkey', async () => {
  const searchPath = [await programFolder({ 'valkey-server': valkey })];
  expect(await find({ searchPath })).toMatchObject({ origin: 'Valkey 8.1.1, local binary' });
  searchPath.push(await programFolder({ 'redis-server': redis }));
  expect(await find({ searchPath })).toMatchObject({ origin: 'Redis 6.0.16, local binary' });
});

test('DROVER_REDIS_BIN may be a program or the folder that holds it', async () => {
  const folder = await programFolder({ 'redis-server': redis });
  const program = join(folder, 'redis-server');
  expect(await find({ redisProgram: folder })).toMatchObject({ program, version: '6.0.16' });
  expect(await find({ redisProgram: program })).toMatchObject({ program, version: '6.0.16' });
});

test('DROVER_REDIS_BIN that is of no use is an error that names it', async () => {
  const empty = await testFolder();
  await expect(find({ redisProgram: empty })).rejects.toThrow(`${empty} holds no redis-server`);
  const missing = join(empty, 'missing');
  await expect(find({ redisProgram: missing })).rejects.toThrow(`${missing} does not exist`);
  const other = await programFolder({ 'redis-server': 'echo hello' });
  await expect(find({ redisProgram: other })).rejects.toThrow('is no Redis, it says: hello');
});

test('without a program and without apt-get, the answer is why there is none', async () => {
  const searchPath = [await programFolder({ 'redis-server': 'echo "no libssl" >&2; exit 127' })];
  const found = await find({ searchPath });
  expect(found).toHaveProperty('unavailable', expect.stringContaining('no libssl'));
  expect(found).toHaveProperty('unavailable', expect.stringContaining('there is no apt-get'));
  expect(found).toHaveProperty('unavailable', expect.stringContaining('DROVER_TEST_REDIS_URL'));
});

test('the setting for packed hashes has the name that the version knows', () => {
  expect(redisArguments('/x', 1, '6.0.16')).toContain('--hash-max-ziplist-value');
  expect(redisArguments('/x', 1, '7.0.15')).toContain('--hash-max-listpack-value');
  expect(redisArguments('/x', 1, '10.1.0')).toContain('--hash-max-listpack-value');
});

import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { childEnvironment, readEnvironment } from './environment.ts';

afterEach(() => vi.unstubAllEnvs());

test('an empty variable counts as unset', () => {
  vi.stubEnv('DROVER_TEST_POSTGRES_URL', '');
  vi.stubEnv('XDG_CACHE_HOME', '');
  expect(readEnvironment().postgresUrl).toBeUndefined();
  expect(readEnvironment().cacheHome).toBe(join(homedir(), '.cache'));
});

test('DROVER_POSTGRES takes only the kinds that there are', () => {
  vi.stubEnv('DROVER_POSTGRES', 'embeded');
  expect(readEnvironment).toThrow('DROVER_POSTGRES is "embeded"; it can be "local" or "embedded"');
});

test('programs that we run speak English, whatever the user speaks', () => {
  vi.stubEnv('LC_ALL', 'de_DE.UTF-8');
  expect(childEnvironment({ EXTRA: 'yes' })).toMatchObject({ LC_ALL: 'C', EXTRA: 'yes' });
});

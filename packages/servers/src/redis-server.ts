import { readEnvironment } from './environment.ts';
import { givenOrigin, refuseRestart } from './given-server.ts';
import { startLocalServer } from './local-server.ts';
import { findRedisProgram, type RedisUnavailable } from './redis-program.ts';
import { createServerFolder } from './server-folder.ts';
import { serverUser } from './server-user.ts';

/** A Redis (or Valkey) server to work with. Disposing of it stops it. */
export interface RedisServer extends AsyncDisposable {
  readonly url: string;
  /** Which one this is, as a person reads it: "Redis 7.0.15, local binary". */
  readonly origin: string;
  /**
   * Restarts the server on the same port, empty: it keeps nothing on disk.
   *
   * @throws if the URL was given, if the server was stopped, or if it does not come up.
   */
  restart(): Promise<void>;
  /** Stops the server, if we started it; otherwise does nothing. */
  stop(): Promise<void>;
}

export interface RedisOptions {
  /** Use this server and start none; stands above all environment variables. */
  readonly givenUrl?: string | undefined;
}

/**
 * Finds a Redis server or starts one, in memory only, on 127.0.0.1 only. A given URL comes first,
 * then `redis-server` or `valkey-server` on the PATH, then Debian's packages, unpacked into the
 * cache without installing them. A server that was started ends when this process does, however it
 * does.
 *
 * @throws if DROVER_REDIS_BIN is set and of no use, or a server that was found does not start.
 */
export async function startRedis(
  options: RedisOptions = {},
): Promise<RedisServer | RedisUnavailable> {
  const environment = readEnvironment();
  if (options.givenUrl !== undefined) return givenRedis(options.givenUrl, 'a given URL');
  if (environment.redisUrl !== undefined) {
    return givenRedis(environment.redisUrl, 'DROVER_TEST_REDIS_URL');
  }
  const user = await serverUser();
  const found = await findRedisProgram(environment, user);
  if ('unavailable' in found) return found;
  const folder = await createServerFolder('drover-redis-', user);
  const server = await startLocalServer({
    name: 'Redis',
    program: found.program,
    environment: found.environment,
    user,
    folder,
    readyText: 'Ready to accept connections',
    endSignal: 'SIGTERM',
    forceSignal: 'SIGKILL',
    graceMs: 10_000,
    arguments: (port) => redisArguments(folder.path, port, found.version),
  });
  const stop = () => server.stop();
  return {
    url: `redis://127.0.0.1:${server.port}`,
    origin: found.origin,
    restart: () => server.restart(),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/**
 * The command line. Jobs are hashes with fields beyond the default 64 bytes; kept as listpacks they
 * take 308 instead of 703 bytes each. The setting has had that name since Redis 7.
 */
export function redisArguments(folder: string, port: number, version: string): readonly string[] {
  const packed = Number.parseInt(version, 10) >= 7 ? 'listpack' : 'ziplist';
  const settings = {
    port: `${port}`,
    bind: '127.0.0.1',
    save: '',
    appendonly: 'no',
    dir: folder,
    'maxmemory-policy': 'noeviction',
    [`hash-max-${packed}-value`]: '4096',
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

function givenRedis(url: string, source: string): RedisServer {
  return {
    url,
    origin: givenOrigin('Redis', url, source),
    restart: refuseRestart('Redis', source),
    stop: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
}

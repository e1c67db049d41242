import { stat } from 'node:fs/promises';
import type { Environment } from './environment.ts';
import { errorMessage } from './error-message.ts';
import { findProgram, isProgram, runProgram } from './program.ts';
import { unpackedRedis } from './redis-package.ts';
import type { ServerUser } from './server-user.ts';

/** A server program that answered. */
export interface RedisProgram {
  readonly program: string;
  /** Variables that it needs in order to run. */
  readonly environment: Readonly<Record<string, string>>;
  readonly version: string;
  /** As in "Redis 7.0.15, local binary". */
  readonly origin: string;
}

/** There is no Redis to be had. The queue can use PostgreSQL instead. */
export interface RedisUnavailable {
  /** Why, and what would help. */
  readonly unavailable: string;
}

/**
 * Finds a program that `user` may run: that of DROVER_REDIS_BIN; else the first on the PATH; else
 * that of Debian's packages.
 *
 * @throws if DROVER_REDIS_BIN is set and of no use.
 */
export async function findRedisProgram(
  environment: Environment,
  user: ServerUser | null,
): Promise<RedisProgram | RedisUnavailable> {
  if (environment.redisProgram !== undefined) {
    const program = await programIn(environment.redisProgram, user);
    return inspect({ program, environment: {} }, 'DROVER_REDIS_BIN', user);
  }
  const failures: string[] = [];
  for (const name of serverNames) {
    const program = await findProgram(environment.searchPath, name, user);
    if (program === null) continue;
    try {
      return await inspect({ program, environment: {} }, 'local binary', user);
    } catch (error) {
      failures.push(errorMessage(error));
    }
  }
  if (failures.length === 0) failures.push(`neither ${serverNames.join(' nor ')} is on the PATH`);
  try {
    const unpacked = await unpackedRedis(environment, user);
    return await inspect(unpacked, 'Debian package unpacked in the cache', user);
  } catch (error) {
    failures.push(errorMessage(error));
  }
  return {
    unavailable:
      `No Redis could be found. Install redis-server, or set DROVER_TEST_REDIS_URL to a server. ` +
      `Tried:\n- ${failures.join('\n- ')}`,
  };
}

const serverNames = ['redis-server', 'valkey-server'];

async function programIn(path: string, user: ServerUser | null): Promise<string> {
  if (await isProgram(path, user)) return path;
  for (const name of serverNames) {
    const program = await findProgram([path], name, user);
    if (program !== null) return program;
  }
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  const problem = exists
    ? `holds no ${serverNames.join(' or ')} that can be run`
    : 'does not exist';
  throw new Error(`DROVER_REDIS_BIN: ${path} ${problem}`);
}

async function inspect(
  found: Pick<RedisProgram, 'program' | 'environment'>,
  source: string,
  user: ServerUser | null,
): Promise<RedisProgram> {
  const { program, environment } = found;
  const answer = await runProgram(program, ['--version'], { user, environment, folder: '/' });
  const [, name, version] = /(Redis|Valkey) server v=(\S+)/i.exec(answer) ?? [];
  if (name === undefined || version === undefined) {
    throw new Error(`${source}: ${program} is no Redis, it says: ${answer.trim()}`);
  }
  return { ...found, version, origin: `${name} ${version}, ${source}` };
}

import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** What this package takes from the environment. Empty variables count as unset. */
export interface Environment {
  /** DROVER_TEST_POSTGRES_URL: use this server and start none. */
  readonly postgresUrl: string | undefined;
  /** DROVER_POSTGRES_BIN: the folder that holds `initdb` and `postgres`. */
  readonly postgresFolder: string | undefined;
  /** DROVER_POSTGRES: start PostgreSQL from these binaries and no others. */
  readonly postgresLink: 'local' | 'embedded' | undefined;
  /** DROVER_TEST_REDIS_URL: use this server and start none. */
  readonly redisUrl: string | undefined;
  /** DROVER_REDIS_BIN: the server program, or the folder that holds it. */
  readonly redisProgram: string | undefined;
  /** DROVER_TEST_DORIS_URL: use this server and start none. */
  readonly dorisUrl: string | undefined;
  /** PATH, in order. */
  readonly searchPath: readonly string[];
  /** XDG_CACHE_HOME, else `~/.cache`. */
  readonly cacheHome: string;
}

/**
 * Reads the environment as it is now.
 *
 * @throws if DROVER_POSTGRES is neither `local` nor `embedded`.
 */
export function readEnvironment(): Environment {
  return {
    postgresUrl: variable('DROVER_TEST_POSTGRES_URL'),
    postgresFolder: variable('DROVER_POSTGRES_BIN'),
    postgresLink: postgresLink(variable('DROVER_POSTGRES')),
    redisUrl: variable('DROVER_TEST_REDIS_URL'),
    redisProgram: variable('DROVER_REDIS_BIN'),
    dorisUrl: variable('DROVER_TEST_DORIS_URL'),
    searchPath: (variable('PATH') ?? '').split(delimiter).filter((folder) => folder !== ''),
    cacheHome: variable('XDG_CACHE_HOME') ?? join(homedir(), '.cache'),
  };
}

/** The environment for a program that we run: ours, with messages in English, since we read them. */
export function childEnvironment(
  additions: Readonly<Record<string, string>> = {},
): Record<string, string | undefined> {
  return { ...process.env, LC_ALL: 'C', ...additions };
}

function postgresLink(value: string | undefined): Environment['postgresLink'] {
  if (value === undefined || value === 'local' || value === 'embedded') return value;
  throw new Error(`DROVER_POSTGRES is "${value}"; it can be "local" or "embedded"`);
}

function variable(name: string): string | undefined {
  return process.env[name] || undefined;
}

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { embeddedPostgresFolder } from './embedded-postgres.ts';
import type { Environment } from './environment.ts';
import { errorMessage } from './error-message.ts';
import { isProgram, runProgram } from './program.ts';
import type { ServerUser } from './server-user.ts';

/** A folder with an `initdb` and a `postgres` that answered. */
export interface PostgresBinaries {
  readonly folder: string;
  /** As in "PostgreSQL 15.18, local binaries". */
  readonly origin: string;
}

/**
 * Finds binaries that `user` may run: those of DROVER_POSTGRES_BIN; else the first on the PATH;
 * else the newest in the usual places; else those of the embedded-postgres package.
 *
 * @throws if DROVER_POSTGRES_BIN is set and of no use, or if nothing is found, saying where it
 *   looked.
 */
export async function findPostgresBinaries(
  environment: Environment,
  user: ServerUser | null,
): Promise<PostgresBinaries> {
  const { postgresFolder, postgresLink } = environment;
  const failures: string[] = [];
  if (postgresLink !== 'embedded') {
    if (postgresFolder !== undefined) return inspect(postgresFolder, 'DROVER_POSTGRES_BIN', user);
    for (const folder of [...environment.searchPath, ...(await usualFolders())]) {
      if (!(await isProgram(join(folder, 'initdb'), user))) continue;
      if (!(await isProgram(join(folder, 'postgres'), user))) continue;
      try {
        return await inspect(folder, 'local binaries', user);
      } catch (error) {
        failures.push(errorMessage(error));
      }
    }
    failures.push('neither the PATH nor the usual folders hold others');
  }
  if (postgresLink !== 'local') {
    try {
      const folder = await embeddedPostgresFolder(environment, user);
      return await inspect(folder, 'embedded-postgres package', user);
    } catch (error) {
      failures.push(errorMessage(error));
    }
  }
  throw new Error(
    `No PostgreSQL could be found. Install it, or set DROVER_TEST_POSTGRES_URL to a server or ` +
      `DROVER_POSTGRES_BIN to a folder with initdb and postgres. Tried:\n- ${failures.join('\n- ')}`,
  );
}

async function inspect(
  folder: string,
  found: string,
  user: ServerUser | null,
): Promise<PostgresBinaries> {
  for (const name of ['initdb', 'postgres']) {
    if (await isProgram(join(folder, name), user)) continue;
    const who = user === null ? 'we' : `user ${user.uid}, which servers run as under root,`;
    throw new Error(`${found}: ${folder} holds no ${name} that ${who} can run`);
  }
  const answer = await runProgram(join(folder, 'postgres'), ['--version'], { user, folder: '/' });
  const version = /\(PostgreSQL\) (\S+)/.exec(answer)?.[1];
  if (version === undefined) {
    throw new Error(`${found}: ${folder}/postgres is no PostgreSQL, it says: ${answer.trim()}`);
  }
  return { folder, origin: `PostgreSQL ${version}, ${found}` };
}

/** Where Debian and Homebrew put each version, newest first. */
async function usualFolders(): Promise<readonly string[]> {
  const folders: { readonly folder: string; readonly version: number }[] = [];
  for (const place of ['/usr/lib/postgresql', '/usr/local/opt', '/opt/homebrew/opt']) {
    for (const name of await namesIn(place)) {
      const version = /^(?:postgresql@?)?(\d*)$/.exec(name)?.[1];
      if (version === undefined) continue;
      folders.push({ folder: join(place, name, 'bin'), version: Number(version) });
    }
  }
  return folders.sort((a, b) => b.version - a.version).map(({ folder }) => folder);
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch {
    return []; // there is no such place on this system
  }
}

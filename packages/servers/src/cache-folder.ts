import { access, chmod, constants, lstat, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Environment } from './environment.ts';
import { runProgram } from './program.ts';
import { canReach, type ServerUser, temporaryRoot } from './server-user.ts';

/**
 * The folder for what is worth keeping between runs, created if need be: `drover` in the user's
 * cache, or one under the temporary folder where that cannot be written or `user` cannot enter it
 * (as with the home of root).
 *
 * @throws if neither will do. Programs are run from it, so a folder that others may write is not
 *   taken.
 */
export async function cacheFolder(
  environment: Environment,
  user: ServerUser | null,
): Promise<string> {
  const preferred = join(environment.cacheHome, 'drover');
  const owner = process.getuid?.() ?? 0;
  const temporary = join(await temporaryRoot(user), `drover-${owner}-cache`);
  for (const folder of [preferred, temporary]) {
    if (!(await canReach(user, await nearestExisting(folder)))) continue;
    if ((await isOurs(folder, owner)) && (await canReach(user, folder))) return folder;
  }
  throw new Error(
    `${preferred} and ${temporary} cannot be used as a cache: not writable, writable by others, ` +
      `or out of reach for the user that servers run as; set XDG_CACHE_HOME to a folder that can`,
  );
}

/**
 * Makes sure that `folder` is usable: as it is, or filled anew. The filling happens in a folder
 * beside it that is then renamed, so several processes may do this at once and none sees half of
 * it. Everybody may read the result.
 *
 * @throws if `fill` throws, or leaves a folder that is not usable.
 */
export async function keepInCache(
  folder: string,
  isUsable: (folder: string) => Promise<boolean>,
  fill: (folder: string) => Promise<void>,
): Promise<void> {
  if (await isUsable(folder)) return;
  const fresh = await mkdtemp(`${folder}.new-`);
  try {
    await fill(fresh);
    await runProgram('chmod', ['-R', 'a+rX', fresh]);
    if (!(await isUsable(fresh))) throw new Error(`what was put into ${folder} does not work`);
    await putInPlace(fresh, folder, isUsable);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

async function putInPlace(
  fresh: string,
  folder: string,
  isUsable: (folder: string) => Promise<boolean>,
): Promise<void> {
  try {
    await rename(fresh, folder);
  } catch (error) {
    if (await isUsable(folder)) return; // another process was faster
    if (!isTaken(error)) throw error;
    const damaged = `${fresh}.damaged`;
    await rename(folder, damaged);
    await rename(fresh, folder);
    await rm(damaged, { recursive: true, force: true });
  }
}

function isTaken(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOTEMPTY' || code === 'EEXIST';
}

async function nearestExisting(folder: string): Promise<string> {
  try {
    await access(folder);
    return folder;
  } catch {
    return nearestExisting(dirname(folder)); // ends at the root
  }
}

/** Creates the folder if need be; false if it is not ours alone to write. */
async function isOurs(folder: string, owner: number): Promise<boolean> {
  try {
    const created = await mkdir(folder, { recursive: true });
    if (created !== undefined) await chmod(folder, 0o755);
    await access(folder, constants.W_OK);
    const { uid, mode } = await lstat(folder);
    return uid === owner && (mode & 0o022) === 0;
  } catch {
    return false; // it cannot be created: the caller has another place
  }
}

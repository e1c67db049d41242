import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, keepInCache } from './cache-folder.ts';
import type { Environment } from './environment.ts';
import { findProgram, runProgram } from './program.ts';
import { type ServerUser, temporaryRoot } from './server-user.ts';

/** `redis-server` as unpacked from packages, with the variables that it needs in order to run. */
export interface UnpackedRedis {
  readonly program: string;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * The `redis-server` of Debian, or of a system like it, unpacked into the cache and not installed,
 * which needs no root. The first time it is downloaded, some 1.5 MB.
 *
 * @throws if this is no such system, or the packages cannot be had.
 */
export async function unpackedRedis(
  environment: Environment,
  user: ServerUser | null,
): Promise<UnpackedRedis> {
  for (const tool of ['apt-get', 'dpkg-deb']) {
    if ((await findProgram(environment.searchPath, tool, null)) !== null) continue;
    throw new Error(`there is no ${tool} to fetch it with`);
  }
  const release = /^VERSION_CODENAME=(\S+)/m.exec(await readFile('/etc/os-release', 'utf8'));
  const name = `redis-${release?.[1] ?? 'debian'}-${process.arch}`;
  const folder = join(await cacheFolder(environment, user), name);
  await keepInCache(folder, (root) => answers(root, user), unpackPackages);
  return programOf(folder);
}

async function answers(root: string, user: ServerUser | null): Promise<boolean> {
  try {
    await askVersion(root, user);
    return true;
  } catch {
    return false; // not there yet, or for another release of the system
  }
}

async function askVersion(root: string, user: ServerUser | null): Promise<void> {
  const { program, environment } = await programOf(root);
  await runProgram(program, ['--version'], { user, environment, folder: '/' });
}

async function programOf(root: string): Promise<UnpackedRedis> {
  const folders = await readdir(join(root, 'usr', 'lib'));
  const libraries = folders.filter((name) => name.includes('-linux-'));
  const path = libraries.flatMap((name) => [join(root, 'usr/lib', name), join(root, 'lib', name)]);
  return {
    program: join(root, 'usr', 'bin', 'redis-server'),
    environment: { LD_LIBRARY_PATH: path.join(':') },
  };
}

async function unpackPackages(root: string): Promise<void> {
  const downloads = await mkdtemp(join(await temporaryRoot(null), 'drover-packages-'));
  try {
    await downloadPackages(downloads);
    for (const file of await readdir(downloads)) {
      if (file.endsWith('.deb')) await runProgram('dpkg-deb', ['-x', join(downloads, file), root]);
    }
    await askVersion(root, null); // says which library is missing, if one is
  } finally {
    await rm(downloads, { recursive: true, force: true });
  }
}

/** Lists of packages are missing in a fresh container, and outdated in an old one. */
async function downloadPackages(folder: string): Promise<void> {
  try {
    await runApt(['download', ...(await packageNames())], folder);
  } catch (error) {
    const needsLists = /unable to locate|no installation candidate|404/i.test(String(error));
    if (!needsLists || process.getuid?.() !== 0) throw error;
    await runApt(['update'], folder);
    await runApt(['download', ...(await packageNames())], folder);
  }
}

/**
 * What installing redis-server would add to this system. What it would only upgrade stays as it is:
 * a second libc beside the system's does not work. redis-tools holds the program since Debian 9,
 * redis-server a link to it.
 */
async function packageNames(): Promise<readonly string[]> {
  const plan = await runApt(['install', '--simulate', '--no-install-recommends', 'redis-server']);
  const added = [...plan.matchAll(/^Inst (\S+) \(/gm)].map(([, name = '']) => name);
  return [...new Set(['redis-server', 'redis-tools', ...added])];
}

async function runApt(command: readonly string[], folder = '/'): Promise<string> {
  const patience = ['-o', 'Acquire::Retries=0', '-o', 'Acquire::http::Timeout=15'];
  return runProgram('apt-get', [...patience, ...command], { folder });
}

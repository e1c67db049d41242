import { join } from 'node:path';
import { runProgram } from './program.ts';
import type { ServerFolder } from './server-folder.ts';
import type { ServerUser } from './server-user.ts';

/**
 * Makes the empty folder a database cluster: superuser `postgres`, no passwords, UTF8, and the
 * locale C.UTF-8, or C on systems that lack the former (macOS before 15).
 *
 * @throws with what `initdb` said; the folder is removed then.
 */
export async function createCluster(
  binaries: string,
  folder: ServerFolder,
  user: ServerUser | null,
): Promise<void> {
  try {
    try {
      await initialise('C.UTF-8', binaries, folder, user);
    } catch (error) {
      if (!(error instanceof Error) || !/invalid locale/i.test(error.message)) throw error;
      await initialise('C', binaries, folder, user);
    }
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

async function initialise(
  locale: string,
  binaries: string,
  folder: ServerFolder,
  user: ServerUser | null,
): Promise<void> {
  const options = ['-U', 'postgres', '-E', 'UTF8', `--locale=${locale}`, '--auth=trust'];
  await runProgram(join(binaries, 'initdb'), ['-D', folder.path, ...options, '--no-sync'], {
    user,
    folder: folder.path,
    onStart: (pid) => folder.watch(pid),
  });
  folder.watch(null);
}

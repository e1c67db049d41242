import type { Stats } from 'node:fs';
import { access, constants, readFile, realpath, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';

/** The user that servers run as when it is not ourselves. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * `nobody` when we are root, because PostgreSQL refuses to run as root and Redis need not;
 * otherwise null, which means ourselves.
 */
export async function serverUser(): Promise<ServerUser | null> {
  if (process.getuid?.() !== 0) return null;
  const accounts = await readFile('/etc/passwd', 'utf8');
  const nobody = /^nobody:[^:]*:(\d+):(\d+):/m.exec(accounts);
  return { uid: Number(nobody?.[1] ?? 65_534), gid: Number(nobody?.[2] ?? 65_534) };
}

/**
 * Whether `user` may execute the file, or enter the folder, at `path`: the path itself and each of
 * its parents. Judged from permission bits; access lists beyond those are not looked at.
 */
export async function canReach(user: ServerUser | null, path: string): Promise<boolean> {
  try {
    if (user === null) {
      await access(path, constants.X_OK);
      return true;
    }
    let place = await realpath(path);
    while (mayExecute(user, await stat(place))) {
      if (dirname(place) === place) return true;
      place = dirname(place);
    }
    return false;
  } catch {
    return false; // missing, or hidden from us as well
  }
}

/** The folder for temporary files, or `/tmp` where `user` cannot enter it. */
export async function temporaryRoot(user: ServerUser | null): Promise<string> {
  return (await canReach(user, tmpdir())) ? tmpdir() : '/tmp';
}

function mayExecute(user: ServerUser, { mode, uid, gid }: Stats): boolean {
  if (uid === user.uid) return (mode & 0o100) !== 0;
  if (gid === user.gid) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
}

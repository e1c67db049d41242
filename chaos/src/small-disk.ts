import { execFile } from 'node:child_process';
import { chmod, chown, mkdtemp, open, rm, rmdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A disk so small that it can be filled. */
export interface SmallDisk extends AsyncDisposable {
  readonly folder: string;
  /** Leaves no byte free. */
  fill(): Promise<void>;
  free(): Promise<void>;
}

const SIZE_MEGABYTES = 192;
const BLOCK = Buffer.alloc(1024 * 1024);

/**
 * Mounts a memory file system that belongs to the owner of `like`. Needs root, on Linux.
 * @returns why there is none, where there is none.
 */
export async function mountSmallDisk(like: string): Promise<SmallDisk | { unavailable: string }> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    return { unavailable: 'a disk that can be filled needs root on Linux' };
  }
  const folder = await mkdtemp(join(tmpdir(), 'drover-chaos-disk-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MEGABYTES}m`, 'drover-chaos', folder]);
  } catch (error) {
    await rmdir(folder);
    return { unavailable: `mount failed: ${error instanceof Error ? error.message : 'unknown'}` };
  }
  const owner = await stat(like);
  await chown(folder, owner.uid, owner.gid);
  await chmod(folder, 0o700);
  const filler = join(folder, 'filler');
  return {
    folder,
    fill: () => writeUntilFull(filler),
    free: () => rm(filler, { force: true }),
    async [Symbol.asyncDispose]() {
      await run('umount', [folder]);
      await rmdir(folder);
    },
  };
}

async function writeUntilFull(path: string): Promise<void> {
  await using file = await open(path, 'w');
  // Smaller and smaller, down to a page: a large write that does not fit leaves room behind.
  for (let size = BLOCK.length; size >= 4096; size /= 2) {
    try {
      for (;;) await file.appendFile(BLOCK.subarray(0, size));
    } catch (error) {
      const full = error instanceof Error && 'code' in error && error.code === 'ENOSPC';
      if (!full) throw error;
    }
  }
}

import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** `2026-01-31_081530_run_host_4711.log`, and rotated parts of it with `.1`, `.2`, ... behind. */
const NAME = /^(\d{4}-\d{2}-\d{2}_\d{6}_([A-Za-z0-9-]+)_(.+)_(\d+))\.log(?:\.(\d+))?$/;

/** Log files of how many processes are kept. */
export const LOG_FILES_KEPT = 200;

export interface LogFile {
  readonly path: string;
  /** What the parts of one process share. */
  readonly process: string;
  readonly task: string;
  /** 0 for the file that is written to, 1 for the part before, and so on. */
  readonly part: number;
}

export function logFileName(of: { at: Date; task: string; host: string; pid: number }): string {
  const host = of.host.replaceAll(/[^A-Za-z0-9.-]/g, '-');
  return `${fileStamp(of.at)}_${of.task}_${host}_${of.pid}.log`;
}

/** `2026-01-31_081530`, in UTC: a moment as part of a file's name. */
export function fileStamp(at: Date): string {
  return at.toISOString().replace('T', '_').replaceAll(':', '').slice(0, 17);
}

/** Log files of a folder, oldest first. */
export function listLogFiles(folder: string): readonly LogFile[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  return names
    .flatMap((name) => {
      const match = NAME.exec(name);
      if (match === null) return [];
      const [, process = '', task = '', , , part] = match;
      return [{ path: join(folder, name), process, task, part: Number(part ?? 0) }];
    })
    .sort((a, b) => (a.process < b.process ? -1 : a.process > b.process ? 1 : b.part - a.part));
}

/** Removes the files of the oldest processes, so that at most `keep` processes have files left. */
export function pruneLogFiles(folder: string, keep: number): void {
  const files = listLogFiles(folder);
  const processes = [...new Set(files.map((file) => file.process))].sort();
  const old = new Set(processes.slice(0, Math.max(0, processes.length - keep)));
  for (const file of files) if (old.has(file.process)) rmSync(file.path, { force: true });
}

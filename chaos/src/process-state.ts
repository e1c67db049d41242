import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

// As the system sees processes. Source: proc(5), so Linux only.

/** Stopped by a signal, whatever we believe to have sent. False where it has ended. */
export function isStopped({ pid }: { readonly pid: number }): boolean {
  if (!existsSync(`/proc/${pid}`)) return false;
  const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The state follows the name, which is in brackets and can hold anything.
  return status.slice(status.lastIndexOf(')') + 2).startsWith('T');
}

/** Processes that work in the folder, whoever started them. */
export function processesIn(folder: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === folder;
    } catch {
      // It ended while we looked, or is not ours to look at.
      return false;
    }
  });
}

import { readFileSync } from 'node:fs';

/**
 * Memory of a process from Linux' `/proc/PID/status`; 0 for one that has ended. `VmHWM` is the most that was
 * ever resident, `RssAnon` what is resident now and belongs to no file and no shared memory.
 */
export function memoryBytes(pid: number, field: 'VmHWM' | 'RssAnon'): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const line = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status);
    return Number(line?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

import { systemHost } from '@drover/config';
import { createLog, LOG_FILES_KEPT, logCommandStart, type ProcessLog } from '@drover/telemetry';

/** The log of a command that a person watches: all of it in the file, only trouble on the terminal. */
export function openCommandLog(task: string, folder: string): ProcessLog {
  const log = createLog({
    task,
    host: systemHost.name,
    pid: systemHost.pid,
    startedAt: new Date(),
    level: 'debug',
    folder: folder === 'none' ? null : folder,
    keep: LOG_FILES_KEPT,
    terminal: { stream: process.stderr, level: 'error', colors: process.stderr.isTTY },
  });
  logCommandStart(log, process.argv);
  return log;
}

import { systemHost } from '@drover/config';
import { type Log, toDroverError } from '@drover/core';
import { createLog, LOG_FILES_KEPT, logCommandStart, type ProcessLog } from '@drover/telemetry';

/**
 * Does the work of a command that a person watches, with a log of its own, which also holds the error that it
 * ended with; on the terminal the command itself says it.
 */
export async function withCommandLog<T>(
  task: string,
  folder: string,
  work: (log: Log) => Promise<T>,
): Promise<T> {
  await using log = openCommandLog(task, folder);
  try {
    return await work(log);
  } catch (error) {
    const { code, message, hint } = toDroverError(error);
    log.error('command failed', { code, error: message, hint });
    throw error;
  }
}

function openCommandLog(task: string, folder: string): ProcessLog {
  const log = createLog({
    task,
    host: systemHost.name,
    pid: systemHost.pid,
    startedAt: new Date(),
    level: 'debug',
    folder: folder === 'none' ? null : folder,
    keep: LOG_FILES_KEPT,
    terminal: null,
  });
  logCommandStart(log, process.argv);
  return log;
}

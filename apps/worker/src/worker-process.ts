import { systemHost } from '@drover/config';
import { parseDuration, Stopped, toDroverError } from '@drover/core';
import { createLog, LOG_FILES_KEPT, logCommandStart } from '@drover/telemetry';
import { keepSocketMemorySmall } from './socket-memory.ts';
import { type RunningWorker, startWorker } from './worker.ts';

export interface WorkerProcessOptions {
  readonly file: string;
  readonly concurrency: number;
  readonly untilRun: number | null;
  /** How long chunks in hand may go on after a signal, e.g. `30s`. */
  readonly grace: string;
  /** Folder of the log files; `none` for no file. */
  readonly logs: string;
  /** Nothing on the terminal. */
  readonly quiet: boolean;
  /** Ends the process at once. */
  readonly exit: (code: number) => void;
}

/**
 * A worker as a process: runs until a signal, or until its run has ended. The first signal finishes or
 * hands back the chunks in hand; the second ends at once.
 * @returns the exit code.
 */
export async function runWorkerProcess(options: WorkerProcessOptions): Promise<number> {
  const graceMicros = parseDuration(options.grace);
  if (graceMicros === null || !(options.concurrency >= 1)) {
    process.stderr.write(
      '--grace takes a length of time such as 30s, --concurrency a number from 1\n',
    );
    return 2;
  }
  const terminal = process.stderr;
  await using log = createLog({
    task: 'worker',
    host: systemHost.name,
    pid: systemHost.pid,
    startedAt: new Date(),
    level: 'debug',
    folder: options.logs === 'none' ? null : options.logs,
    keep: LOG_FILES_KEPT,
    terminal: options.quiet
      ? null
      : { stream: terminal, level: terminal.isTTY ? 'info' : 'warn', colors: terminal.isTTY },
  });
  logCommandStart(log, process.argv);
  const unwanted = new AbortController();
  let worker: RunningWorker | undefined;
  let signals = 0;
  const onSignal = () => {
    signals += 1;
    if (signals > 1) options.exit(130);
    unwanted.abort(new Stopped('shutdown'));
    void worker?.stop(Number(graceMicros / 1000n));
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  try {
    worker = await startWorker({ ...options, signal: unwanted.signal, log });
    using _ = keepSocketMemorySmall();
    // A signal may have come in the last moment of starting.
    if (unwanted.signal.aborted) void worker.stop(0);
    await worker.ended;
    return 0;
  } catch (error) {
    if (error instanceof Stopped) return 0;
    const failure = toDroverError(error);
    log.error(failure.message, { code: failure.code, hint: failure.hint });
    if (options.quiet) terminal.write(`${failure.message}\n${failure.hint}\n`);
    return failure.code === 'FILE_INVALID' ? 2 : 1;
  } finally {
    process.off('SIGTERM', onSignal);
    process.off('SIGINT', onSignal);
  }
}

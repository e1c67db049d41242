import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';

export interface LocalWorkers {
  readonly pids: readonly number[];
  /** How many have ended, and with which codes, other than by themselves at the end of the run. */
  readonly failures: readonly string[];
  /** Asks them to finish or hand back, and waits. */
  stop(): Promise<void>;
  /** Ends them at once, after `stop`: what they have in hand runs again elsewhere. */
  hurry(): void;
}

/**
 * Starts worker processes that end with the run. They are not tied to this process: when it is closed, or
 * killed, they go on.
 */
export function startLocalWorkers(of: {
  count: number;
  concurrency: number;
  grace: string;
  file: string;
  runId: number;
  logs: string;
}): LocalWorkers {
  const program = createRequire(import.meta.url).resolve('@drover/worker/main');
  const failures: string[] = [];
  const workers = Array.from({ length: of.count }, () => {
    const child = spawn(
      process.execPath,
      [
        ...process.execArgv,
        program,
        ...['--file', of.file],
        ...['--concurrency', String(of.concurrency)],
        ...['--grace', of.grace],
        ...['--until-run', String(of.runId)],
        ...['--logs', of.logs],
        '--quiet',
      ],
      { detached: true, stdio: 'ignore' },
    );
    // Not waited for where this process ends first.
    child.unref();
    return { child, end: ending(child, failures) };
  });
  return {
    pids: workers.flatMap(({ child }) => (child.pid === undefined ? [] : [child.pid])),
    failures,
    hurry() {
      for (const { child } of workers) child.kill('SIGTERM');
    },
    async stop() {
      for (const { child } of workers) child.kill('SIGTERM');
      await Promise.all(workers.map(({ end }) => end));
    },
  };
}

function ending(child: ChildProcess, failures: string[]): Promise<void> {
  return new Promise((resolve) => {
    child.on('error', (error) => {
      failures.push(`a worker could not be started: ${error.message}`);
      resolve();
    });
    child.on('exit', (code, signal) => {
      if (code !== 0) {
        failures.push(
          `worker ${child.pid} ended with ${signal ?? `code ${code}`}; its log says why`,
        );
      }
      resolve();
    });
  });
}

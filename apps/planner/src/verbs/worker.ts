import { runWorkerProcess } from '@drover/worker';
import { Command } from 'commander';
import { fileOption, logsOption, positiveNumber } from '../options.ts';
import type { MakeVerb } from './verb.ts';

interface WorkerVerbOptions {
  file: string;
  concurrency: number;
  untilRun?: number;
  grace: string;
  logs: string;
}

export const workerVerb: MakeVerb = (verb) =>
  new Command('worker')
    .description(
      'Work on the chunks of a migration, on this machine, until stopped. SIGTERM finishes or hands back.',
    )
    .addOption(fileOption())
    .option('--concurrency <number>', 'chunks at once', positiveNumber, 1)
    .option('--until-run <number>', 'end when this run has ended', positiveNumber)
    .option('--grace <length>', 'how long chunks in hand may go on after SIGTERM', '30s')
    .addOption(logsOption())
    .action(verb(worker));

function worker(options: WorkerVerbOptions): Promise<number> {
  return runWorkerProcess({
    ...options,
    untilRun: options.untilRun ?? null,
    quiet: false,
    exit: (code) => process.exit(code),
  });
}

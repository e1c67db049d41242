import { runWorkerProcess } from '@drover/worker';
import { Command } from 'commander';
import { viewMigration } from '../migration-context.ts';
import { dryRunOption, fileOption, graceOption, logsOption, positiveNumber } from '../options.ts';
import { print } from '../print.ts';
import type { MakeVerb } from './verb.ts';

interface WorkerVerbOptions {
  file: string;
  concurrency: number;
  untilRun?: number;
  grace: string;
  logs: string;
  dryRun: boolean;
}

export const workerVerb: MakeVerb = (verb) =>
  new Command('worker')
    .description(
      'Work on the chunks of a migration, on this machine, until stopped. SIGTERM finishes or hands back.',
    )
    .addOption(fileOption())
    .option('--concurrency <number>', 'chunks at once', positiveNumber, 1)
    .option('--until-run <number>', 'end when this run has ended', positiveNumber)
    .addOption(graceOption())
    .addOption(dryRunOption('say what there is to work on'))
    .addOption(logsOption())
    .action(verb(worker));

async function worker(options: WorkerVerbOptions): Promise<number> {
  if (options.dryRun) return sayWhatThereIs(options.file);
  return runWorkerProcess({
    ...options,
    untilRun: options.untilRun ?? null,
    quiet: false,
    exit: (code) => process.exit(code),
  });
}

async function sayWhatThereIs(file: string): Promise<number> {
  await using view = await viewMigration(file);
  if (view.trouble !== null) throw view.trouble;
  const runs = (await view.ledger?.ledger.unfinishedRuns(view.ledger.migration.id)) ?? [];
  if (runs.length === 0) {
    print(`Migration "${view.loaded.spec.name}" has no unfinished run; a worker would wait.`);
  }
  for (const run of runs) {
    const mine = run.fileHash === view.loaded.hash;
    print(
      `Run ${run.id} is ${run.state} in phase ${run.phase}${mine ? '' : '; it was started with another content of the file, and a worker would leave it alone'}.`,
    );
  }
  return 0;
}

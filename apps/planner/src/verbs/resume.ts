import { systemHost } from '@drover/config';
import { DroverError, type Run, type RunProgress } from '@drover/core';
import { openDrover } from '@drover/worker';
import { Command } from 'commander';
import { noUnfinishedRun } from '../change-run.ts';
import { openCommandLog } from '../command-log.ts';
import { type MigrationRecord, neededLedger, viewMigration } from '../migration-context.ts';
import {
  concurrencyOption,
  dryRunOption,
  fileOption,
  jsonOption,
  logsOption,
  reportsOption,
  workersOption,
} from '../options.ts';
import { print, printJson } from '../print.ts';
import { plural } from '../views/plural.ts';
import { watchRun } from '../watch-run.ts';
import type { MakeVerb } from './verb.ts';

interface ResumeOptions {
  file: string;
  workers: number;
  concurrency: number;
  logs: string;
  reports: string;
  json: boolean;
  dryRun: boolean;
}

export const resumeVerb: MakeVerb = (verb) =>
  new Command('resume')
    .description(
      'Go on with the unfinished run, paused, failed or left behind: exactly what is not done.',
    )
    .addOption(fileOption())
    .addOption(workersOption(0))
    .addOption(concurrencyOption())
    .addOption(dryRunOption('say what is left to do'))
    .addOption(logsOption())
    .addOption(reportsOption())
    .addOption(jsonOption())
    .action(verb(resume));

async function resume(options: ResumeOptions): Promise<number> {
  if (options.dryRun) return sayWhatIsLeft(options);
  await using log = openCommandLog('resume', options.logs);
  await using drover = await openDrover({ file: options.file, log });
  const run = await resumableRun(drover, { path: options.file, hash: drover.loaded.hash });
  if (run.state !== 'running') {
    await drover.ledger.changeRun({ runId: run.id, event: 'resume' });
  }
  log.info('run resumed', { run: run.id, was: run.state });
  return await watchRun(drover, run, { ...options, host: systemHost });
}

async function sayWhatIsLeft(options: ResumeOptions): Promise<number> {
  await using view = await viewMigration(options.file);
  const record = neededLedger(view);
  const run = await resumableRun(record, { path: options.file, hash: view.loaded.hash });
  const { phases } = await record.ledger.progress(run.id);
  if (options.json) printJson({ run: run.id, state: run.state, phase: run.phase, phases });
  else print(leftText(run, phases));
  return 0;
}

/** @throws DroverError RUN_MISSING, FILE_INVALID where the file is not the one that the run froze. */
async function resumableRun(
  { ledger, migration }: Pick<MigrationRecord, 'ledger' | 'migration'>,
  file: { path: string; hash: string },
): Promise<Run> {
  const [run] = await ledger.unfinishedRuns(migration.id);
  if (run === undefined) throw noUnfinishedRun(migration.name);
  if (run.fileHash === file.hash) return run;
  throw new DroverError('FILE_INVALID', {
    message: `Run ${run.id} was started with another content of ${file.path} or its lists.`,
    hint: 'Restore the file as it was, or `drover cancel` the run and start another.',
  });
}

function leftText(run: Run, phases: RunProgress['phases']): string {
  const lines = phases.map(({ phase, planned, chunks }) => {
    const left = chunks.planned + chunks.queued + chunks.running;
    const known = `${plural(left, 'chunk')} left, ${chunks.done} done, ${chunks.parked} parked`;
    return `  ${phase}: ${planned ? known : `${known}, more to be planned`}`;
  });
  return [`Run ${run.id} is ${run.state} in phase ${run.phase}:`, ...lines].join('\n');
}

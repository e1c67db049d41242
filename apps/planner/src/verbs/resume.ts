import { DroverError } from '@drover/core';
import { openDrover, systemHost } from '@drover/worker';
import { Command } from 'commander';
import { openCommandLog } from '../command-log.ts';
import {
  concurrencyOption,
  fileOption,
  jsonOption,
  logsOption,
  reportsOption,
  workersOption,
} from '../options.ts';
import { print } from '../print.ts';
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
    .option('--dry-run', 'say what is left to do', false)
    .addOption(logsOption())
    .addOption(reportsOption())
    .addOption(jsonOption())
    .action(verb(resume));

async function resume(options: ResumeOptions): Promise<number> {
  await using log = openCommandLog('resume', options.logs);
  await using drover = await openDrover({ file: options.file, log });
  const { ledger, migration, loaded } = drover;
  const [run] = await ledger.unfinishedRuns(migration.id);
  if (run === undefined) {
    throw new DroverError('RUN_MISSING', {
      message: `Migration "${migration.name}" has no unfinished run.`,
    });
  }
  if (run.fileHash !== loaded.hash) {
    throw new DroverError('FILE_INVALID', {
      message: `Run ${run.id} was started with another content of ${options.file} or its lists.`,
      hint: 'Restore the file as it was, or `drover cancel` the run and start another.',
    });
  }
  if (options.dryRun) {
    const { phases } = await ledger.progress(run.id);
    for (const { phase, chunks } of phases) {
      print(
        `${phase}: ${chunks.planned + chunks.queued + chunks.running} chunks left, ${chunks.done} done, ${chunks.parked} parked`,
      );
    }
    return 0;
  }
  if (run.state !== 'running') await ledger.changeRun({ runId: run.id, event: 'resume' });
  log.info('run resumed', { run: run.id, was: run.state });
  return await watchRun(drover, run, { ...options, host: systemHost });
}

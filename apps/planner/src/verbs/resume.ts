import { systemHost } from '@drover/config';
import { DroverError, type Run, type RunProgress } from '@drover/core';
import { openDrover } from '@drover/worker';
import { Command } from 'commander';
import { noUnfinishedRun } from '../change-run.ts';
import { withCommandLog } from '../command-log.ts';
import { type MigrationRecord, neededLedger, viewMigration } from '../migration-context.ts';
import {
  concurrencyOption,
  dryRunOption,
  fileOption,
  graceOption,
  type IntervalOption,
  jsonOption,
  logsOption,
  progressOption,
  reportsOption,
  statisticsCsvOption,
  statisticsOption,
  verificationOption,
  workersOption,
} from '../options.ts';
import { print, printJson } from '../print.ts';
import { openStatistics, type StatisticsOptions } from '../statistics-outputs.ts';
import { plural } from '../views/plural.ts';
import { watchRuns } from '../watch-run.ts';
import type { MakeVerb } from './verb.ts';

export interface ResumeOptions extends StatisticsOptions {
  file: string;
  workers: number;
  concurrency: number;
  grace: string;
  logs: string;
  reports: string;
  verification: string;
  json: boolean;
  dryRun: boolean;
  progress?: IntervalOption;
}

export const resumeVerb: MakeVerb = (verb) =>
  new Command('resume')
    .description(
      'Go on with the unfinished run, paused, failed or left behind: exactly what is not done.',
    )
    .addOption(fileOption())
    .addOption(workersOption(0))
    .addOption(concurrencyOption())
    .addOption(graceOption())
    .addOption(dryRunOption('say what is left to do'))
    .addOption(logsOption())
    .addOption(reportsOption())
    .addOption(verificationOption())
    .addOption(progressOption())
    .addOption(statisticsOption())
    .addOption(statisticsCsvOption())
    .addOption(jsonOption())
    .action(verb(resume));

/** Goes on with every unfinished run of the migration, and watches them one after the other. */
export async function resume(options: ResumeOptions): Promise<number> {
  if (options.dryRun) return sayWhatIsLeft(options);
  return withCommandLog('resume', options.logs, async (log) => {
    await using drover = await openDrover({ file: options.file, log });
    const statistics = openStatistics(drover.loaded, options);
    const runs = await resumableRuns(drover, { path: options.file, hash: drover.loaded.hash });
    for (const run of runs) {
      if (run.state !== 'running') {
        await drover.ledger.changeRun({ runId: run.id, event: 'resume' });
      }
      log.info('run resumed', { run: run.id, was: run.state });
    }
    return await watchRuns(drover, runs, { ...options, statistics, host: systemHost });
  });
}

async function sayWhatIsLeft(options: ResumeOptions): Promise<number> {
  await using view = await viewMigration(options.file);
  const record = neededLedger(view);
  const runs = await resumableRuns(record, { path: options.file, hash: view.loaded.hash });
  const left = await Promise.all(
    runs.map(async (run) => ({ run, phases: (await record.ledger.progress(run.id)).phases })),
  );
  if (options.json) {
    printJson(
      left.map(({ run, phases }) => ({
        run: run.id,
        state: run.state,
        phase: run.phase,
        phases,
      })),
    );
  } else for (const { run, phases } of left) print(leftText(run, phases));
  return 0;
}

/**
 * The unfinished runs, oldest first.
 * @throws DroverError RUN_MISSING, FILE_INVALID where the file is not the one that such a run froze.
 */
async function resumableRuns(
  { ledger, migration }: Pick<MigrationRecord, 'ledger' | 'migration'>,
  file: { path: string; hash: string },
): Promise<readonly Run[]> {
  const runs = await ledger.unfinishedRuns(migration.id);
  if (runs.length === 0) throw noUnfinishedRun(migration.name);
  const other = runs.find((run) => run.fileHash !== file.hash);
  if (other === undefined) return runs;
  throw new DroverError('FILE_INVALID', {
    message: `Run ${other.id} was started with another content of ${file.path} or its lists.`,
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

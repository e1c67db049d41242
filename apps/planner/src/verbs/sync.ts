import { systemHost } from '@drover/config';
import { DroverError, type Log, PHASES, type Pipeline } from '@drover/core';
import { startRun } from '@drover/engine';
import { openDrover } from '@drover/worker';
import { Command } from 'commander';
import { withCommandLog } from '../command-log.ts';
import { viewMigration } from '../migration-context.ts';
import {
  concurrencyOption,
  dryRunOption,
  type EntityOptions,
  entitiesOf,
  fileOption,
  graceOption,
  type IntervalOption,
  jsonOption,
  logsOption,
  progressOption,
  reportsOption,
  statisticsCsvOption,
  statisticsOption,
  tablesOption,
  verificationOption,
  workersOption,
} from '../options.ts';
import { note, print, printJson } from '../print.ts';
import { openStatistics, type StatisticsOptions } from '../statistics-outputs.ts';
import { watchRun } from '../watch-run.ts';
import type { MakeVerb } from './verb.ts';

interface SyncOptions extends StatisticsOptions, EntityOptions {
  file: string;
  workers: number;
  concurrency: number;
  grace: string;
  logs: string;
  reports: string;
  verification: string;
  dryRun: boolean;
  json: boolean;
  progress?: IntervalOption;
}

export const syncVerb: MakeVerb = (verb) =>
  new Command('sync')
    .description('Move what has changed in the source since the last run, by watermark columns.')
    .addOption(fileOption())
    .addOption(tablesOption())
    .addOption(workersOption(0))
    .addOption(concurrencyOption())
    .addOption(graceOption())
    .addOption(dryRunOption('say how far each table has been followed'))
    .addOption(logsOption())
    .addOption(reportsOption())
    .addOption(verificationOption())
    .addOption(progressOption())
    .addOption(statisticsOption())
    .addOption(statisticsCsvOption())
    .addOption(jsonOption())
    .action(verb(sync));

async function sync(options: SyncOptions): Promise<number> {
  if (options.dryRun) return sayHowFar(options);
  return withCommandLog('sync', options.logs, async (log) => {
    await using drover = await openDrover({ file: options.file, log });
    const { pipeline, migration } = drover;
    refuseOthers(pipeline);
    const statistics = openStatistics(drover.loaded, options);
    const created = await startRun(
      { ...drover, log: telling(log) },
      {
        kind: 'incremental',
        phases: PHASES.filter((phase) => phase !== 'verify'),
        options: entitiesOf(options),
      },
    );
    log.info('sync started', { run: created.id, migration: migration.name });
    return await watchRun(drover, created, { ...options, statistics, host: systemHost });
  });
}

/** @throws DroverError FILE_INVALID for a pipeline that cannot be followed. */
function refuseOthers({ kind, incremental }: Pipeline): void {
  if (incremental) return;
  throw new DroverError('FILE_INVALID', {
    message: `The pipeline ${kind} knows no changes since the last run.`,
    hint: 'Move the newest data by `drover run --from`.',
  });
}

/** What is not moved this time, and why: a person has to know, although nothing failed. */
const telling = (log: Log): Log => ({
  ...log,
  warn(message, fields) {
    log.warn(message, fields);
    const words = Object.values(fields ?? {}).filter((field) => typeof field === 'string');
    note(`drover: ${message} (${words.join(': ')})`);
  },
});

async function sayHowFar(options: SyncOptions): Promise<number> {
  await using view = await viewMigration(options.file);
  refuseOthers(view.pipeline);
  const watermarks =
    view.ledger === null
      ? new Map<string, string>()
      : await view.ledger.ledger.watermarks(view.ledger.migration.id);
  if (options.json) printJson(Object.fromEntries(watermarks));
  else if (watermarks.size === 0)
    print('No table has been followed yet: a sync begins with all of its rows.');
  else for (const [stream, watermark] of watermarks) print(`${stream}: followed to ${watermark}`);
  return 0;
}

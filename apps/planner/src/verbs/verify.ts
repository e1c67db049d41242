import { systemHost } from '@drover/config';
import { runsToVerify, startRun } from '@drover/engine';
import { openDrover } from '@drover/worker';
import { Command } from 'commander';
import { withCommandLog } from '../command-log.ts';
import { neededLedger, viewMigration } from '../migration-context.ts';
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
  runOption,
  shipsOption,
  statisticsCsvOption,
  statisticsOption,
  tablesOption,
  verificationOption,
  workersOption,
} from '../options.ts';
import { print, printJson } from '../print.ts';
import { openStatistics, type StatisticsOptions } from '../statistics-outputs.ts';
import { plural } from '../views/plural.ts';
import { watchRun } from '../watch-run.ts';
import type { MakeVerb } from './verb.ts';

interface VerifyOptions extends StatisticsOptions, EntityOptions {
  file: string;
  run?: number;
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

export const verifyVerb: MakeVerb = (verb) =>
  new Command('verify')
    .description(
      'Compare source and target, down to the single value. Exit code 3 where they differ.',
    )
    .addOption(fileOption())
    .addOption(shipsOption())
    .addOption(tablesOption())
    .addOption(runOption())
    .addOption(workersOption(0))
    .addOption(concurrencyOption())
    .addOption(graceOption())
    .addOption(dryRunOption('say what would be compared'))
    .addOption(logsOption())
    .addOption(reportsOption())
    .addOption(verificationOption())
    .addOption(progressOption())
    .addOption(statisticsOption())
    .addOption(statisticsCsvOption())
    .addOption(jsonOption())
    .action(verb(verify));

async function verify(options: VerifyOptions): Promise<number> {
  if (options.dryRun) return sayWhatWouldBeCompared(options);
  return withCommandLog('verify', options.logs, async (log) => {
    await using drover = await openDrover({ file: options.file, log });
    const statistics = openStatistics(drover.loaded, options);
    const verifies = await runsToVerify(drover.ledger, drover.migration, options.run ?? null);
    const created = await startRun(
      { ...drover, log },
      {
        kind: 'verification',
        phases: ['verify'],
        options: { verifies, ...entitiesOf(options) },
      },
    );
    log.info('verification started', { run: created.id, migration: drover.migration.name });
    return await watchRun(drover, created, { ...options, statistics, host: systemHost });
  });
}

async function sayWhatWouldBeCompared(options: VerifyOptions): Promise<number> {
  await using view = await viewMigration(options.file);
  const { ledger, migration } = neededLedger(view);
  const runs = await runsToVerify(ledger, migration, options.run ?? null);
  const moved = await Promise.all(
    runs.map(async (run) => {
      const { phases, total } = await ledger.progress(run);
      const chunks = phases.find(({ phase }) => phase === 'data')?.chunks.done ?? 0;
      return { run, chunks, rows: total.read };
    }),
  );
  if (options.json) printJson(moved);
  else {
    for (const { run, chunks, rows } of moved) {
      print(`run ${run}: ${plural(chunks, 'chunk')} of ${plural(rows, 'row')}`);
    }
    print('What a newer run moved again is compared once.');
  }
  return 0;
}

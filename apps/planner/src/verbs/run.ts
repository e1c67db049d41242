import { systemHost } from '@drover/config';
import { DroverError, PHASES, type Phase, type Run, type RunOptions } from '@drover/core';
import { startRun } from '@drover/engine';
import { openDrover } from '@drover/worker';
import { Command, Option } from 'commander';
import { withCommandLog } from '../command-log.ts';
import { confirm } from '../confirm.ts';
import {
  concurrencyOption,
  cutoffOption,
  dryRunOption,
  entitiesOf,
  fileOption,
  fromOption,
  graceOption,
  type IntervalOption,
  jsonOption,
  lengthOfTime,
  logsOption,
  progressOption,
  reportsOption,
  shipsOption,
  statisticsCsvOption,
  statisticsOption,
  tablesOption,
  toOption,
  verificationOption,
  workersOption,
  yesOption,
} from '../options.ts';
import { preflight, rehearse, unfinishedRun } from '../preflight.ts';
import { note } from '../print.ts';
import { openStatistics, type StatisticsOptions } from '../statistics-outputs.ts';
import { watchRun } from '../watch-run.ts';
import { type BoundOptions, runOptions } from './plan.ts';
import { resume } from './resume.ts';
import { analyzeSchema, type SchemaOptions } from './schema-only.ts';
import type { MakeVerb } from './verb.ts';

interface RunVerbOptions extends BoundOptions, SchemaOptions, StatisticsOptions {
  file: string;
  schemaOnly: boolean;
  tablesOnly: boolean;
  migrationOnly: boolean;
  dropTables: boolean;
  dryRun: boolean;
  yes: boolean;
  json: boolean;
  workers: number;
  concurrency: number;
  grace: string;
  logs: string;
  reports: string;
  verification: string;
  progress?: IntervalOption;
}

export const runVerb: MakeVerb = (verb) =>
  new Command('run')
    .description(
      'Check, plan, move and verify. It may be closed while it watches: the workers go on.',
    )
    .addOption(fileOption())
    .addOption(shipsOption())
    .addOption(tablesOption())
    .addOption(fromOption())
    .addOption(toOption())
    .addOption(cutoffOption())
    .addOption(workersOption(0))
    .addOption(concurrencyOption())
    .addOption(graceOption())
    .option(
      '--schema-only',
      'print channels and formats per ship and write the channel lists',
      false,
    )
    .addOption(
      new Option('--sample <length>', 'with --schema-only: how much of the newest data to look at')
        .argParser(lengthOfTime)
        .default('10m'),
    )
    .option('--lists <folder>', 'with --schema-only: folder of the channel lists', 'channels')
    .option('--tables-only', 'make the tables and stop', false)
    .option('--migration-only', 'move and verify; the tables are there', false)
    .option('--drop-tables', 'drop and recreate the tables of the target first; asks', false)
    .addOption(dryRunOption('check and plan only; writes nothing'))
    .addOption(yesOption('do not ask; goes on with an unfinished run'))
    .addOption(logsOption())
    .addOption(reportsOption())
    .addOption(verificationOption())
    .addOption(progressOption())
    .addOption(statisticsOption())
    .addOption(statisticsCsvOption())
    .addOption(jsonOption())
    .action(verb(run));

async function run(options: RunVerbOptions): Promise<number> {
  const contradiction = contradictionIn(options);
  if (contradiction !== null) {
    note(`drover: ${contradiction}\n  What to do: Leave one of them out.`);
    return 2;
  }
  if (options.schemaOnly) return analyzeSchema(options);
  const wanted: RunOptions = {
    ...runOptions(options),
    ...(options.dropTables ? { dropTables: true } : {}),
  };
  if (options.dryRun) return rehearse(options, wanted);
  const unfinished = await unfinishedRun(options.file);
  if (unfinished !== null) return goOn(unfinished, options, wanted);
  if (!(await preflight(options, wanted))) return 1;
  if (options.dropTables) {
    const scope = entitiesOf(options).entities?.join(', ') ?? 'all of the migration';
    await confirm(
      `--drop-tables drops tables of the target, with all that is in them: those of ${scope}.`,
      options,
    );
  }
  return withCommandLog('run', options.logs, async (log) => {
    await using drover = await openDrover({ file: options.file, log });
    const statistics = openStatistics(drover.loaded, options);
    const created = await startRun(
      { ...drover, log },
      { kind: 'full', phases: phasesOf(options), options: wanted },
    );
    log.info('run started', { run: created.id, migration: drover.migration.name });
    return await watchRun(drover, created, { ...options, statistics, host: systemHost });
  });
}

/**
 * A migration has one full run at a time: goes on with it where the person agrees.
 * @throws DroverError RUN_UNFINISHED where nobody can be asked, or something else was asked for.
 */
async function goOn(unfinished: Run, options: RunVerbOptions, wanted: RunOptions): Promise<number> {
  const asked = Object.keys(wanted).length > 0 || options.tablesOnly || options.migrationOnly;
  const { id, state, phase } = unfinished;
  const message = `Run ${id} of this migration is ${state} (phase ${phase}).`;
  if (asked || !(options.yes || process.stdin.isTTY)) {
    throw new DroverError('RUN_UNFINISHED', {
      message: `${message}${asked ? ' It goes on as it was started, not with other bounds or phases.' : ''}`,
      hint: 'Go on with it (`drover resume`), look at it (`drover status`), or give it up (`drover cancel`).',
    });
  }
  await confirm(`${message} It can be gone on with: exactly what is not done.`, options);
  return resume(options);
}

function contradictionIn(options: RunVerbOptions): string | null {
  const modes = [
    ...(options.schemaOnly ? ['--schema-only'] : []),
    ...(options.tablesOnly ? ['--tables-only'] : []),
    ...(options.migrationOnly ? ['--migration-only'] : []),
  ];
  if (modes.length > 1) return `${modes.join(' and ')} exclude one another.`;
  if (options.dropTables && (options.migrationOnly || options.schemaOnly)) {
    return `--drop-tables does not go with ${modes.join()}, which makes no tables.`;
  }
  return null;
}

function phasesOf(options: RunVerbOptions): readonly Phase[] {
  if (options.tablesOnly) return ['prepare'];
  return options.migrationOnly ? PHASES.filter((phase) => phase !== 'prepare') : PHASES;
}

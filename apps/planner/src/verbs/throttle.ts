import { DroverError, hintsAtOutage, limitsInForce, type Throttle } from '@drover/core';
import { throttleStatus } from '@drover/engine';
import { Command } from 'commander';
import { type MigrationView, neededLedger, viewMigration } from '../migration-context.ts';
import { dryRunOption, fileOption, jsonOption, lengthOfTime } from '../options.ts';
import { note, print, printJson } from '../print.ts';
import {
  anyNumber,
  changeOf,
  hoursOfDay,
  limitNames,
  numberOf,
  type ThrottleWish,
  timeZoneName,
} from '../throttle-change.ts';
import { throttleText } from '../views/throttle-text.ts';
import type { MakeVerb } from './verb.ts';

interface ThrottleOptions extends ThrottleWish {
  file: string;
  dryRun: boolean;
  json: boolean;
}

const NOTES = `
Limits hold for all workers, wherever they run, within seconds, and stay until they are lifted. What is not
named stays as it is; without options the limits in force are printed. Work that is held by the query, by the
lag or outside of the hours stands still, also in the middle of a chunk, and goes on by itself.`;

export const throttleVerb: MakeVerb = (verb) =>
  new Command('throttle')
    .description('Show, set or lift limits on the load while a run goes on.')
    .option(
      '--chunks-per-second <number>',
      'starts of chunks, over all workers together; fractions are fine',
      numberOf('chunksPerSecond'),
    )
    .option(
      '--concurrency <number>',
      'chunks at once in each worker; never more than it was started with',
      numberOf('concurrency'),
    )
    .option(
      '--rows-per-second <number>',
      'source rows, over all workers together',
      numberOf('rowsPerSecond'),
    )
    .option('--query <sql>', 'query on the source that gives one number; tables with their schema')
    .option('--query-below <number>', 'hold work while the number is not below this', anyNumber)
    .option(
      '--replication-lag <length>',
      'hold work while a standby of source or target lags more, for example 10s',
      lengthOfTime,
    )
    .option('--hours <from-to>', 'hold work outside of these, for example 22:00-06:00', hoursOfDay)
    .option('--time-zone <name>', 'time zone of the hours; UTC where none was given', timeZoneName)
    .option(
      '--off [limits]',
      'lift these limits, separated by commas; all without a name',
      limitNames,
    )
    .addOption(fileOption())
    .addOption(dryRunOption('say which limits would be in force'))
    .addOption(jsonOption())
    .addHelpText('after', NOTES)
    .action(verb(throttle));

async function throttle(options: ThrottleOptions): Promise<number> {
  await using view = await viewMigration(options.file);
  const { ledger, migration } = neededLedger(view);
  const file = view.loaded.spec.throttle;
  const load = await ledger.load(migration.id);
  const settings = changeOf(options, limitsInForce(file, load.settings));
  await tryOut(view, limitsInForce({}, settings));
  const changed = Object.keys(settings).length > 0 && !options.dryRun;
  if (changed) await ledger.changeThrottle({ migrationId: migration.id, settings });
  const now = throttleStatus({ ...load, settings: { ...load.settings, ...settings } }, file);
  if (options.json) printJson({ migration: migration.name, ...now, changed });
  else print(throttleText(migration.name, now));
  if (changed) note('drover: workers take note within seconds.');
  return 0;
}

/**
 * Asks once what will be asked again and again: a mistake shows here, and not as work that is held.
 * @throws DroverError FILE_INVALID
 */
async function tryOut(
  { pipeline }: Pick<MigrationView, 'pipeline'>,
  { query, replicationLag }: Throttle,
): Promise<void> {
  const trials = [
    ...(query === undefined ? [] : [() => pipeline.measure(query.sql)]),
    ...(replicationLag === undefined ? [] : [() => pipeline.replicationLagMs()]),
  ];
  for (const trial of trials) {
    try {
      await trial();
    } catch (error) {
      if (!(error instanceof DroverError)) throw error;
      const { message, hint } = error;
      if (!hintsAtOutage(error))
        throw new DroverError('FILE_INVALID', { message, hint, cause: error });
      note(`drover: it could not be tried out: ${message}`);
    }
  }
}

import { systemHost } from '@drover/config';
import { ERROR_CODES, type ErrorCode, parseDuration } from '@drover/core';
import { chooseParked, type ParkedFilter, type ParkedInRun, readParked } from '@drover/engine';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { findRun } from './find-run.ts';
import { type MigrationView, neededLedger } from './migration-context.ts';
import {
  absoluteMoment,
  type EntityOptions,
  entitiesOf,
  lengthOfTime,
  runOption,
  shipsOption,
  tablesOption,
} from './options.ts';

/** Options by which parked chunks are chosen; the same for all commands that deal with them. */
export interface ParkedOptions extends EntityOptions {
  readonly run?: number;
  readonly stream?: string;
  readonly from?: string;
  readonly to?: string;
  readonly code?: ErrorCode;
  readonly olderThan?: string;
  readonly newerThan?: string;
}

export function addParkedOptions(command: Command): Command {
  return command
    .addOption(runOption('only chunks of this run; by default of all'))
    .option('--stream <name>', 'only chunks of this stream, as the list names it')
    .addOption(shipsOption())
    .addOption(tablesOption())
    .addOption(
      new Option('--from <moment>', 'only what is at or after this moment').argParser(
        absoluteMoment,
      ),
    )
    .addOption(
      new Option('--to <moment>', 'only what is before this moment').argParser(absoluteMoment),
    )
    .addOption(new Option('--code <code>', 'only chunks with this error').argParser(errorCode))
    .addOption(
      new Option('--older-than <length>', 'only chunks parked longer ago').argParser(lengthOfTime),
    )
    .addOption(
      new Option('--newer-than <length>', 'only chunks parked since').argParser(lengthOfTime),
    );
}

/** The parked chunks that the options choose. */
export async function findParked(
  view: MigrationView,
  options: ParkedOptions,
  chunkIds?: readonly number[],
): Promise<readonly ParkedInRun[]> {
  const { ledger, migration } = neededLedger(view);
  if (options.run !== undefined) await findRun({ ledger, migration }, { run: options.run });
  const parked = await readParked(ledger, migration.id, options.run ?? null);
  return chooseParked(
    parked,
    { ...toFilter(options), ...(chunkIds?.length ? { chunkIds } : {}) },
    {
      pipeline: view.pipeline,
      nowMs: systemHost.now(),
    },
  );
}

export function toFilter(options: ParkedOptions): ParkedFilter {
  const { stream, from, to, code, olderThan, newerThan } = options;
  return {
    ...(stream === undefined ? {} : { stream }),
    ...entitiesOf(options),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(code === undefined ? {} : { code }),
    ...(olderThan === undefined ? {} : { olderThanMs: toMs(olderThan) }),
    ...(newerThan === undefined ? {} : { newerThanMs: toMs(newerThan) }),
  };
}

const toMs = (length: string): number => Number((parseDuration(length) ?? 0n) / 1000n);

function errorCode(text: string): ErrorCode {
  const code = ERROR_CODES.find((one) => one === text.toUpperCase());
  if (code !== undefined) return code;
  throw new InvalidArgumentError('Write a code as `drover failed list` prints it.');
}

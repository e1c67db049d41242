import { dirname, resolve } from 'node:path';
import type { LoadedMigration } from '@drover/config';
import { DroverError } from '@drover/core';
import type { IntervalOption } from './options.ts';
import { openStatisticsCsv, type StatisticsCsv } from './statistics-csv.ts';

/** What the command line says; what it leaves out is the migration file's. */
export interface StatisticsOptions {
  readonly statistics?: IntervalOption;
  readonly statisticsCsv?: string;
}

/** Where the statistics of a run go, and how often. */
export interface StatisticsOutputs {
  readonly everyMs: number;
  readonly console: boolean;
  readonly csv: StatisticsCsv | null;
}

/** Where only a file is named. */
const USUAL_INTERVAL_MS = 10_000;

/**
 * Opens what is asked for; null where no statistics are.
 * @throws DroverError FILE_INVALID where the options contradict one another, or the CSV file cannot be
 *   written.
 */
export function openStatistics(
  { spec, path }: Pick<LoadedMigration, 'spec' | 'path'>,
  { statistics, statisticsCsv }: StatisticsOptions,
): StatisticsOutputs | null {
  if (statistics === 'off') {
    if (statisticsCsv === undefined) return null;
    throw new DroverError('FILE_INVALID', {
      message: '--statistics off and --statistics-csv exclude one another.',
      hint: 'Leave one of them out.',
    });
  }
  const { every, csv } = spec.statistics;
  const everyMs = statistics ?? (every === undefined ? null : Number(every / 1000n));
  const file = statisticsCsv ?? (csv === undefined ? null : resolve(dirname(path), csv));
  if (everyMs === null && file === null) return null;
  return {
    everyMs: everyMs ?? USUAL_INTERVAL_MS,
    console: everyMs !== null,
    csv: file === null ? null : openStatisticsCsv(file),
  };
}

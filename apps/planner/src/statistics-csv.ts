import { appendFileSync, closeSync, mkdirSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { DroverError } from '@drover/core';
import type { RunStatistics } from '@drover/engine';
import { stringify } from 'csv-stringify/sync';

const COLUMNS = [
  ...['time', 'run', 'phase', 'rows', 'rowsPerSecond', 'bytesRead', 'bytesWritten'],
  ...['chunksDone', 'chunksParked', 'failures', 'failureRatePercent', 'rejectedRows'],
  ...['averageChunkMs', 'slowestChunkMs', 'workers', 'rssBytesSum', 'rssBytesMax', 'gcMs'],
  'loopDelayMs',
];

/** A CSV file that grows by a row for each interval, of one run after the other. */
export interface StatisticsCsv {
  /** @throws DroverError FILE_INVALID where it cannot be written any more. */
  append(statistics: RunStatistics): void;
}

/**
 * Makes the file, with a header line, or goes on with the one that is there.
 * @throws DroverError FILE_INVALID where it cannot be written, or holds something else.
 */
export function openStatisticsCsv(path: string): StatisticsCsv {
  const header = stringify([COLUMNS]);
  const start = writing(path, () => {
    mkdirSync(dirname(path), { recursive: true });
    return readStart(path, header.length);
  });
  if (start === '') writing(path, () => appendFileSync(path, header));
  else if (start !== header) {
    throw new DroverError('FILE_INVALID', {
      message: `${path} is there and does not hold statistics of this version: its first line is another.`,
      hint: 'Name another file for the statistics, or move this one away.',
    });
  }
  return {
    append: (statistics) =>
      writing(path, () => appendFileSync(path, stringify([fields(statistics)]))),
  };
}

function fields(statistics: RunStatistics) {
  const { atMs, run, phase, rows, bytesRead, bytesWritten, chunksDone, chunksParked } = statistics;
  const { failures, rejectedRows, workers, rssBytesSum, rssBytesMax } = statistics;
  return [
    ...[new Date(atMs).toISOString(), run, phase, rows, rounded(statistics.rowsPerSecond)],
    ...[bytesRead, bytesWritten, chunksDone, chunksParked, failures],
    ...[rounded(statistics.failureRatePercent), rejectedRows],
    ...[rounded(statistics.averageChunkMs), rounded(statistics.slowestChunkMs)],
    ...[workers, rssBytesSum, rssBytesMax],
    ...[rounded(statistics.gcMs), rounded(statistics.loopDelayMs)],
  ];
}

function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toFixed(3));
}

/** The first bytes of the file, which is made where there is none. */
function readStart(path: string, length: number): string {
  const file = openSync(path, 'a+');
  try {
    const start = Buffer.alloc(length);
    return start.toString('utf8', 0, readSync(file, start, 0, length, 0));
  } finally {
    closeSync(file);
  }
}

function writing<T>(path: string, task: () => T): T {
  try {
    return task();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new DroverError('FILE_INVALID', {
      message: `The statistics cannot be written to ${path} (${code}).`,
      hint: 'Name a file in a folder that you may write to, on a disk that has room.',
      cause: error,
    });
  }
}

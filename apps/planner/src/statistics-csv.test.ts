import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunStatistics } from '@drover/engine';
import { parse } from 'csv-parse/sync';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStatisticsCsv } from './statistics-csv.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-statistics-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const STATISTICS: RunStatistics = {
  atMs: Date.UTC(2026, 0, 31, 8, 15, 0, 500),
  run: 3,
  phase: 'data',
  rows: 1_234_567_890_123,
  rowsPerSecond: 333.333_333,
  bytesRead: 10,
  bytesWritten: 11,
  chunksDone: 12,
  chunksParked: 13,
  failures: 14,
  failureRatePercent: 53.846_153,
  rejectedRows: 15,
  averageChunkMs: null,
  slowestChunkMs: 16.5,
  workers: 17,
  rssBytesSum: 18,
  rssBytesMax: 19,
  gcMs: 20.25,
  loopDelayMs: 21,
};

const rowsOf = (path: string): Record<string, string>[] =>
  parse(readFileSync(path, 'utf8'), { columns: true });

describe('the CSV file of statistics', () => {
  // Mutation: two columns of `fields` in the other order.
  test('has each value under its own name, and grows by a row each time', () => {
    const path = join(folder, 'deeper', 'statistics.csv');
    openStatisticsCsv(path).append(STATISTICS);
    const csv = openStatisticsCsv(path);
    csv.append({ ...STATISTICS, run: 4 });
    const [row, other] = rowsOf(path);
    const { atMs, ...values } = STATISTICS;
    expect(row).toEqual({
      time: '2026-01-31T08:15:00.500Z',
      ...Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)])),
      rowsPerSecond: '333.333',
      failureRatePercent: '53.846',
      averageChunkMs: '',
    });
    expect(other).toEqual({ ...row, run: '4' });
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(4);
  });

  test('is not added to a file that holds something else, which stays as it is', () => {
    const path = join(folder, 'other.csv');
    for (const text of ['time,run\n', 'x'.repeat(10_000)]) {
      writeFileSync(path, text);
      expect(() => openStatisticsCsv(path)).toThrow(
        expect.objectContaining({ code: 'FILE_INVALID', message: expect.stringContaining(path) }),
      );
      expect(readFileSync(path, 'utf8')).toBe(text);
    }
  });

  test('that cannot be written is named, with the reason', () => {
    mkdirSync(join(folder, 'a-folder'));
    expect(() => openStatisticsCsv(join(folder, 'a-folder'))).toThrow(
      expect.objectContaining({
        code: 'FILE_INVALID',
        message: expect.stringMatching(/a-folder \(EISDIR\)/),
      }),
    );
  });
});

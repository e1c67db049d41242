import { DroverError } from '@drover/core';
import type { RunStatistics, Status } from '@drover/engine';
import { expect, test } from 'vitest';
import { StatisticsTeller } from './statistics-teller.ts';

const STATUS: Status = {
  migration: 'ships',
  run: {
    id: 7,
    migrationId: 'm',
    kind: 'full',
    state: 'running',
    phases: ['data'],
    phase: 'data',
    round: 1,
    fileHash: 'hash',
    options: {},
    errorCode: null,
    createdAtMs: 0,
    finishedAtMs: null,
  },
  progress: {
    phases: [],
    total: { read: 1_234, loaded: 0, rejected: 0, skipped: 0, nulled: 0, written: 0 },
    bytesRead: 2_000_000,
    bytesWritten: 0,
    recent: { rows: 0, chunks: 0, spanMs: 0 },
  },
  rowsPerSecond: 0,
  rowsPerHour: 0,
  etaMs: null,
  workers: [],
  cutoffs: {},
  throttle: { limits: {}, lifted: [], held: null },
};

/** A teller under a clock that the test moves, and what it told. */
function teller(of: { console: boolean; append?: (statistics: RunStatistics) => void }) {
  const rows: RunStatistics[] = [];
  const notes: string[] = [];
  const clock = { now: 1_000_000 };
  const telling = new StatisticsTeller({
    ledger: {
      attemptsEnded: async ({ afterMs }) => ({
        untilMs: clock.now,
        outcomes:
          afterMs === null
            ? []
            : [
                {
                  outcome: 'retry',
                  errorCode: 'LOCK_TIMEOUT',
                  count: 1,
                  movedRows: 0,
                  totalMs: 5,
                  slowestMs: 5,
                },
              ],
      }),
    },
    runId: 7,
    host: { now: () => clock.now },
    outputs: {
      everyMs: 10_000,
      console: of.console,
      csv: { append: of.append ?? ((row) => rows.push(row)) },
    },
    note: (line) => notes.push(line),
  });
  return { telling, clock, rows, notes };
}

// Mutation: `#nextAtMs = now + everyMs` moves each row by the time that a look came late.
test('a row is told each time that an interval is over, however late it is looked, and at the end', async () => {
  const { telling, clock, rows } = teller({ console: false });
  const start = clock.now;
  for (const afterMs of [0, 9_999, 10_400, 19_999, 20_000, 47_000, 49_999, 50_000]) {
    clock.now = start + afterMs;
    await telling.look(STATUS);
  }
  clock.now = start + 50_001;
  await telling.end(STATUS);
  expect(rows.map(({ atMs }) => atMs - start)).toEqual([10_400, 20_000, 47_000, 50_000, 50_001]);
  expect(rows.map(({ failures }) => failures)).toEqual([1, 2, 3, 4, 5]);
});

test('a run that ends at once has a row, too', async () => {
  const { telling, rows } = teller({ console: false });
  await telling.end(STATUS);
  expect(rows).toHaveLength(1);
});

test('the console has one line each time, and none where it is not wanted', async () => {
  const loud = teller({ console: true });
  await loud.telling.end(STATUS);
  expect(loud.notes).toEqual([
    'drover: statistics: data: 1,234 rows, 0 rows/s; 2.0 MB read, 0 B written; ' +
      'chunks: 0 done, 0 parked; 1 failure (100.0%), 0 rejected rows; ' +
      '0 workers: 0 B of memory, GC 0 ms, loop delay 0 ms',
  ]);
  const quiet = teller({ console: false });
  await quiet.telling.end(STATUS);
  expect(quiet.notes).toEqual([]);
});

// Mutation: without the catch the watching ends with the disk; without `#csv = null` it is told each time.
test('a file that cannot be written any more is told once, and the run goes on', async () => {
  const { telling, clock, notes } = teller({
    console: false,
    append() {
      throw new DroverError('FILE_INVALID', { message: 'The disk is full.' });
    },
  });
  for (const _ of [1, 2, 3]) {
    clock.now += 10_000;
    await telling.look(STATUS);
  }
  expect(notes).toEqual(['drover: The disk is full. No further row is written; the run goes on.']);
});

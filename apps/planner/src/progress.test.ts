import type { Status } from '@drover/engine';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createProgress } from './progress.ts';

let lines: string[] = [];

beforeEach(() => {
  lines = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    lines.push(String(text).trimEnd());
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});

function statusOf(done: number): Status {
  const chunks = { planned: 9 - done, queued: 0, running: 0, done, split: 0, parked: 0 };
  return {
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
      phases: [
        {
          phase: 'data',
          planned: true,
          estimatedRows: 0,
          estimatedRowsLeft: 0,
          chunks: { ...chunks, cancelled: 0 },
        },
      ],
      total: { read: 0, loaded: 0, rejected: 0, skipped: 0, nulled: 0, written: 0 },
      bytesRead: 0,
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
}

/** Shows the progress each second, a chunk further each time, and says something in between. */
function watch(everyMs?: number | 'off'): string[] {
  let now = 1_000_000;
  const progress = createProgress({ now: () => now }, everyMs);
  for (let done = 0; done <= 5; done += 1) {
    progress.show(statusOf(done));
    if (done === 2) progress.note('something');
    now += 1000;
  }
  progress.stop();
  return lines;
}

const line = (done: number) => `drover: data: ${done} of 9 chunks`;

// Mutation: LINE_EVERY_MS in place of `everyMs` in progress.ts.
test('without a terminal the progress is a line so often as is asked for, else each 10 seconds', () => {
  expect(watch(2000)).toEqual([line(0), line(2), 'something', line(4)]);
  lines = [];
  expect(watch()).toEqual([line(0), 'something']);
});

test('progress that is off says nothing but what is said besides', () => {
  expect(watch('off')).toEqual(['something']);
});

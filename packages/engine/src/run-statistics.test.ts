import type { EndedAttempts, ProcessHealth, RunProgress, WorkerRecord } from '@drover/core';
import { describe, expect, test } from 'vitest';
import { StatisticsRecorder } from './run-statistics.ts';
import type { Status } from './status.ts';

const NO_CHUNKS = { planned: 0, queued: 0, running: 0, done: 0, split: 0, parked: 0, cancelled: 0 };

function statusOf(progress: Partial<RunProgress> = {}, createdAtMs = 0): Status {
  return {
    migration: 'ships',
    run: {
      id: 7,
      migrationId: 'm',
      kind: 'full',
      state: 'running',
      phases: ['data', 'verify'],
      phase: 'data',
      round: 1,
      fileHash: 'hash',
      options: {},
      errorCode: null,
      createdAtMs,
      finishedAtMs: null,
    },
    progress: {
      phases: [],
      total: { read: 0, loaded: 0, rejected: 0, skipped: 0, nulled: 0, written: 0 },
      bytesRead: 0,
      bytesWritten: 0,
      recent: { rows: 0, chunks: 0, spanMs: 0 },
      ...progress,
    },
    rowsPerSecond: 0,
    rowsPerHour: 0,
    etaMs: null,
    workers: [],
    cutoffs: {},
    throttle: { limits: {}, lifted: [], held: null },
  };
}

function workerOf(id: string, of: { rssBytes?: number; health?: Partial<ProcessHealth> | null }) {
  const health: ProcessHealth = {
    spanMs: 2000,
    heapUsedBytes: 0,
    externalBytes: 0,
    gcCount: 0,
    gcMs: 0,
    gcTotalMs: 0,
    loopDelayMs: { p50: 0, p99: 0, max: 0 },
    cpuShare: 0,
    ...of.health,
  };
  return {
    id,
    migrationId: 'm',
    host: 'h',
    pid: 1,
    concurrency: 1,
    rssBytes: of.rssBytes ?? 0,
    connections: 0,
    activity: [],
    waitsFor: [],
    seenMsAgo: 0,
    health: of.health === null ? null : health,
  } satisfies WorkerRecord;
}

type Outcome = EndedAttempts['outcomes'][number];

const outcome = (of: Partial<Outcome>): Outcome => ({
  outcome: 'done',
  errorCode: null,
  count: 1,
  movedRows: 0,
  totalMs: 0,
  slowestMs: 0,
  ...of,
});

/** A recorder, and what it asked for, over windows that are given one after the other. */
function recorder(...windows: EndedAttempts[]) {
  const asked: (number | null)[] = [];
  const statistics = new StatisticsRecorder(
    {
      attemptsEnded: async ({ runId, afterMs }) => {
        expect(runId).toBe(7);
        asked.push(afterMs);
        return windows.shift() ?? { untilMs: afterMs ?? 0, outcomes: [] };
      },
    },
    7,
  );
  return { statistics, asked };
}

describe('the statistics of an interval', () => {
  // Mutations: with `...#done` for the interval's count the average is 75; without `#untilMs = untilMs` each
  // window begins at null.
  test('have speed and times of that interval, failures since the run began', async () => {
    const { statistics, asked } = recorder(
      {
        untilMs: 1000,
        outcomes: [
          outcome({ count: 3, movedRows: 900, totalMs: 90, slowestMs: 60 }),
          outcome({ outcome: 'retry', errorCode: 'LOCK_TIMEOUT', count: 1, slowestMs: 9999 }),
        ],
      },
      {
        untilMs: 6000,
        outcomes: [
          outcome({ count: 4, movedRows: 400, totalMs: 800, slowestMs: 500 }),
          outcome({ outcome: 'superseded', count: 2, totalMs: 7, slowestMs: 9999 }),
          outcome({ outcome: 'shutdown', count: 5, slowestMs: 9999 }),
        ],
      },
    );
    await statistics.begin();
    await statistics.begin();
    expect(asked).toEqual([null]);
    expect(await statistics.take(statusOf(), 6_500)).toMatchObject({
      atMs: 6_500,
      run: 7,
      phase: 'data',
      rowsPerSecond: 80,
      averageChunkMs: 200,
      slowestChunkMs: 500,
      failures: 3,
      failureRatePercent: 30,
    });
    expect(asked).toEqual([null, 1000]);
    expect(await statistics.take(statusOf(), 7_000)).toMatchObject({
      rowsPerSecond: 0,
      averageChunkMs: null,
      slowestChunkMs: null,
      failures: 3,
    });
    expect(asked).toEqual([null, 1000, 6000]);
  });

  // Mutation: without `Math.max` it is 40 rows a second.
  test('of a run that has just begun have the speed since then', async () => {
    const { statistics } = recorder(
      { untilMs: 8_000, outcomes: [] },
      { untilMs: 13_000, outcomes: [outcome({ count: 1, movedRows: 200 })] },
    );
    await statistics.begin();
    const status = statusOf({}, 12_000);
    expect(await statistics.take(status, 0)).toMatchObject({ rowsPerSecond: 200 });
  });

  test('have the sums of the run as the ledger has them, over all phases', async () => {
    const { statistics } = recorder();
    const phase = { planned: true, estimatedRows: 0, estimatedRowsLeft: 0 };
    const status = statusOf({
      phases: [
        { ...phase, phase: 'prepare', chunks: { ...NO_CHUNKS, done: 1 } },
        { ...phase, phase: 'data', chunks: { ...NO_CHUNKS, done: 20, parked: 2, split: 5 } },
      ],
      total: { read: 100, loaded: 90, rejected: 3, skipped: 7, nulled: 0, written: 90 },
      bytesRead: 5000,
      bytesWritten: 4000,
    });
    expect(await statistics.take(status, 0)).toMatchObject({
      rows: 100,
      rejectedRows: 3,
      bytesRead: 5000,
      bytesWritten: 4000,
      chunksDone: 21,
      chunksParked: 2,
      failures: 0,
      failureRatePercent: 0,
    });
  });

  // Mutations: without `#peaks = NO_PEAKS` the second interval has the peaks of the first; with `gcMs` in place
  // of the difference of the totals, what a worker told once counts as often as it was seen.
  test('have the most that was seen of the workers, and each garbage collection once', async () => {
    const { statistics } = recorder();
    const told = (gcMs: number, gcTotalMs: number, max: number) => ({
      gcMs,
      gcTotalMs,
      loopDelayMs: { p50: 1, p99: 2, max },
    });
    statistics.see([workerOf('a', { rssBytes: 100, health: told(5, 500, 30) })]);
    statistics.see([workerOf('a', { rssBytes: 100, health: told(5, 500, 30) })]);
    statistics.see([
      workerOf('a', { rssBytes: 90, health: told(10, 510, 4) }),
      workerOf('b', { rssBytes: 120, health: told(3, 3, 8) }),
      workerOf('old', { rssBytes: 1, health: null }),
    ]);
    statistics.see([]);
    expect(await statistics.take(statusOf(), 0)).toMatchObject({
      workers: 3,
      rssBytesSum: 211,
      rssBytesMax: 120,
      gcMs: 5 + 10 + 3,
      loopDelayMs: 30,
    });
    statistics.see([workerOf('b', { rssBytes: 20, health: told(4, 9, 1) })]);
    expect(await statistics.take(statusOf(), 0)).toMatchObject({
      workers: 1,
      rssBytesSum: 20,
      rssBytesMax: 20,
      gcMs: 6,
      loopDelayMs: 1,
    });
  });

  test('of a ledger that was away are told with the next: nothing of it is lost', async () => {
    const windows = [{ untilMs: 9000, outcomes: [outcome({ count: 2, movedRows: 10 })] }];
    let away = true;
    const statistics = new StatisticsRecorder(
      {
        attemptsEnded: async () => {
          if (away) throw new Error('away');
          return windows.shift() ?? { untilMs: 9000, outcomes: [] };
        },
      },
      7,
    );
    statistics.see([workerOf('a', { rssBytes: 5 })]);
    await expect(statistics.take(statusOf(), 0)).rejects.toThrow('away');
    away = false;
    expect(await statistics.take(statusOf(), 0)).toMatchObject({ workers: 1, rssBytesMax: 5 });
  });
});

import type { EndedAttempts, Ledger, Phase, WorkerRecord } from '@drover/core';
import type { Status } from './status.ts';

/** How a run fared: up to a moment where nothing else is said. */
export interface RunStatistics {
  readonly atMs: number;
  readonly run: number;
  /** The phase that is open. */
  readonly phase: Phase;
  /** Source rows of the data chunks that are done. */
  readonly rows: number;
  /** Rows that were settled in the interval, by its length. */
  readonly rowsPerSecond: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Of all phases. */
  readonly chunksDone: number;
  readonly chunksParked: number;
  /** Attempts that ended with an error, or whose worker was lost. */
  readonly failures: number;
  /** Those of a hundred attempts that either settled or failed. */
  readonly failureRatePercent: number;
  readonly rejectedRows: number;
  /** From the start of an attempt to its end, of the chunks done in the interval; null where there are none. */
  readonly averageChunkMs: number | null;
  readonly slowestChunkMs: number | null;
  /** The most that were seen in the interval, as with all that follows. */
  readonly workers: number;
  /** Memory of all workers together. */
  readonly rssBytesSum: number;
  readonly rssBytesMax: number;
  /** Garbage collection in the interval, of all workers together. */
  readonly gcMs: number;
  readonly loopDelayMs: number;
}

/**
 * Makes the statistics of a run, interval by interval, from the ledger and from what the workers told it. It
 * sees them through `see`, which is to be called at least as often as they tell: each 2 seconds.
 */
export class StatisticsRecorder {
  readonly #ledger: Pick<Ledger, 'attemptsEnded'>;
  readonly #runId: number;
  /** Garbage collection by worker, as far as it was counted. */
  readonly #gcTotals = new Map<string, number>();
  #peaks = NO_PEAKS;
  #done = 0;
  #failed = 0;
  #untilMs: number | null = null;

  constructor(ledger: Pick<Ledger, 'attemptsEnded'>, runId: number) {
    this.#ledger = ledger;
    this.#runId = runId;
  }

  /** Begins with what was before it: the first interval starts here. Does nothing the next time. */
  async begin(): Promise<void> {
    if (this.#untilMs === null) await this.#count();
  }

  see(workers: readonly WorkerRecord[]): void {
    const sizes = workers.map(({ rssBytes }) => rssBytes);
    const peaks = this.#peaks;
    this.#peaks = {
      workers: Math.max(peaks.workers, workers.length),
      rssBytesSum: Math.max(peaks.rssBytesSum, sum(sizes)),
      rssBytesMax: Math.max(peaks.rssBytesMax, ...sizes),
      gcMs: peaks.gcMs + sum(workers.map((worker) => this.#newGc(worker))),
      loopDelayMs: Math.max(
        peaks.loopDelayMs,
        ...workers.map(({ health }) => health?.loopDelayMs.max ?? 0),
      ),
    };
  }

  /** The statistics of the interval since the last ones; null where there is no such run. */
  async take(status: Status, nowMs: number): Promise<RunStatistics | null> {
    const { run, progress } = status;
    if (run === null || progress === null) return null;
    // What was counted at the beginning may end before the run was there.
    const sinceMs = Math.max(this.#untilMs ?? 0, run.createdAtMs);
    const { settled, untilMs } = await this.#count();
    const peaks = this.#peaks;
    this.#peaks = NO_PEAKS;
    const chunks = (state: 'done' | 'parked') =>
      sum(progress.phases.map((phase) => phase.chunks[state]));
    return {
      atMs: nowMs,
      run: run.id,
      phase: run.phase,
      rows: progress.total.read,
      rowsPerSecond: untilMs > sinceMs ? (settled.rows * 1000) / (untilMs - sinceMs) : 0,
      bytesRead: progress.bytesRead,
      bytesWritten: progress.bytesWritten,
      chunksDone: chunks('done'),
      chunksParked: chunks('parked'),
      failures: this.#failed,
      failureRatePercent:
        this.#failed === 0 ? 0 : (this.#failed * 100) / (this.#failed + this.#done),
      rejectedRows: progress.total.rejected,
      averageChunkMs: settled.count === 0 ? null : settled.totalMs / settled.count,
      slowestChunkMs: settled.count === 0 ? null : settled.slowestMs,
      ...peaks,
    };
  }

  async #count(): Promise<{ settled: Settled; untilMs: number }> {
    const { untilMs, outcomes } = await this.#ledger.attemptsEnded({
      runId: this.#runId,
      afterMs: this.#untilMs,
    });
    const done = outcomes.filter(({ outcome }) => outcome === 'done');
    const settled: Settled = {
      count: sum(done.map(({ count }) => count)),
      rows: sum(done.map(({ movedRows }) => movedRows)),
      totalMs: sum(done.map(({ totalMs }) => totalMs)),
      slowestMs: Math.max(0, ...done.map(({ slowestMs }) => slowestMs)),
    };
    this.#done += settled.count;
    this.#failed += sum(outcomes.filter(isFailure).map(({ count }) => count));
    this.#untilMs = untilMs;
    return { settled, untilMs };
  }

  /** A worker is seen more often than it tells something new. */
  #newGc({ id, health }: WorkerRecord): number {
    if (health === null) return 0;
    const { gcMs, gcTotalMs } = health;
    const counted = this.#gcTotals.get(id);
    this.#gcTotals.set(id, gcTotalMs);
    return counted === undefined ? gcMs : gcTotalMs - counted;
  }
}

/** An attempt that another one took over from is one whose worker was lost. */
export function isFailure({
  errorCode,
  outcome,
}: Pick<EndedAttempts['outcomes'][number], 'errorCode' | 'outcome'>): boolean {
  return errorCode !== null || outcome === 'superseded';
}

interface Settled {
  readonly count: number;
  readonly rows: number;
  readonly totalMs: number;
  readonly slowestMs: number;
}

const NO_PEAKS = { workers: 0, rssBytesSum: 0, rssBytesMax: 0, gcMs: 0, loopDelayMs: 0 };

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

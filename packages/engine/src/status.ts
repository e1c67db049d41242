import type { Ledger, Migration, Run, RunProgress, Throttle, WorkerRecord } from '@drover/core';
import { type ThrottleStatus, throttleStatus } from './throttle-status.ts';

export interface Status {
  readonly migration: string;
  readonly run: Omit<Run, 'fileText' | 'anchor'> | null;
  readonly progress: RunProgress | null;
  readonly rowsPerSecond: number;
  readonly rowsPerHour: number;
  /** Milliseconds to the end of the data phase at the present rate; null where nothing tells. */
  readonly etaMs: number | null;
  readonly workers: readonly WorkerRecord[];
  readonly cutoffs: Readonly<Record<string, string>>;
  readonly throttle: ThrottleStatus;
}

/** A worker that was silent for longer is counted as gone. */
const WORKER_SILENCE_MS = 10_000;

/**
 * @param of.runId the run to look at; null for the newest. @param of.throttle the limits of the migration file.
 */
export async function readStatus(
  ledger: Ledger,
  migration: Migration,
  { runId, throttle }: { runId: number | null; throttle: Throttle },
): Promise<Status> {
  const run =
    runId === null
      ? await ledger.latestRun({ migrationId: migration.id })
      : await ledger.findRun(runId);
  const [progress, workers, cutoffs, load] = await Promise.all([
    run === null ? null : ledger.progress(run.id),
    ledger.workers(migration.id),
    ledger.cutoffs(migration.id),
    ledger.load(migration.id),
  ]);
  const moving = run?.state === 'running' || run?.state === 'paused';
  // Of a run that is over, what happened in its last minute says nothing; nor does a heartbeat from before.
  const alive = workers
    .filter((worker) => worker.seenMsAgo < WORKER_SILENCE_MS)
    .map((worker) => ({
      ...worker,
      activity: worker.activity.filter((attempt) => moving || attempt.runId !== run?.id),
    }));
  const { held, ...limits } = throttleStatus(load, throttle);
  const rowsPerSecond = progress === null || !moving ? 0 : rate(progress, alive);
  return {
    migration: migration.name,
    run: run === null ? null : withoutContents(run),
    progress,
    rowsPerSecond,
    rowsPerHour: rowsPerSecond * 3600,
    etaMs: progress === null ? null : eta(progress, rowsPerSecond),
    workers: alive,
    cutoffs: Object.fromEntries(cutoffs),
    throttle: { ...limits, held: moving ? held : null },
  };
}

function withoutContents(run: Run): Omit<Run, 'fileText' | 'anchor'> {
  const { fileText, anchor, ...rest } = run;
  return rest;
}

/** Rows of the chunks settled in the last minute and of those in hand, by the time they cover. */
function rate(progress: RunProgress, workers: readonly WorkerRecord[]): number {
  const inHand = workers.flatMap((worker) => worker.activity);
  const rows = progress.recent.rows + inHand.reduce((sum, attempt) => sum + attempt.rows, 0);
  const spanMs = Math.max(progress.recent.spanMs, ...inHand.map((attempt) => attempt.elapsedMs));
  return spanMs > 0 ? (rows * 1000) / spanMs : 0;
}

function eta(progress: RunProgress, rowsPerSecond: number): number | null {
  const data = progress.phases.find((phase) => phase.phase === 'data');
  if (data === undefined || !data.planned || rowsPerSecond === 0) return null;
  // Where the source has no statistics there is nothing to reckon with.
  if (data.estimatedRows === 0) return null;
  return (data.estimatedRowsLeft / rowsPerSecond) * 1000;
}

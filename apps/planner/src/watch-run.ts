import { setTimeout as pause } from 'node:timers/promises';
import {
  type Host,
  hintsAtOutage,
  type Run,
  type Throttle,
  UNFINISHED_RUN_STATES,
} from '@drover/core';
import { buildReport, Coordinator, readStatus, type Status, untilReachable } from '@drover/engine';
import type { Drover } from '@drover/worker';
import { type LocalWorkers, startLocalWorkers } from './local-workers.ts';
import type { IntervalOption } from './options.ts';
import { note, print, printJson } from './print.ts';
import { createProgress, type Progress } from './progress.ts';
import type { StatisticsOutputs } from './statistics-outputs.ts';
import { StatisticsTeller } from './statistics-teller.ts';
import { reportText } from './views/report-text.ts';
import { heldText } from './views/throttle-text.ts';
import { writeReport } from './write-report.ts';
import { writeVerification } from './write-verification.ts';

export interface WatchOptions {
  readonly file: string;
  readonly workers: number;
  readonly concurrency: number;
  /** How long chunks in hand of workers started here may go on when they are stopped, e.g. `30s`. */
  readonly grace: string;
  readonly logs: string;
  readonly reports: string;
  readonly verification: string;
  readonly json: boolean;
  readonly host: Host;
  readonly statistics: StatisticsOutputs | null;
  /** How often the progress is shown; absent for as often as is usual. */
  readonly progress?: IntervalOption;
}

/** How often the run is looked at; less where its progress is to be shown more often. */
const REFRESH_MS = 500;

/** Between two looks while the ledger cannot be reached. */
const AWAY_MS = 2_000;

/** Without any worker, or held, for this long, the person is told why nothing moves. */
const LONELY_MS = 5_000;

/** The watching was ended by a signal. */
export const INTERRUPTED = 130;

/** Watches runs one after the other. @returns the highest of their exit codes. */
export async function watchRuns(
  drover: Drover,
  runs: readonly Run[],
  options: WatchOptions,
): Promise<number> {
  let code = 0;
  for (const run of runs) {
    code = Math.max(code, await watchRun(drover, run, options));
    if (code === INTERRUPTED) break;
  }
  return code;
}

/**
 * Helps with planning and feeding, shows how far the run is, and prints its report when it has ended. The
 * run does not need it: it may be closed at any time.
 * @returns the report's exit code; 130 where a signal ended the watching.
 */
export async function watchRun(drover: Drover, run: Run, options: WatchOptions): Promise<number> {
  const { ledger, queue, pipeline, migration, loaded, host, log } = drover;
  await using coordinator = new Coordinator({
    ledger,
    queue,
    pipeline,
    migration,
    host,
    log,
    owner: host.uuid(),
    fileHash: loaded.hash,
    throttle: loaded.spec.throttle,
  });
  coordinator.start();
  const workers = startLocalWorkers({ ...options, count: options.workers, runId: run.id });
  const interrupted = new AbortController();
  const onSignal = () => {
    // The second one is for those who will not wait: workers started here end at once, too.
    if (interrupted.signal.aborted) workers.hurry();
    interrupted.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const progress = createProgress(host, options.progress);
  const statistics =
    options.statistics === null
      ? null
      : new StatisticsTeller({
          ledger,
          runId: run.id,
          host,
          outputs: options.statistics,
          note: (line) => progress.note(line),
        });
  try {
    const { signal } = interrupted;
    const refreshMs =
      typeof options.progress === 'number' ? Math.min(REFRESH_MS, options.progress) : REFRESH_MS;
    const shown = { progress, statistics, refreshMs };
    const ended = await follow(drover, { run, workers, signal, file: options.file, ...shown });
    progress.stop();
    if (ended === null) return await leave(run, workers);
    const code = await conclude(drover, ended, options, signal);
    // They would notice by themselves, at their next heartbeat.
    await workers.stop();
    return code;
  } finally {
    progress.stop();
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

interface Following {
  readonly run: Run;
  readonly workers: LocalWorkers;
  readonly progress: Progress;
  readonly statistics: StatisticsTeller | null;
  readonly refreshMs: number;
  readonly signal: AbortSignal;
  readonly file: string;
}

/** @returns the run when it has ended; null where the person left first. */
async function follow(drover: Drover, following: Following): Promise<Run | null> {
  const { loaded, host } = drover;
  const { run, workers, progress, statistics, refreshMs, signal, file } = following;
  const of = { runId: run.id, throttle: loaded.spec.throttle };
  let seenWorkerAt = host.now();
  let told = false;
  let away = false;
  let failures = 0;
  let lastState = run.state;
  let freeAt = host.now();
  let toldHeld = false;
  for (;;) {
    const leaving = signal.aborted;
    const seen = await observe(drover, { ...of, statistics, leaving }).catch((error: unknown) => {
      if (!hintsAtOutage(error)) throw error;
      return error;
    });
    if (seen instanceof Error) {
      if (!away) progress.note(`drover: ${seen.message} Waiting for it; workers do the same.`);
      away = true;
      if (signal.aborted) return null;
      await pause(AWAY_MS, undefined, { signal }).catch(() => {});
      continue;
    }
    away = false;
    const { status, ended } = seen;
    progress.show(status);
    if (ended !== null) return ended;
    const { state } = status.run ?? run;
    if (state === 'paused' && lastState !== 'paused') {
      progress.note(`drover: run ${run.id} is paused; \`drover resume\` goes on.`);
    }
    lastState = state;
    const { held } = status.throttle;
    if (held === null) {
      freeAt = host.now();
      toldHeld = false;
    } else if (!toldHeld && host.now() - freeAt > LONELY_MS) {
      toldHeld = true;
      progress.note(`drover: ${heldText(held)}`);
    }
    for (const failure of workers.failures.slice(failures)) progress.note(`drover: ${failure}`);
    failures = workers.failures.length;
    if (status.workers.length > 0) seenWorkerAt = host.now();
    if (!told && host.now() - seenWorkerAt > LONELY_MS) {
      told = true;
      progress.note(
        `drover: no worker is running. Start some, on any machine that has the file: drover worker -f ${file}`,
      );
    }
    if (leaving) return null;
    await pause(refreshMs, undefined, { signal }).catch(() => {});
  }
}

/** How the run stands, with its statistics told; and the run itself where it has ended. */
async function observe(
  { ledger, migration }: Drover,
  of: {
    runId: number;
    throttle: Throttle;
    statistics: StatisticsTeller | null;
    /** Nobody watches any more after this. */
    leaving: boolean;
  },
): Promise<{ status: Status; ended: Run | null }> {
  const status = await readStatus(ledger, migration, of);
  const state = status.run?.state ?? 'running';
  const over = state === 'failed' || !UNFINISHED_RUN_STATES.includes(state);
  const ended = over ? await ledger.findRun(of.runId) : null;
  if (over || of.leaving) await of.statistics?.end(status);
  else await of.statistics?.look(status);
  return { status, ended };
}

async function conclude(
  drover: Drover,
  ended: Run,
  options: WatchOptions,
  signal: AbortSignal,
): Promise<number> {
  const { ledger, pipeline, migration, host, log } = drover;
  // A server that goes away in this moment costs the report nothing but time.
  const { report, files } = await untilReachable(
    async () => {
      const outside = await pipeline.uncovered(ended.anchor);
      const built = await buildReport(ledger, migration, ended, { nowMs: host.now(), outside });
      const written = await writeVerification(ledger, built, options.verification);
      return { report: built, files: [...writeReport(built, options.reports), ...written] };
    },
    { host, signal, onAway: ({ message }) => note(`drover: ${message} The report waits for it.`) },
  );
  if (options.json) printJson(report);
  else print(reportText(report));
  note(`\nReport: ${files.join(', ')}`);
  const { parts, rejects, differences, phases, parked, ...summary } = report;
  log.info('run ended', { ...JSON.parse(JSON.stringify(summary)), parked: parked.length });
  return report.exitCode;
}

async function leave(run: Run, workers: LocalWorkers): Promise<number> {
  if (workers.pids.length > 0) {
    note('drover: stopping the workers started here; chunks in hand are finished or handed back.');
    await workers.stop();
  }
  note(
    `drover: run ${run.id} is not finished. Workers elsewhere go on; \`drover resume\` watches again.`,
  );
  return INTERRUPTED;
}

import { setTimeout as pause } from 'node:timers/promises';
import { type Host, type Run, UNFINISHED_RUN_STATES } from '@drover/core';
import { buildReport, Coordinator, readStatus, type Status } from '@drover/engine';
import { createProgressBar, type ProgressBar } from '@drover/telemetry';
import type { Drover } from '@drover/worker';
import { type LocalWorkers, startLocalWorkers } from './local-workers.ts';
import { note, print, printJson } from './print.ts';
import { reportText } from './views/report-text.ts';
import { writeReport } from './write-report.ts';

interface WatchOptions {
  readonly file: string;
  readonly workers: number;
  readonly concurrency: number;
  readonly logs: string;
  readonly reports: string;
  readonly json: boolean;
  readonly host: Host;
}

const REFRESH_MS = 500;

/** Without any worker for this long, the person is told what is missing. */
const LONELY_MS = 5_000;

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
  });
  coordinator.start();
  const workers = startLocalWorkers({ ...options, count: options.workers, runId: run.id });
  const interrupted = new AbortController();
  const onSignal = () => interrupted.abort();
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  const bar = createProgressBar(process.stderr);
  try {
    const ended = await follow(drover, {
      run,
      workers,
      bar,
      signal: interrupted.signal,
      lonely: options.workers === 0,
    });
    bar.stop();
    if (ended === null) return await leave(run, workers);
    await workers.ended();
    const report = await buildReport(ledger, migration, ended, host.now());
    const files = writeReport(report, options.reports);
    if (options.json) printJson(report);
    else print(reportText(report));
    note(`\nReport: ${files.join(', ')}`);
    const { parts, rejects, differences, phases, parked, ...summary } = report;
    log.info('run ended', { ...JSON.parse(JSON.stringify(summary)), parked: parked.length });
    return report.exitCode;
  } finally {
    bar.stop();
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

interface Following {
  readonly run: Run;
  readonly workers: LocalWorkers;
  readonly bar: ProgressBar;
  readonly signal: AbortSignal;
  /** No worker was started here. */
  readonly lonely: boolean;
}

/** @returns the run when it has ended; null where the person left first. */
async function follow(drover: Drover, following: Following): Promise<Run | null> {
  const { ledger, migration, host } = drover;
  const since = host.now();
  let told = false;
  let failures = 0;
  for (;;) {
    const status = await readStatus(ledger, migration, following.run.id);
    showProgress(following.bar, status);
    const { state } = status.run ?? following.run;
    if (state === 'failed' || !UNFINISHED_RUN_STATES.includes(state)) {
      const ended = await ledger.findRun(following.run.id);
      if (ended !== null) return ended;
    }
    for (const failure of following.workers.failures.slice(failures)) note(`drover: ${failure}`);
    failures = following.workers.failures.length;
    if (!told && status.workers.length === 0 && host.now() - since > LONELY_MS) {
      told = true;
      note(
        `drover: no worker is running. Start some, on any machine: drover worker -f FILE${following.lonely ? ' (or use --workers 2)' : ''}`,
      );
    }
    if (following.signal.aborted) return null;
    await pause(REFRESH_MS, undefined, { signal: following.signal }).catch(() => {});
  }
}

async function leave(run: Run, workers: LocalWorkers): Promise<number> {
  if (workers.pids.length > 0) {
    note('drover: stopping the workers started here; chunks in hand are finished or handed back.');
    await workers.stop();
  }
  note(
    `drover: run ${run.id} is not finished. Workers elsewhere go on; \`drover resume\` watches again.`,
  );
  return 130;
}

function showProgress(bar: ProgressBar, status: Status): void {
  if (status.run === null || status.progress === null) return;
  const { phase } = status.run;
  const now = status.progress.phases.find((one) => one.phase === phase);
  if (now === undefined) return;
  const { chunks } = now;
  const finished = chunks.done + chunks.parked + chunks.cancelled;
  bar.show({
    phase,
    chunksDone: finished,
    chunksTotal: finished + chunks.planned + chunks.queued + chunks.running,
    rowsPerSecond: status.rowsPerSecond,
    parked: chunks.parked,
    etaMs: phase === 'data' ? status.etaMs : null,
  });
}

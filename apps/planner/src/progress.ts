import type { Host } from '@drover/core';
import type { Status } from '@drover/engine';
import { count, createProgressBar, duration, type ProgressState } from '@drover/telemetry';
import { note } from './print.ts';
import { plural } from './views/plural.ts';

/** How far the run is: a bar on a terminal, elsewhere a line now and then. */
export interface Progress {
  show(status: Status): void;
  /** A line of its own, which the bar does not overwrite. */
  note(text: string): void;
  stop(): void;
}

/** Where there is no bar, a line at each new phase and after so long. */
const LINE_EVERY_MS = 10_000;

export function createProgress(host: Pick<Host, 'now'>): Progress {
  return process.stderr.isTTY ? barProgress() : lineProgress(host);
}

function barProgress(): Progress {
  const bar = createProgressBar(process.stderr);
  return {
    show(status) {
      const state = progressOf(status);
      if (state !== null) bar.show(state);
    },
    note(text) {
      bar.stop();
      note(text);
    },
    stop: () => bar.stop(),
  };
}

function lineProgress(host: Pick<Host, 'now'>): Progress {
  let phase = '';
  let shownAtMs = 0;
  return {
    show(status) {
      const state = progressOf(status);
      if (state === null) return;
      const now = host.now();
      if (state.phase === phase && now - shownAtMs < LINE_EVERY_MS) return;
      phase = state.phase;
      shownAtMs = now;
      note(lineOf(state));
    },
    note,
    stop() {},
  };
}

function lineOf(state: ProgressState): string {
  const { phase, chunksDone, chunksTotal, rowsPerSecond, parked, etaMs } = state;
  return [
    `drover: ${phase}: ${count(chunksDone)} of ${plural(chunksTotal, 'chunk')}`,
    ...(rowsPerSecond > 0 ? [`${count(Math.round(rowsPerSecond))} rows/s`] : []),
    ...(parked > 0 ? [`${count(parked)} parked`] : []),
    ...(etaMs === null ? [] : [`${duration(etaMs)} left`]),
  ].join(', ');
}

function progressOf(status: Status): ProgressState | null {
  if (status.run === null || status.progress === null) return null;
  const { phase } = status.run;
  const now = status.progress.phases.find((one) => one.phase === phase);
  if (now === undefined) return null;
  const { chunks } = now;
  const finished = chunks.done + chunks.parked + chunks.cancelled;
  return {
    phase,
    chunksDone: finished,
    chunksTotal: finished + chunks.planned + chunks.queued + chunks.running,
    rowsPerSecond: status.rowsPerSecond,
    parked: chunks.parked,
    etaMs: phase === 'data' ? status.etaMs : null,
  };
}

import type { Host } from '@drover/core';
import type { Status } from '@drover/engine';
import { count, createProgressBar, duration, type ProgressState } from '@drover/telemetry';
import type { IntervalOption } from './options.ts';
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

/** @param everyMs how often it is shown anew; absent for as often as is usual. */
export function createProgress(host: Pick<Host, 'now'>, everyMs?: IntervalOption): Progress {
  if (everyMs === 'off') return { show() {}, note, stop() {} };
  return process.stderr.isTTY
    ? barProgress(host, everyMs ?? 0)
    : lineProgress(host, everyMs ?? LINE_EVERY_MS);
}

function barProgress(host: Pick<Host, 'now'>, everyMs: number): Progress {
  const bar = createProgressBar(process.stderr);
  let shown: ProgressState | null = null;
  let shownAtMs = 0;
  return {
    show(status) {
      const state = progressOf(status);
      const now = host.now();
      if (state === null || (shown !== null && now - shownAtMs < everyMs)) return;
      shown = state;
      shownAtMs = now;
      bar.show(state);
    },
    note(text) {
      bar.stop();
      note(text);
      // It may take long until it is shown again.
      if (shown !== null) bar.show(shown);
    },
    stop: () => bar.stop(),
  };
}

function lineProgress(host: Pick<Host, 'now'>, everyMs: number): Progress {
  let phase = '';
  let shownAtMs = 0;
  return {
    show(status) {
      const state = progressOf(status);
      if (state === null) return;
      const now = host.now();
      if (state.phase === phase && now - shownAtMs < everyMs) return;
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

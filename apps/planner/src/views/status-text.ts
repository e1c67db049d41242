import { CHUNK_STATES, type StoreUsage } from '@drover/core';
import type { Status } from '@drover/engine';
import { bytes, count, duration, table } from '@drover/telemetry';
import { nextStep } from './next-step.ts';
import { plural } from './plural.ts';
import { heldText, limitsText } from './throttle-text.ts';

export function statusText(status: Status, usage: readonly StoreUsage[]): string {
  const { run, progress } = status;
  if (run === null || progress === null) {
    return `${status.migration}: no run yet. Start one with \`drover run\`.`;
  }
  const why = run.errorCode === null ? '' : ` (${run.errorCode})`;
  const next = nextStep(run) ?? (run.state === 'done' ? '`drover report` says what it did.' : null);
  return [
    `${status.migration}, run ${run.id} (${run.kind}): ${run.state}${why}`,
    ...(next === null ? [] : [`  ${next}`]),
    ...parkedLine(progress),
    ...throttleLine(run, status),
    '',
    phasesText(run, progress),
    '',
    rowsLine(run, progress, status),
    '',
    workersText(status),
    '',
    ...usage.map(usageLine),
  ].join('\n');
}

type Run = NonNullable<Status['run']>;
type Progress = NonNullable<Status['progress']>;

function phasesText(run: Run, progress: Progress): string {
  const states = CHUNK_STATES.filter(
    (state) =>
      ['planned', 'queued', 'running', 'done', 'parked'].includes(state) ||
      progress.phases.some((phase) => phase.chunks[state] > 0),
  );
  const over = run.state === 'done' || run.state === 'cancelled';
  const open = run.phases.indexOf(run.phase);
  const rows = progress.phases.map(({ phase, planned, chunks }, index) => {
    const toCome = index > open ? 'to come' : 'being planned';
    return [phase, ...states.map((state) => count(chunks[state])), planned || over ? '' : toCome];
  });
  return table(['phase', ...states, ''], rows);
}

function parkedLine({ phases }: Progress): string[] {
  const parked = phases.reduce((sum, phase) => sum + phase.chunks.parked, 0);
  return parked === 0
    ? []
    : [`  ${plural(parked, 'parked chunk')}: \`drover failed list\` says why, and what to do.`];
}

function throttleLine({ state }: Run, { throttle }: Status): string[] {
  if (state !== 'running' && state !== 'paused') return [];
  const limits = limitsText(throttle.limits);
  const held = throttle.held === null ? [] : [heldText(throttle.held)];
  return limits === '' ? [] : [`  ${[`Limits: ${limits}.`, ...held].join(' ')}`];
}

function rowsLine(run: Run, { total }: Progress, status: Status): string {
  const tally = `rows read ${count(total.read)}, rejected ${count(total.rejected)}, skipped ${count(total.skipped)}`;
  if (run.state !== 'running' && run.state !== 'paused') return tally;
  const left = status.etaMs === null ? '' : `, ${duration(status.etaMs)} left`;
  return `${tally}; ${count(Math.round(status.rowsPerSecond))} rows/s, ${count(Math.round(status.rowsPerHour))} rows/hour${left}`;
}

function usageLine(usage: StoreUsage): string {
  const free =
    usage.diskFreeBytes === null ? '' : `, ${bytes(usage.diskFreeBytes)} left on its disk`;
  return (
    `${usage.side}: ${plural(usage.droverConnections, 'connection')} of Drover, ${usage.connections} of ` +
    `${usage.maxConnections} in use; database ${bytes(usage.databaseBytes)}${free}`
  );
}

function stateOf({ activity, waitsFor }: Status['workers'][number]): string {
  if (waitsFor.length > 0) return `waiting for ${waitsFor.map(({ store }) => store).join(', ')}`;
  return activity.length === 0 ? 'idle' : 'working';
}

/** Of the time since the worker's last heartbeat but one. */
function healthCells(health: Status['workers'][number]['health']): readonly string[] {
  if (health === null) return ['', '', '', ''];
  const { heapUsedBytes, cpuShare, gcMs, spanMs, loopDelayMs } = health;
  const percent = (share: number) => `${(share * 100).toFixed(0)} %`;
  return [
    bytes(heapUsedBytes),
    percent(cpuShare),
    percent(spanMs > 0 ? gcMs / spanMs : 0),
    duration(loopDelayMs.max),
  ];
}

function workersText(status: Status): string {
  if (status.workers.length === 0) return 'No worker is running.';
  const rows = status.workers.map((worker) => [
    `${worker.host}:${worker.pid}`,
    bytes(worker.rssBytes),
    ...healthCells(worker.health),
    count(worker.connections),
    count(worker.concurrency),
    stateOf(worker),
  ]);
  const chunks = status.workers.flatMap((worker) =>
    worker.activity.map((attempt) => [
      `${worker.host}:${worker.pid}`,
      String(attempt.chunkId),
      attempt.phase,
      count(attempt.rows),
      attempt.elapsedMs > 0 ? count(Math.round((attempt.rows * 1000) / attempt.elapsedMs)) : '',
      duration(attempt.elapsedMs),
      attempt.label,
    ]),
  );
  const lines = [
    table(
      [
        ...['worker', 'memory', 'heap', 'CPU', 'GC', 'loop delay', 'connections'],
        ...['chunks at once', 'state'],
      ],
      rows,
    ),
  ];
  const outages = status.workers.flatMap((worker) =>
    worker.waitsFor.map(
      ({ store, reason }) => `${worker.host}:${worker.pid} waits for the ${store}: ${reason}`,
    ),
  );
  if (outages.length > 0) {
    lines.push('', ...outages, 'No attempt is burnt meanwhile; they go on by themselves.');
  }
  if (chunks.length > 0) {
    lines.push('', table(['worker', 'chunk', 'phase', 'rows', 'rows/s', 'for', 'range'], chunks));
  }
  return lines.join('\n');
}

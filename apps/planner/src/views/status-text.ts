import { CHUNK_STATES, type StoreUsage } from '@drover/core';
import type { Status } from '@drover/engine';
import { bytes, count, duration, table } from '@drover/telemetry';

export function statusText(status: Status, usage: readonly StoreUsage[]): string {
  const { run, progress } = status;
  if (run === null || progress === null) return `${status.migration}: no run yet.`;
  const states = CHUNK_STATES.filter(
    (state) =>
      ['planned', 'queued', 'running', 'done', 'parked'].includes(state) ||
      progress.phases.some((phase) => phase.chunks[state] > 0),
  );
  const phases = progress.phases.map(({ phase, planned, chunks }) => [
    `${phase}${run.state !== 'done' && phase === run.phase ? ' <' : ''}`,
    ...states.map((state) => count(chunks[state])),
    planned ? '' : 'still being planned',
  ]);
  const why = run.errorCode === null ? '' : ` (${run.errorCode})`;
  return [
    `${status.migration}, run ${run.id} (${run.kind}): ${run.state}${why}`,
    '',
    table(['phase', ...states, ''], phases),
    '',
    `rows read ${count(progress.total.read)}, rejected ${count(progress.total.rejected)}, skipped ${count(progress.total.skipped)}; ${count(Math.round(status.rowsPerSecond))} rows/s, ${count(Math.round(status.rowsPerHour))} rows/hour${status.etaMs === null ? '' : `, ${duration(status.etaMs)} left`}`,
    '',
    workersText(status),
    '',
    ...usage.map(usageLine),
  ].join('\n');
}

function usageLine(usage: StoreUsage): string {
  const free =
    usage.diskFreeBytes === null ? '' : `, ${bytes(usage.diskFreeBytes)} left on its disk`;
  return (
    `${usage.side}: ${usage.droverConnections} connections of Drover, ${usage.connections} of ` +
    `${usage.maxConnections} in all; database ${bytes(usage.databaseBytes)}${free}`
  );
}

function workersText(status: Status): string {
  if (status.workers.length === 0) return 'No worker is running.';
  const rows = status.workers.map((worker) => [
    `${worker.host}:${worker.pid}`,
    bytes(worker.rssBytes),
    count(worker.connections),
    worker.activity.length === 0 ? 'waits' : '',
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
  const lines = [table(['worker', 'memory', 'connections', ''], rows)];
  if (chunks.length > 0) {
    lines.push('', table(['worker', 'chunk', 'phase', 'rows', 'rows/s', 'since', 'range'], chunks));
  }
  return lines.join('\n');
}

import type { Report } from '@drover/engine';
import { bytes, count, duration, table } from '@drover/telemetry';

/** The report as a person reads it on a terminal. */
export function reportText(report: Report): string {
  return [
    headline(report),
    '',
    ...tallyLines(report),
    '',
    ...partLines(report),
    ...rejectLines(report),
    ...parkedLines(report),
    ...verificationLines(report),
  ].join('\n');
}

export function headline(report: Report): string {
  const what = report.kind === 'verification' ? 'Verification' : 'Run';
  const why = report.errorCode === null ? '' : ` (${report.errorCode})`;
  return `${what} ${report.run} of ${report.migration}: ${report.state}${why} after ${duration(report.elapsedMs)}`;
}

function tallyLines(report: Report): string[] {
  if (report.kind === 'verification') return [];
  const { total, attempts } = report;
  const data = report.phases.find((phase) => phase.phase === 'data');
  const retried = attempts.outcomes.filter((one) => one.outcome === 'retry');
  const retries = retried.reduce((sum, one) => sum + one.count, 0);
  const causes = retried.map((one) => `${one.errorCode} ${one.count}`).join(', ');
  return [
    `  narrow rows read   ${count(total.read)}   (${count(Math.round(report.rowsPerSecond))} rows/s, ${bytes(report.bytesRead)} read, ${bytes(report.bytesWritten)} written)`,
    `  cells written      ${count(total.loaded)}${total.nulled > 0 ? `, of which ${count(total.nulled)} set to NULL` : ''}`,
    `  wide rows written  ${count(total.written)}`,
    `  rejected           ${count(total.rejected)}`,
    `  skipped            ${count(total.skipped)}`,
    `  balance            loaded + rejected + skipped = read: ${report.balanced ? 'holds' : 'DOES NOT HOLD'}`,
    `  chunks             ${count(data?.chunks.done ?? 0)} done, ${count(data?.chunks.parked ?? 0)} parked, ${count(retries)} retried${causes === '' ? '' : ` (${causes})`}`,
    ...(report.rounds > 1
      ? [`  rounds             ${report.rounds}: chunks whose source had changed were moved again`]
      : []),
  ];
}

function partLines(report: Report): string[] {
  if (report.parts.length === 0) return [];
  const rows = report.parts.map((part) => [
    part.part,
    count(part.read),
    count(part.loaded),
    count(part.written),
    count(part.rejected),
    count(part.skipped),
  ]);
  return [table(['table', 'rows read', 'cells', 'wide rows', 'rejected', 'skipped'], rows), ''];
}

function rejectLines(report: Report): string[] {
  if (report.rejectCounts.length === 0) return [];
  return [
    'Rejects:',
    ...report.rejectCounts.map(
      (one) => `  ${one.rule}: ${count(one.rejects)} (${count(one.rows)} rows)`,
    ),
    ...report.rejects.slice(0, 5).map((one) => `    ${JSON.stringify(one.key)}: ${one.reason}`),
    '',
  ];
}

function parkedLines(report: Report): string[] {
  if (report.parked.length === 0) return [];
  return [
    'Parked chunks (see `drover failed list`):',
    ...report.parked
      .slice(0, 5)
      .map((one) => `  chunk ${one.id}: ${one.errorCode} ${one.errorText ?? ''}`),
    '',
  ];
}

function verificationLines(report: Report): string[] {
  const { verification } = report;
  if (verification.result === 'not run') return ['Verification: not run.'];
  const covered = `${count(verification.verified)} of ${count(verification.chunks)} chunks, ${count(verification.compared)} rows compared`;
  const left =
    verification.uncovered > 0 ? `, ${count(verification.uncovered)} chunks not covered` : '';
  const lines = [`Verification: ${verification.result.toUpperCase()} (${covered}${left})`];
  if (verification.explained > 0) {
    lines.push(
      `  ${count(verification.explained)} cells are missing because they are rejects on record`,
    );
  }
  if (verification.wrong > 0) lines.push(`  ${count(verification.wrong)} cells differ`);
  if (verification.stale > 0) {
    lines.push(
      `  ${count(verification.stale)} cells differ because the source changed after the move`,
    );
  }
  for (const one of report.differences) {
    const kind = one.stale ? 'stale' : one.kind;
    lines.push(
      `    ${kind}: ${Object.values(one.key).map(String).join(' | ')}: source ${shown(one.source)}, target ${shown(one.target)}`,
    );
  }
  const more = verification.wrong + verification.stale - report.differences.length;
  if (more > 0) lines.push(`    ... and ${count(more)} more`);
  return lines;
}

const SHOWN_LENGTH = 80;

/** A value for a line of text: quoted, control characters visible, long ones cut. */
function shown(value: string | null): string {
  if (value === null) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > SHOWN_LENGTH
    ? `${text.slice(0, SHOWN_LENGTH)}... (${value.length} characters)`
    : text;
}

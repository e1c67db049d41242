import type { Report } from '@drover/engine';
import { bytes, count, duration, table } from '@drover/telemetry';
import { nextStep } from './next-step.ts';
import { plural } from './plural.ts';
import { parkedLines, rejectLines } from './report-remains.ts';
import { verificationLines } from './report-verification.ts';
import { type Words, wordsOf } from './words.ts';

/** The report as a person reads it on a terminal. */
export function reportText(report: Report): string {
  const next = nextStep(report);
  return [
    headline(report),
    ...(next === null ? [] : [`  ${next}`]),
    '',
    ...tallyLines(report),
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
  const words = wordsOf(report.pipeline);
  const data = report.phases.find((phase) => phase.phase === 'data');
  const retried = attempts.outcomes.filter((one) => one.outcome === 'retry');
  const causes = retried.map((one) => `${one.errorCode} ${one.count}`).join(', ');
  const rows: (readonly [string, string])[] = [
    [`${words.read} read`, count(total.read)],
    [`${words.loaded} written`, `${count(total.loaded)}${nulledText(total.nulled)}`],
    ...writtenLine(words, total.written),
    ['rejected', count(total.rejected)],
    ['skipped', count(total.skipped)],
    [
      'balance',
      `loaded + rejected + skipped = read: ${report.balanced ? 'holds' : 'DOES NOT HOLD'}`,
    ],
    ['speed', speedText(report)],
    ['volume', `${bytes(report.bytesRead)} read, ${bytes(report.bytesWritten)} written`],
    [
      'chunks',
      `${count(data?.chunks.done ?? 0)} done, ${count(data?.chunks.parked ?? 0)} parked; ${plural(report.retries, 'attempt')} retried${causes === '' ? '' : ` (${causes})`}`,
    ],
  ];
  if (report.rounds > 1) {
    rows.push(['rounds', `${report.rounds}: chunks whose source had changed were moved again`]);
  }
  return [...rows.map(([name, value]) => `  ${name.padEnd(19)}${value}`), ''];
}

function nulledText(nulled: number): string {
  return nulled > 0 ? `, of which ${count(nulled)} set to NULL` : '';
}

function speedText(report: Report): string {
  if (report.dataMs === null) return 'no data was moved';
  return `${count(Math.round(report.rowsPerSecond))} rows/s while data was moved (${duration(report.dataMs)}), ${count(Math.round(report.overallRowsPerSecond))} rows/s over the whole run`;
}

function partLines(report: Report): string[] {
  if (report.parts.length === 0) return [];
  const words = wordsOf(report.pipeline);
  const rows = report.parts.map((part) => [
    part.part,
    count(part.read),
    count(part.loaded),
    ...(words.written === null ? [] : [count(part.written)]),
    count(part.rejected),
    count(part.skipped),
  ]);
  const written = words.written === null ? [] : [words.written];
  return [table(['table', 'rows read', words.loaded, ...written, 'rejected', 'skipped'], rows), ''];
}

function writtenLine({ written }: Words, rows: number): (readonly [string, string])[] {
  return written === null ? [] : [[`${written} written`, count(rows)]];
}

import type { JsonObject, Reject } from '@drover/core';
import type { Report } from '@drover/engine';
import { count } from '@drover/telemetry';
import { plural } from './plural.ts';

const SHOWN = 5;

/** Rejects by rule, each reason once, and under it the first keys that it concerns. */
export function rejectLines(report: Report): string[] {
  if (report.rejectCounts.length === 0) return [];
  const open = report.rejectCounts.reduce((sum, one) => sum + one.open, 0);
  const shown = report.rejects.slice(0, SHOWN);
  const rules = report.rejectCounts.flatMap((one) => {
    const mine = shown.filter((reject) => reject.rule === one.rule);
    const closed = one.rejects - one.open;
    return [
      `  ${one.rule}: ${plural(one.rejects, 'reject')} of ${plural(one.rows, 'row')}${closed === 0 ? '' : `, ${count(closed)} closed by a replay`}`,
      ...reasonLines(mine),
    ];
  });
  const more = open - shown.length;
  return [
    open === 0
      ? 'Rejects, all closed:'
      : 'Rejects (`drover rejects list` shows all, `drover rejects replay` moves them again after a fix):',
    ...rules,
    ...(more > 0 ? [`  ... and ${count(more)} more`] : []),
    '',
  ];
}

function reasonLines(rejects: readonly Reject[]): string[] {
  const reasons = [...new Set(rejects.map((reject) => reject.reason))];
  return reasons.flatMap((reason) => [
    `    ${reason}:`,
    ...rejects
      .filter((reject) => reject.reason === reason)
      .map((reject) => `      ${keyText(reject.key)}`),
  ]);
}

export function parkedLines(report: Report): string[] {
  const { parked } = report;
  if (parked.length === 0) return [];
  const more = parked.length - SHOWN;
  return [
    'Parked chunks (`drover failed list` shows each with what to do, `drover reprocess` tries them again):',
    ...parked
      .slice(0, SHOWN)
      .map((one) => `  chunk ${one.id} (${one.phase}): ${one.errorCode} ${one.errorText ?? ''}`),
    ...(more > 0 ? [`  ... and ${count(more)} more`] : []),
    '',
  ];
}

/** A key on one line: its values, in the order in which the pipeline names them. */
export function keyText(key: JsonObject): string {
  return Object.values(key)
    .map((value) => {
      if (value === null) return 'NULL';
      return typeof value === 'string' ? value : JSON.stringify(value);
    })
    .join(' | ');
}

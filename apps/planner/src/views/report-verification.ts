import type { Report } from '@drover/engine';
import { count } from '@drover/telemetry';
import { plural } from './plural.ts';
import { keyText } from './report-remains.ts';
import { wordsOf } from './words.ts';

export function verificationLines(report: Report): string[] {
  const { verification } = report;
  const words = wordsOf(report.pipeline);
  if (verification.result === 'not run') return ['Verification: not run.'];
  const result = { passed: 'PASSED', differences: 'DIFFERENCES FOUND', unfinished: 'UNFINISHED' };
  const lines = [`Verification: ${result[verification.result]} (${coveredText(report)})`];
  if (verification.uncovered > 0) {
    lines.push(
      `  not covered: ${plural(verification.uncovered, 'chunk')} whose data was not moved`,
    );
  }
  if (report.outside !== null && report.outside.length > 0) {
    lines.push(
      `  not covered: ${plural(report.outside.length, `further ${words.entity}`)} of the source (${shortList(report.outside)})`,
    );
  }
  if (verification.explained > 0) {
    lines.push(
      `  not in the target because rejected, as on record: ${plural(verification.explained, words.compared)}`,
    );
  }
  if (verification.wrong > 0) lines.push(`  differ: ${plural(verification.wrong, words.compared)}`);
  if (verification.stale > 0) {
    lines.push(
      `  differ because the source changed after the move: ${plural(verification.stale, words.compared)}`,
    );
  }
  for (const one of report.differences) {
    const kind = one.stale ? 'stale' : one.kind;
    lines.push(
      `    ${kind}: ${keyText(one.key)}: source ${shown(one.source)}, target ${shown(one.target)}`,
    );
  }
  const more = verification.wrong + verification.stale - report.differences.length;
  if (more > 0) lines.push(`    ... and ${count(more)} more`);
  return lines;
}

/** What was compared, and of what: a verification is worth as much as it covers. */
function coveredText({ verification, options }: Report): string {
  const runs = options.verifies ?? [];
  const of =
    runs.length === 0 ? '' : ` of ${runs.length === 1 ? 'run' : 'runs'} ${runs.join(', ')}`;
  const only = options.entities === undefined ? '' : `, only ${options.entities.join(', ')}`;
  return `${count(verification.verified)} of ${plural(verification.chunks, 'chunk')}${of}, ${plural(verification.compared, 'row')} compared${only}`;
}

const LISTED = 5;

function shortList(names: readonly string[]): string {
  const more = names.length > LISTED ? ', ...' : '';
  return names.slice(0, LISTED).join(', ') + more;
}

const SHOWN_LENGTH = 80;

/** A value for a line of text: quoted, control characters visible, long ones cut. */
function shown(value: string | null): string {
  if (value === null) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > SHOWN_LENGTH
    ? `${text.slice(0, SHOWN_LENGTH)}... (${plural(value.length, 'character')})`
    : text;
}

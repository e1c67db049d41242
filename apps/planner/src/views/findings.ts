import type { Finding, FindingLevel } from '@drover/core';
import { plural } from './plural.ts';

const MARKS: Record<FindingLevel, string> = {
  error: 'ERROR  ',
  warning: 'WARNING',
  info: 'info   ',
};
const ORDER: readonly FindingLevel[] = ['error', 'warning', 'info'];

/** Findings as text, the worst first: level, subject, reason, and the fix on a line of its own. */
export function findingsText(findings: readonly Finding[]): string {
  const sorted = [...findings].sort((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level));
  const lines = sorted.flatMap(({ level, subject, reason, fix }) => [
    `${MARKS[level]} ${subject}: ${reason}`,
    ...(fix === '' ? [] : [`        fix: ${fix}`]),
  ]);
  const count = (level: FindingLevel) => findings.filter((one) => one.level === level).length;
  return [
    ...lines,
    '',
    `${plural(count('error'), 'error')}, ${plural(count('warning'), 'warning')}.`,
  ].join('\n');
}

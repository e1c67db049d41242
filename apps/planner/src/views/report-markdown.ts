import type { Report } from '@drover/engine';
import { count } from '@drover/telemetry';
import { headline, reportText } from './report-text.ts';

/** The report as a page to keep: the text, and the tables that belong to it. */
export function reportMarkdown(report: Report): string {
  const started = new Date(report.startedAtMs).toISOString();
  const finished =
    report.finishedAtMs === null ? 'not finished' : new Date(report.finishedAtMs).toISOString();
  const phases = report.phases.map(
    ({ phase, chunks }) =>
      `| ${phase} | ${count(chunks.done)} | ${count(chunks.split)} | ${count(chunks.parked)} | ${count(chunks.planned + chunks.queued + chunks.running)} |`,
  );
  const outcomes = report.attempts.outcomes.map(
    (one) => `| ${one.outcome} | ${one.errorCode ?? ''} | ${count(one.count)} |`,
  );
  return `# ${headline(report)}

Started ${started}, ended ${finished}.

\`\`\`
${reportText(report)}
\`\`\`

| phase | done | split | parked | unfinished |
|---|---|---|---|---|
${phases.join('\n')}

| attempts ended | error | count |
|---|---|---|
${outcomes.join('\n')}
`;
}

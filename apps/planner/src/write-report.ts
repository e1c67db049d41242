import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '@drover/engine';
import { reportMarkdown } from './views/report-markdown.ts';

/** Writes `{migration}-run-{number}.json` and `.md`; the same run's earlier ones are replaced. */
export function writeReport(report: Report, folder: string): readonly string[] {
  mkdirSync(folder, { recursive: true });
  const base = join(folder, `${report.migration}-run-${report.run}`);
  writeFileSync(`${base}.json`, `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(`${base}.md`, reportMarkdown(report));
  return [`${base}.json`, `${base}.md`];
}

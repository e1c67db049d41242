import type { Finding, Run, RunOptions } from '@drover/core';
import { collectFindings } from './collect-findings.ts';
import { type MigrationView, viewMigration } from './migration-context.ts';
import { note, print, printJson } from './print.ts';
import { planPhases, planText } from './verbs/plan.ts';
import { findingsText } from './views/findings.ts';

interface PreflightOptions {
  readonly file: string;
  readonly workers: number;
  readonly concurrency: number;
  readonly json: boolean;
}

/** The unfinished full run of the migration, if there is one. */
export async function unfinishedRun(file: string): Promise<Run | null> {
  await using view = await viewMigration(file);
  if (view.ledger === null) return null;
  const { ledger, migration } = view.ledger;
  return await ledger.latestRun({ migrationId: migration.id, unfinished: true, kind: 'full' });
}

/** Says what is in the way of a run. @returns whether nothing is. */
export async function preflight(options: PreflightOptions, wanted: RunOptions): Promise<boolean> {
  await using view = await viewMigration(options.file);
  const findings = await findingsOf(view, options, wanted);
  const telling = findings.filter((finding) => finding.level !== 'info');
  if (telling.length > 0) note(`${findingsText(telling)}\n`);
  const fine = !findings.some(isError);
  if (!fine) {
    note('drover: nothing was started. Mend the errors above; `drover check` shows all findings.');
  }
  return fine;
}

/** What `drover run` would find and do. Nothing is made, neither in a database nor on disk. */
export async function rehearse(options: PreflightOptions, wanted: RunOptions): Promise<number> {
  await using view = await viewMigration(options.file);
  const findings = await findingsOf(view, options, wanted);
  const bad = findings.some(isError);
  const planned = bad ? null : await planPhases(view, wanted);
  if (options.json) printJson({ findings, planned });
  else {
    print(findingsText(findings));
    print(
      planned === null
        ? '\nNo plan: mend the errors first.'
        : `\n${planText(view, planned, false)}`,
    );
  }
  return bad ? 1 : 0;
}

function findingsOf(
  view: MigrationView,
  options: PreflightOptions,
  wanted: RunOptions,
): Promise<Finding[]> {
  return collectFindings(view, {
    attemptsAtOnce: Math.max(1, options.workers) * options.concurrency,
    options: wanted,
  });
}

const isError = (finding: Finding): boolean => finding.level === 'error';

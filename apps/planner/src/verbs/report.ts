import { systemHost } from '@drover/config';
import { buildReport } from '@drover/engine';
import { Command } from 'commander';
import { attemptsCsv } from '../attempts-csv.ts';
import { findRun } from '../find-run.ts';
import { neededLedger, viewMigration } from '../migration-context.ts';
import { dryRunOption, fileOption, jsonOption, reportsOption, runOption } from '../options.ts';
import { writeOutput } from '../output.ts';
import { note, print, printJson } from '../print.ts';
import { reportText } from '../views/report-text.ts';
import { writeReport } from '../write-report.ts';
import type { MakeVerb } from './verb.ts';

interface ReportOptions {
  file: string;
  run?: number;
  reports: string;
  attempts?: string;
  dryRun: boolean;
  json: boolean;
}

export const reportVerb: MakeVerb = (verb) =>
  new Command('report')
    .description('Print what a run did and write it as JSON and Markdown.')
    .addOption(fileOption())
    .addOption(runOption())
    .addOption(reportsOption())
    .option('--attempts <file>', 'also write every attempt there, as CSV')
    .addOption(dryRunOption('print only; write no files'))
    .addOption(jsonOption())
    .action(verb(report));

async function report(options: ReportOptions): Promise<number> {
  await using view = await viewMigration(options.file);
  const record = neededLedger(view);
  const { ledger, migration } = record;
  const { pipeline } = view;
  const run = await findRun(record, options);
  const built = await buildReport(ledger, migration, run, {
    nowMs: systemHost.now(),
    // A report of the past says nothing of the source as it is now.
    outside: null,
  });
  if (options.json) printJson(built);
  else print(reportText(built));
  if (!options.dryRun) {
    note(`\nReport: ${writeReport(built, options.reports).join(', ')}`);
  }
  if (options.attempts !== undefined && !options.dryRun) {
    const attempts = await attemptsCsv(ledger, pipeline, run.id);
    writeOutput(attempts.text, options.attempts);
    note(`Attempts: ${attempts.count} in ${options.attempts}`);
  }
  return built.exitCode;
}

import { DroverError } from '@drover/core';
import { buildReport } from '@drover/engine';
import { systemHost } from '@drover/worker';
import { Command } from 'commander';
import { neededLedger, viewMigration } from '../migration-context.ts';
import { fileOption, jsonOption, reportsOption, runOption } from '../options.ts';
import { note, print, printJson } from '../print.ts';
import { reportText } from '../views/report-text.ts';
import { writeReport } from '../write-report.ts';
import type { MakeVerb } from './verb.ts';

interface ReportOptions {
  file: string;
  run?: number;
  reports: string;
  json: boolean;
}

export const reportVerb: MakeVerb = (verb) =>
  new Command('report')
    .description('Print what a run did and write it as JSON and Markdown.')
    .addOption(fileOption())
    .addOption(runOption())
    .addOption(reportsOption())
    .addOption(jsonOption())
    .action(verb(report));

async function report(options: ReportOptions): Promise<number> {
  await using view = await viewMigration(options.file);
  const { ledger, migration } = neededLedger(view);
  const run =
    options.run === undefined
      ? await ledger.latestRun({ migrationId: migration.id })
      : await ledger.findRun(options.run);
  if (run === null || run.migrationId !== migration.id) throw new DroverError('RUN_MISSING');
  const built = await buildReport(ledger, migration, run, systemHost.now());
  if (options.json) printJson(built);
  else print(reportText(built));
  const files = writeReport(built, options.reports);
  note(`Written to ${files.join(' and ')}.`);
  return built.exitCode;
}

import { DroverError } from '@drover/core';
import { table } from '@drover/telemetry';
import { Command } from 'commander';
import { neededLedger, viewMigration } from '../migration-context.ts';
import { fileOption, jsonOption, runOption } from '../options.ts';
import { print, printJson } from '../print.ts';
import type { MakeVerb } from './verb.ts';

interface FailedOptions {
  file: string;
  run?: number;
  json: boolean;
}

export const failedVerb: MakeVerb = (verb) =>
  new Command('failed')
    .description('Chunks that were set aside.')
    .addCommand(
      new Command('list')
        .description('List the parked chunks of the newest run, and why they were parked.')
        .addOption(fileOption())
        .addOption(runOption())
        .addOption(jsonOption())
        .action(verb(list)),
    );

async function list(options: FailedOptions): Promise<number> {
  await using view = await viewMigration(options.file);
  const { ledger, migration } = neededLedger(view);
  const run =
    options.run === undefined
      ? await ledger.latestRun({ migrationId: migration.id, kind: 'full' })
      : await ledger.findRun(options.run);
  if (run === null || run.migrationId !== migration.id) throw new DroverError('RUN_MISSING');
  const parked = await ledger.parked(run.id);
  if (options.json) {
    printJson(parked);
  } else if (parked.length === 0) {
    print(`Run ${run.id} has no parked chunk.`);
  } else {
    print(
      table(
        ['chunk', 'phase', 'range', 'attempts', 'error', 'what happened'],
        parked.map((chunk) => [
          String(chunk.id),
          chunk.phase,
          view.pipeline.describe(chunk.range),
          String(chunk.attempts),
          chunk.errorCode ?? '',
          chunk.errorText ?? '',
        ]),
      ),
    );
  }
  return parked.length === 0 ? 0 : 4;
}

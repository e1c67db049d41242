import { ERROR_TABLE, type ParkedChunk } from '@drover/core';
import { Command } from 'commander';
import { findRun } from '../find-run.ts';
import { type MigrationView, neededLedger, viewMigration } from '../migration-context.ts';
import { fileOption, jsonOption, runOption } from '../options.ts';
import { print, printJson } from '../print.ts';
import { plural } from '../views/plural.ts';
import type { MakeVerb } from './verb.ts';

interface FailedOptions {
  file: string;
  run?: number;
  json: boolean;
}

export const failedVerb: MakeVerb = (verb) =>
  new Command('failed')
    .description('Chunks that were set aside; see `drover failed list`.')
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
  const record = neededLedger(view);
  const run = await findRun(record, {
    ...(options.run === undefined ? { kind: 'full' } : { run: options.run }),
  });
  const parked = await record.ledger.parked(run.id);
  if (options.json) {
    printJson(
      parked.map((chunk) => ({ ...chunk, describedRange: view.pipeline.describe(chunk.range) })),
    );
  } else if (parked.length === 0) {
    print(`Run ${run.id} has no parked chunk.`);
  } else {
    print(`Run ${run.id} has ${plural(parked.length, 'parked chunk')}:\n`);
    for (const chunk of parked) print(chunkText(view, chunk));
  }
  return parked.length === 0 ? 0 : 4;
}

/** Lines, not a table: what happened is longer than a column. */
function chunkText(view: Pick<MigrationView, 'pipeline'>, chunk: ParkedChunk): string {
  const { errorCode } = chunk;
  const hint = errorCode === null ? '' : (ERROR_TABLE[errorCode].hint ?? '');
  return [
    `chunk ${chunk.id} (${chunk.phase}): ${view.pipeline.describe(chunk.range)}`,
    `  ${errorCode ?? 'no error'} after ${plural(chunk.attempts, 'attempt')}, parked at ${new Date(chunk.parkedAtMs).toISOString()}`,
    ...(chunk.errorText === null ? [] : [`  ${chunk.errorText.replaceAll('\n', '\n  ')}`]),
    ...(hint === '' ? [] : [`  What to do: ${hint}`]),
    '',
  ].join('\n');
}

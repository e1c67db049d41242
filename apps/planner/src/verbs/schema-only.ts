import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DroverError, parseDuration } from '@drover/core';
import { count, table } from '@drover/telemetry';
import { viewMigration } from '../migration-context.ts';
import { note, print, printJson } from '../print.ts';
import { plural } from '../views/plural.ts';
import type { BoundOptions } from './plan.ts';

export interface SchemaOptions extends BoundOptions {
  file: string;
  sample: string;
  lists: string;
  dryRun: boolean;
  json: boolean;
}

/** Prints the channels and formats of each ship, and writes a list file per group that fits a table. */
export async function analyzeSchema(options: SchemaOptions): Promise<number> {
  const sampleMicros = parseDuration(options.sample);
  if (sampleMicros === null) {
    throw new DroverError('FILE_INVALID', {
      message: `--sample ${options.sample} is no length of time.`,
      hint: 'Write for example 10m or 1h.',
    });
  }
  await using view = await viewMigration(options.file);
  if (view.pipeline.analyze === undefined) {
    throw new DroverError('FILE_INVALID', {
      message: `A migration of kind ${view.pipeline.kind} has no schema analysis.`,
      hint: 'Run it without --schema-only.',
    });
  }
  const analysis = await view.pipeline.analyze({
    sampleMicros,
    entities: options.ships ?? null,
    before: options.to ?? null,
  });
  if (options.json) printJson(analysis);
  else {
    const rows = analysis.columns.map((column) => [
      column.entity,
      column.name,
      column.formats.join(', '),
      column.group,
      column.type,
      count(column.rows),
    ]);
    print(table(['ship', 'channel', 'format', 'group', 'column type', 'rows'], rows));
    print(`\n${plural(analysis.rows, 'row')} from ${analysis.from} to ${analysis.to}.`);
  }
  if (!options.dryRun) mkdirSync(options.lists, { recursive: true });
  for (const list of analysis.lists) {
    const path = join(options.lists, `${list.name}.txt`);
    if (!options.dryRun) writeFileSync(path, list.names.map((name) => `${name}\n`).join(''));
    note(
      `${options.dryRun ? 'not written: ' : ''}${path}: ${plural(list.names.length, 'channel')}, ${plural(list.rowBytes, 'byte')} a row`,
    );
  }
  return 0;
}

import {
  DroverError,
  type Json,
  noLog,
  type Phase,
  type PlannedChunk,
  type RunOptions,
} from '@drover/core';
import { count, table } from '@drover/telemetry';
import { Command } from 'commander';
import { type MigrationView, viewMigration } from '../migration-context.ts';
import {
  cutoffOption,
  type EntityOptions,
  entitiesOf,
  fileOption,
  fromOption,
  jsonOption,
  shipsOption,
  tablesOption,
  toOption,
} from '../options.ts';
import { print, printJson } from '../print.ts';
import { plural } from '../views/plural.ts';
import type { MakeVerb } from './verb.ts';

interface PlanOptions extends BoundOptions {
  file: string;
  json: boolean;
  all: boolean;
  ddl: boolean;
}

export interface BoundOptions extends EntityOptions {
  from?: string;
  to?: string;
  cutoff?: string;
}

/** How many chunks are shown at each end of a long plan. */
const SHOWN = 10;

export const planVerb: MakeVerb = (verb) =>
  new Command('plan')
    .description('Show the chunks that a run would have. Writes nothing.')
    .addOption(fileOption())
    .addOption(shipsOption())
    .addOption(tablesOption())
    .addOption(fromOption())
    .addOption(toOption())
    .addOption(cutoffOption())
    .option('--all', 'show every chunk of a long plan', false)
    .option('--ddl', 'print the statements that would make the tables of the target', false)
    .addOption(jsonOption())
    .action(verb(plan));

async function plan(options: PlanOptions): Promise<number> {
  await using view = await viewMigration(options.file);
  if (options.ddl) return await printDdl(view, options);
  const planned = await planPhases(view, runOptions(options));
  if (options.json) printJson(planned);
  else print(`${planText(view, planned, options.all)}\n\nStart it with \`drover run\`.`);
  return 0;
}

export function runOptions(bounds: BoundOptions): RunOptions {
  return {
    ...entitiesOf(bounds),
    ...(bounds.from === undefined ? {} : { from: bounds.from }),
    ...(bounds.to === undefined ? {} : { to: bounds.to }),
    ...(bounds.cutoff === undefined ? {} : { cutoff: bounds.cutoff }),
  };
}

export type PlannedPhases = Record<'prepare' | 'data' | 'finish', PlannedChunk[]>;

/** Plans what can be planned beforehand: the verification's chunks follow from what was moved. */
export async function planPhases(
  view: Pick<MigrationView, 'pipeline' | 'ledger'>,
  options: RunOptions,
): Promise<PlannedPhases> {
  const anchor = await anchorOf(view, options);
  const chunksOf = async (phase: Phase) => {
    const chunks: PlannedChunk[] = [];
    const signal = new AbortController().signal;
    for await (const chunk of view.pipeline.plan(phase, anchor, {
      after: null,
      dataChunks: none,
      signal,
    })) {
      chunks.push(chunk);
    }
    return chunks;
  };
  return {
    prepare: await chunksOf('prepare'),
    data: await chunksOf('data'),
    finish: await chunksOf('finish'),
  };
}

/** What a run would freeze, were it opened now. */
async function anchorOf(
  view: Pick<MigrationView, 'pipeline' | 'ledger'>,
  options: RunOptions,
): Promise<Json> {
  const cutoffs =
    view.ledger === null
      ? new Map<string, string>()
      : await view.ledger.ledger.cutoffs(view.ledger.migration.id);
  const { anchor } = await view.pipeline.open({
    log: noLog,
    kind: 'full',
    options,
    cutoffs,
    watermarks: new Map(),
    // Nothing is written here, not even the end of what others have begun.
    migrationId: view.ledger?.migration.id ?? '',
    unsettled: [],
  });
  return anchor;
}

async function printDdl(view: MigrationView, options: PlanOptions): Promise<number> {
  const { pipeline } = view;
  if (pipeline.ddl === undefined) {
    throw new DroverError('FILE_INVALID', {
      message: `The pipeline ${pipeline.kind} makes tables as it meets the data: there are no statements beforehand.`,
      hint: 'See `drover run --schema-only` for the columns that it would make.',
    });
  }
  const statements = await pipeline.ddl(await anchorOf(view, runOptions(options)));
  if (options.json) printJson(statements);
  else print(statements.map((statement) => `${statement};`).join('\n\n'));
  return 0;
}

async function* none(): AsyncGenerator<never> {}

export function planText(
  view: Pick<MigrationView, 'pipeline'>,
  planned: PlannedPhases,
  all: boolean,
): string {
  const { prepare, data, finish } = planned;
  const rows = data.map((chunk) => [
    String(chunk.ordinal + 1),
    chunk.stream,
    view.pipeline.describe(chunk.range),
    count(chunk.estimatedRows),
  ]);
  const shown =
    all || rows.length <= 2 * SHOWN
      ? rows
      : [
          ...rows.slice(0, SHOWN),
          ['...', '', `${count(rows.length - 2 * SHOWN)} more`, ''],
          ...rows.slice(-SHOWN),
        ];
  const estimated = data.reduce((sum, chunk) => sum + chunk.estimatedRows, 0);
  return [
    table(['chunk', 'stream', 'range', 'rows, estimated'], shown),
    '',
    `prepare: ${plural(prepare.length, 'chunk')}; data: ${plural(data.length, 'chunk')}, some ${plural(estimated, 'row')}; finish: ${plural(finish.length, 'chunk')}; verify: a chunk for each data chunk.`,
  ].join('\n');
}

import type { Phase, PlannedChunk, RunOptions } from '@drover/core';
import { count, table } from '@drover/telemetry';
import { Command } from 'commander';
import { type MigrationView, noLog, viewMigration } from '../migration-context.ts';
import {
  cutoffOption,
  fileOption,
  fromOption,
  jsonOption,
  shipsOption,
  toOption,
} from '../options.ts';
import { print, printJson } from '../print.ts';
import { plural } from '../views/plural.ts';
import type { MakeVerb } from './verb.ts';

interface PlanOptions extends BoundOptions {
  file: string;
  json: boolean;
  all: boolean;
}

export interface BoundOptions {
  ships?: string[];
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
    .addOption(fromOption())
    .addOption(toOption())
    .addOption(cutoffOption())
    .option('--all', 'show every chunk of a long plan', false)
    .addOption(jsonOption())
    .action(verb(plan));

async function plan(options: PlanOptions): Promise<number> {
  await using view = await viewMigration(options.file);
  const planned = await planPhases(view, runOptions(options));
  if (options.json) printJson(planned);
  else print(`${planText(view, planned, options.all)}\n\nStart it with \`drover run\`.`);
  return 0;
}

export function runOptions(bounds: BoundOptions): RunOptions {
  return {
    ...(bounds.ships === undefined ? {} : { entities: bounds.ships }),
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
  });
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

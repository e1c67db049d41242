import type { RejectRecord } from '@drover/core';
import { chooseRejects } from '@drover/engine';
import type { Command } from 'commander';
import { findRun } from './find-run.ts';
import { type MigrationView, neededLedger } from './migration-context.ts';
import {
  type EntityOptions,
  entitiesOf,
  fileOption,
  runOption,
  shipsOption,
  tablesOption,
} from './options.ts';

/** Options by which rejects are chosen; the same for all commands that deal with them. */
export interface RejectOptions extends EntityOptions {
  file: string;
  run?: number;
  rule?: string;
  all?: boolean;
}

export const addRejectOptions = (command: Command): Command =>
  command
    .addOption(runOption('only rejects of this run; by default of all'))
    .option('--rule <word>', 'only rejects by this rule, as the list names it')
    .addOption(shipsOption())
    .addOption(tablesOption())
    .addOption(fileOption());

/** Those that the options choose, open ones only unless all are asked for. */
export async function* rejectsOf(
  view: MigrationView,
  options: RejectOptions,
): AsyncGenerator<RejectRecord> {
  const { ledger, migration } = neededLedger(view);
  if (options.run !== undefined) await findRun({ ledger, migration }, { run: options.run });
  yield* chooseRejects(
    ledger,
    { migrationId: migration.id, pipeline: view.pipeline },
    {
      openOnly: options.all !== true,
      ...(options.run === undefined ? {} : { runId: options.run }),
      ...(options.rule === undefined ? {} : { rule: options.rule }),
      ...entitiesOf(options),
    },
  );
}

import { DroverError, PHASES, type Phase, type RunOptions } from '@drover/core';
import { startRun } from '@drover/engine';
import { openDrover, systemHost } from '@drover/worker';
import { Command } from 'commander';
import { openCommandLog } from '../command-log.ts';
import { confirm } from '../confirm.ts';
import { viewMigration } from '../migration-context.ts';
import {
  concurrencyOption,
  fileOption,
  jsonOption,
  logsOption,
  reportsOption,
  shipsOption,
  workersOption,
  yesOption,
} from '../options.ts';
import { note, print, printJson } from '../print.ts';
import { findingsText } from '../views/findings.ts';
import { watchRun } from '../watch-run.ts';
import { collectFindings } from './check.ts';
import {
  type BoundOptions,
  cutoffOption,
  fromOption,
  planPhases,
  planText,
  runOptions,
  toOption,
} from './plan.ts';
import { analyzeSchema, type SchemaOptions } from './schema-only.ts';
import type { MakeVerb } from './verb.ts';

interface RunVerbOptions extends BoundOptions, SchemaOptions {
  file: string;
  schemaOnly: boolean;
  tablesOnly: boolean;
  migrationOnly: boolean;
  dropTables: boolean;
  dryRun: boolean;
  yes: boolean;
  json: boolean;
  workers: number;
  concurrency: number;
  logs: string;
  reports: string;
}

export const runVerb: MakeVerb = (verb) =>
  new Command('run')
    .description(
      'Check, plan, move and verify. It may be closed while it watches: the workers go on.',
    )
    .addOption(fileOption())
    .addOption(shipsOption())
    .addOption(fromOption())
    .addOption(toOption())
    .addOption(cutoffOption())
    .addOption(workersOption(0))
    .addOption(concurrencyOption())
    .option(
      '--schema-only',
      'print channels and formats per ship and write the channel lists',
      false,
    )
    .option(
      '--sample <length>',
      'with --schema-only: how much of the newest data to look at',
      '10m',
    )
    .option('--lists <folder>', 'with --schema-only: folder of the channel lists', 'channels')
    .option('--tables-only', 'make the tables and stop', false)
    .option('--migration-only', 'move and verify; the tables are there', false)
    .option('--drop-tables', 'drop and recreate the wide tables first; asks', false)
    .option('--dry-run', 'check and plan only; writes nothing', false)
    .addOption(yesOption())
    .addOption(logsOption())
    .addOption(reportsOption())
    .addOption(jsonOption())
    .action(verb(run));

async function run(options: RunVerbOptions): Promise<number> {
  const modes = [options.schemaOnly, options.tablesOnly, options.migrationOnly].filter(Boolean);
  if (modes.length > 1 || (options.migrationOnly && options.dropTables)) {
    note(
      'drover: --schema-only, --tables-only and --migration-only exclude one another; --drop-tables does not go with --migration-only',
    );
    return 2;
  }
  if (options.schemaOnly) return analyzeSchema(options);
  const wanted: RunOptions = {
    ...runOptions(options),
    ...(options.dropTables ? { dropTables: true } : {}),
  };
  if (!(await preflight(options, wanted)) || options.dryRun) return options.dryRun ? 0 : 1;
  if (options.dropTables) {
    const scope =
      options.ships === undefined ? 'all ships of the migration' : options.ships.join(', ');
    await confirm(
      `--drop-tables drops the wide tables of ${scope} with all that is in them.`,
      options,
    );
  }
  await using log = openCommandLog('run', options.logs);
  await using drover = await openDrover({ file: options.file, log });
  const created = await startRun(
    { ...drover, log },
    {
      kind: 'full',
      phases: phasesOf(options),
      options: wanted,
    },
  );
  log.info('run started', { run: created.id, migration: drover.migration.name });
  return await watchRun(drover, created, { ...options, host: systemHost });
}

function phasesOf(options: RunVerbOptions): readonly Phase[] {
  if (options.tablesOnly) return ['prepare'];
  return options.migrationOnly ? PHASES.filter((phase) => phase !== 'prepare') : PHASES;
}

/** Says what is in the way; true where nothing is. */
async function preflight(options: RunVerbOptions, wanted: RunOptions): Promise<boolean> {
  await using view = await viewMigration(options.file);
  const unfinished = await view.ledger?.ledger.latestRun({
    migrationId: view.ledger.migration.id,
    unfinished: true,
    kind: 'full',
  });
  if (unfinished != null && !options.dryRun) {
    throw new DroverError('RUN_UNFINISHED', {
      message: `Run ${unfinished.id} of this migration is ${unfinished.state} (phase ${unfinished.phase}).`,
    });
  }
  const findings = await collectFindings(view, {
    attemptsAtOnce: Math.max(1, options.workers) * options.concurrency,
    options: wanted,
  });
  const bad = findings.some((finding) => finding.level === 'error');
  if (options.dryRun) {
    const planned = bad ? null : await planPhases(view, wanted);
    if (options.json) printJson({ findings, planned });
    else
      print(
        `${findingsText(findings)}\n\n${planned === null ? '' : planText(view, planned, false)}`,
      );
    return !bad;
  }
  const telling = findings.filter((finding) => finding.level !== 'info');
  if (telling.length > 0) note(findingsText(telling));
  if (bad)
    note(
      '\ndrover: nothing was started. Mend the errors above; `drover check` shows all findings.',
    );
  return !bad;
}

import { setTimeout as pause } from 'node:timers/promises';
import { readStatus } from '@drover/engine';
import { Command, Option } from 'commander';
import { findRun } from '../find-run.ts';
import { neededLedger, viewMigration } from '../migration-context.ts';
import { fileOption, jsonOption, positiveNumber, runOption } from '../options.ts';
import { print, printJson, printJsonLine } from '../print.ts';
import { statusText } from '../views/status-text.ts';
import type { MakeVerb } from './verb.ts';

interface StatusOptions {
  file: string;
  json: boolean;
  run?: number;
  watch: boolean;
  refresh: number;
}

const CLEAR_SCREEN = '\x1b[2J\x1b[H';

export const statusVerb: MakeVerb = (verb) =>
  new Command('status')
    .description('Show how far the newest run is, per phase, worker and chunk.')
    .addOption(fileOption())
    .addOption(runOption())
    .option('--watch', 'show it again and again until stopped (with --json: one line each)', false)
    .addOption(
      new Option('--refresh <seconds>', 'with --watch: how often')
        .argParser(positiveNumber)
        .default(1),
    )
    .addOption(jsonOption())
    .action(verb(status));

async function status(options: StatusOptions): Promise<number> {
  await using view = await viewMigration(options.file);
  const record = neededLedger(view);
  if (options.run !== undefined) await findRun(record, options);
  const clear = options.watch && process.stdout.isTTY ? CLEAR_SCREEN : '';
  for (;;) {
    const [now, usage] = await Promise.all([
      readStatus(record.ledger, record.migration, {
        runId: options.run ?? null,
        throttle: view.loaded.spec.throttle,
      }),
      view.pipeline.usage(),
    ]);
    if (!options.json) print(`${clear}${statusText(now, usage)}`);
    else if (options.watch) printJsonLine({ ...now, usage });
    else printJson({ ...now, usage });
    if (!options.watch) return 0;
    await pause(options.refresh * 1000);
  }
}

import { Command } from 'commander';
import { changeUnfinishedRun } from '../change-run.ts';
import { fileOption } from '../options.ts';
import { print } from '../print.ts';
import type { MakeVerb } from './verb.ts';

interface PauseOptions {
  file: string;
  dryRun: boolean;
}

export const pauseVerb: MakeVerb = (verb) =>
  new Command('pause')
    .description('Start no further chunk; those in hand are finished. `drover resume` goes on.')
    .addOption(fileOption())
    .option('--dry-run', 'say what would be paused', false)
    .action(verb(pause));

async function pause(options: PauseOptions): Promise<number> {
  for (const { run, changed } of await changeUnfinishedRun(options, 'pause')) {
    print(
      changed ? `Run ${run.id} is paused.` : `Run ${run.id} is ${run.state}: nothing to pause.`,
    );
  }
  return 0;
}

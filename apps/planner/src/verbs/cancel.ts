import { Command } from 'commander';
import { changeUnfinishedRun } from '../change-run.ts';
import { confirm } from '../confirm.ts';
import { fileOption, yesOption } from '../options.ts';
import { print } from '../print.ts';
import type { MakeVerb } from './verb.ts';

interface CancelOptions {
  file: string;
  yes: boolean;
  dryRun: boolean;
}

export const cancelVerb: MakeVerb = (verb) =>
  new Command('cancel')
    .description('Give up the unfinished run. What was moved stays; chunks in hand are dropped.')
    .addOption(fileOption())
    .addOption(yesOption())
    .option('--dry-run', 'say what would be cancelled', false)
    .action(verb(cancel));

async function cancel(options: CancelOptions): Promise<number> {
  if (!options.dryRun) {
    await confirm('A cancelled run cannot be resumed; a new one moves everything again.', options);
  }
  for (const { run, changed, chunks } of await changeUnfinishedRun(options, 'cancel')) {
    print(
      changed
        ? `Run ${run.id} is cancelled; ${chunks} chunks were given up.`
        : `Run ${run.id} is ${run.state}: it would be cancelled.`,
    );
  }
  return 0;
}

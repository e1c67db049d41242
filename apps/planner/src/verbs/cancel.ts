import { Command } from 'commander';
import { type ChangedRun, changeUnfinishedRuns } from '../change-run.ts';
import { confirm } from '../confirm.ts';
import { dryRunOption, fileOption, jsonOption, yesOption } from '../options.ts';
import { print, printJson } from '../print.ts';
import { plural } from '../views/plural.ts';
import type { MakeVerb } from './verb.ts';

interface CancelOptions {
  file: string;
  yes: boolean;
  dryRun: boolean;
  json: boolean;
}

export const cancelVerb: MakeVerb = (verb) =>
  new Command('cancel')
    .description('Give up the unfinished run. What was moved stays; chunks in hand are dropped.')
    .addOption(fileOption())
    .addOption(yesOption())
    .addOption(dryRunOption('say what would be cancelled'))
    .addOption(jsonOption())
    .action(verb(cancel));

async function cancel(options: CancelOptions): Promise<number> {
  if (!options.dryRun) {
    // There is something to cancel, or there is nothing to ask.
    await changeUnfinishedRuns({ ...options, dryRun: true }, 'cancel');
    await confirm('A cancelled run cannot be resumed; a new one moves everything again.', options);
  }
  const changes = await changeUnfinishedRuns(options, 'cancel');
  if (options.json) printJson(changes);
  else for (const change of changes) print(cancelText(change));
  return 0;
}

function cancelText({ run, was, changed, chunks }: ChangedRun): string {
  return changed
    ? `Run ${run} is cancelled; ${plural(chunks, 'unfinished chunk')} given up. What was moved stays.`
    : `Run ${run} is ${was}: it would be cancelled.`;
}

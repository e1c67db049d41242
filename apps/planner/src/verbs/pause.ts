import { Command } from 'commander';
import { type ChangedRun, changeUnfinishedRuns } from '../change-run.ts';
import { dryRunOption, fileOption, jsonOption } from '../options.ts';
import { print, printJson } from '../print.ts';
import type { MakeVerb } from './verb.ts';

interface PauseOptions {
  file: string;
  dryRun: boolean;
  json: boolean;
}

export const pauseVerb: MakeVerb = (verb) =>
  new Command('pause')
    .description('Start no further chunk; those in hand are finished. `drover resume` goes on.')
    .addOption(fileOption())
    .addOption(dryRunOption('say what would be paused'))
    .addOption(jsonOption())
    .action(verb(pause));

async function pause(options: PauseOptions): Promise<number> {
  const changes = await changeUnfinishedRuns(options, 'pause');
  if (options.json) printJson(changes);
  else for (const change of changes) print(pauseText(change));
  return 0;
}

function pauseText({ run, was, applies, changed }: ChangedRun): string {
  if (changed) {
    return `Run ${run} is paused: chunks in hand are finished, no other is started. \`drover resume\` goes on.`;
  }
  return applies ? `Run ${run} is ${was}: it would be paused.` : `Run ${run} is ${was} already.`;
}

import { type AttemptRecord, DroverError, type Ledger } from '@drover/core';
import type { ParkedInRun } from '@drover/engine';
import { Argument, Command, Option } from 'commander';
import { confirm } from '../confirm.ts';
import { type MigrationView, neededLedger, viewMigration } from '../migration-context.ts';
import { dryRunOption, fileOption, jsonOption, positiveNumber, yesOption } from '../options.ts';
import { writeOutput } from '../output.ts';
import { addParkedOptions, findParked, type ParkedOptions } from '../parked-filter.ts';
import { note, print, printJson } from '../print.ts';
import { formatShipList } from '../ship-list.ts';
import { attemptsText, parkedChunkText, parkedText } from '../views/parked-text.ts';
import { plural } from '../views/plural.ts';
import type { MakeVerb } from './verb.ts';

interface FailedOptions extends ParkedOptions {
  file: string;
  json: boolean;
}

const chunkArgument = (what: string) =>
  new Argument('[chunk...]', what).argParser((text: string, before: number[] | undefined) => [
    ...(before ?? []),
    positiveNumber(text),
  ]);

export const failedVerb: MakeVerb = (verb) =>
  new Command('failed')
    .description('Chunks that were set aside: list, show, export or drop them.')
    .addCommand(
      addParkedOptions(
        new Command('list').description(
          'List the parked chunks, why they were parked, what to do.',
        ),
      )
        .addOption(fileOption())
        .addOption(jsonOption())
        .action(verb(list)),
    )
    .addCommand(
      new Command('show')
        .description('Show one parked chunk with every attempt at it.')
        .addArgument(new Argument('<chunk>', 'its number').argParser(positiveNumber))
        .addOption(fileOption())
        .addOption(jsonOption())
        .action(verb(show)),
    )
    .addCommand(
      addParkedOptions(
        new Command('export').description(
          'Write the parked chunks as a list (ship,start,end, or table,,) or in full, for `drover reprocess` or for people.',
        ),
      )
        .addOption(
          new Option('--format <form>', 'the list, or everything as JSON')
            .choices(['csv', 'json'])
            .default('csv'),
        )
        .option('--output <file>', 'write it there; by default it is printed')
        .addOption(fileOption())
        .action(verb(exportParked)),
    )
    .addCommand(
      addParkedOptions(
        new Command('drop').description(
          'Give parked chunks up for good. Their data are not moved, and no verification passes over them.',
        ),
      )
        .addArgument(chunkArgument('only these; by default all that the options choose'))
        .addOption(fileOption())
        .addOption(yesOption())
        .addOption(dryRunOption('say which would be dropped'))
        .addOption(jsonOption())
        .action(verb(drop)),
    );

async function list(options: FailedOptions): Promise<number> {
  await using view = await viewMigration(options.file);
  const parked = await findParked(view, options);
  if (options.json) printJson(parked.map((one) => flat(one, view)));
  else if (parked.length === 0) print('No chunk is parked.');
  else {
    print(`${parkedText(parked, view.pipeline)}\n`);
    print('`drover reprocess` tries them again; `drover failed show <chunk>` shows every attempt.');
  }
  return parked.length === 0 ? 0 : 4;
}

async function show(chunkId: number, options: FailedOptions): Promise<number> {
  await using view = await viewMigration(options.file);
  const [one] = await findParked(view, options, [chunkId]);
  if (one === undefined) {
    throw new DroverError('RUN_MISSING', {
      message: `No parked chunk has the number ${chunkId}.`,
      hint: '`drover failed list` shows those that there are.',
    });
  }
  const attempts = await attemptsAt(neededLedger(view).ledger, one);
  if (options.json) printJson({ ...flat(one, view), history: attempts });
  else {
    print(parkedChunkText(one, view.pipeline));
    print(attemptsText(attempts));
  }
  return 0;
}

async function exportParked(
  options: FailedOptions & { format: 'csv' | 'json'; output?: string },
): Promise<number> {
  await using view = await viewMigration(options.file);
  const { ledger } = neededLedger(view);
  const parked = await findParked(view, options);
  if (options.format === 'json') {
    const whole = [];
    for (const one of parked) {
      whole.push({ ...flat(one, view), history: await attemptsAt(ledger, one) });
    }
    writeOutput(`${JSON.stringify(whole, null, 2)}\n`, options.output);
    note(`drover: ${plural(parked.length, 'parked chunk')} written.`);
    return 0;
  }
  const { selections } = view.pipeline;
  const listed = parked.map(({ chunk }) =>
    chunk.phase === 'data' ? (selections?.of(chunk.range) ?? []) : [],
  );
  const lines = listed.flat();
  writeOutput(formatShipList(lines), options.output);
  const left = listed.filter((ranges) => ranges.length === 0).length;
  note(
    `drover: ${plural(lines.length, 'line')} of ${plural(parked.length - left, 'parked chunk')} written.${left === 0 ? '' : ` ${plural(left, 'chunk')} of no range of data left out; --format json has all.`}`,
  );
  return 0;
}

async function drop(
  chunkIds: readonly number[],
  options: FailedOptions & { yes: boolean; dryRun: boolean },
): Promise<number> {
  await using view = await viewMigration(options.file);
  const { ledger } = neededLedger(view);
  const parked = await findParked(view, options, chunkIds);
  if (!options.dryRun && parked.length > 0) {
    await confirm(
      `${plural(parked.length, 'parked chunk')} would be given up: their data are not moved.`,
      options,
    );
  }
  const dropped = options.dryRun ? 0 : await ledger.dropParked(parked.map(({ chunk }) => chunk.id));
  if (options.json) printJson({ chosen: parked.map((one) => flat(one, view)), dropped });
  else if (parked.length === 0) print('No parked chunk is like that; nothing was dropped.');
  else if (options.dryRun) print(`Would be dropped:\n\n${parkedText(parked, view.pipeline)}`);
  else print(`${plural(dropped, 'parked chunk')} dropped.`);
  return 0;
}

const flat = ({ run, chunk }: ParkedInRun, { pipeline }: Pick<MigrationView, 'pipeline'>) => ({
  run: run.id,
  ...chunk,
  describedRange: pipeline.describe(chunk.range),
});

/** More than a chunk can have while its attempts are limited; superseded ones are unlimited. */
const ATTEMPTS_SHOWN = 1000;

function attemptsAt(
  ledger: Ledger,
  { run, chunk }: ParkedInRun,
): Promise<readonly AttemptRecord[]> {
  return ledger.attemptRecords({
    runId: run.id,
    chunkId: chunk.id,
    after: 0,
    limit: ATTEMPTS_SHOWN,
  });
}

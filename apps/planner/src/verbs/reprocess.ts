import { basename } from 'node:path';
import { readTextFile, systemHost } from '@drover/config';
import { DroverError, type Run, type Selection } from '@drover/core';
import { chooseParked, planReprocess, type ReprocessPlan, readParked } from '@drover/engine';
import { type Drover, openDrover } from '@drover/worker';
import { Command, InvalidArgumentError, Option } from 'commander';
import { withCommandLog } from '../command-log.ts';
import { findRun } from '../find-run.ts';
import { type MigrationView, neededLedger, viewMigration } from '../migration-context.ts';
import {
  concurrencyOption,
  dryRunOption,
  fileOption,
  graceOption,
  type IntervalOption,
  jsonOption,
  logsOption,
  positiveNumber,
  progressOption,
  reportsOption,
  statisticsCsvOption,
  statisticsOption,
  verificationOption,
  workersOption,
} from '../options.ts';
import { writeOutput } from '../output.ts';
import { addParkedOptions, type ParkedOptions, toFilter } from '../parked-filter.ts';
import { note, print, printJson } from '../print.ts';
import { formatShipList, parseShipList } from '../ship-list.ts';
import { startGivenRun } from '../start-given-run.ts';
import {
  openStatistics,
  type StatisticsOptions,
  type StatisticsOutputs,
} from '../statistics-outputs.ts';
import { plural } from '../views/plural.ts';
import { reprocessText } from '../views/reprocess-text.ts';
import { INTERRUPTED, watchRun } from '../watch-run.ts';
import type { MakeVerb } from './verb.ts';

interface ReprocessOptions extends ParkedOptions, StatisticsOptions {
  file: string;
  delay: number;
  limit?: number;
  split: number;
  stillFailed?: string;
  workers: number;
  concurrency: number;
  grace: string;
  logs: string;
  reports: string;
  verification: string;
  dryRun: boolean;
  json: boolean;
  progress?: IntervalOption;
}

export const reprocessVerb: MakeVerb = (verb) =>
  addParkedOptions(
    new Command('reprocess')
      .description(
        'Try parked chunks again with fresh attempts, or the ranges of a list (ship,start,end, or table,,).',
      )
      .argument('[list]', 'CSV without a header line; by default all parked chunks'),
  )
    .addOption(
      new Option('--delay <seconds>', 'how long a worker rests after each chunk, e.g. 0.5')
        .argParser(seconds)
        .default(0),
    )
    .option('--limit <number>', 'at most so many chunks', positiveNumber)
    .addOption(
      new Option('--split <number>', 'cut each chunk into so many parts at least')
        .argParser(positiveNumber)
        .default(1),
    )
    .option('--still-failed <file>', 'write what fails again there, as a list')
    .addOption(fileOption())
    .addOption(workersOption(0))
    .addOption(concurrencyOption())
    .addOption(graceOption())
    .addOption(dryRunOption('say what would be tried'))
    .addOption(logsOption())
    .addOption(reportsOption())
    .addOption(verificationOption())
    .addOption(progressOption())
    .addOption(statisticsOption())
    .addOption(statisticsCsvOption())
    .addOption(jsonOption())
    .action(verb(reprocess));

async function reprocess(path: string | undefined, options: ReprocessOptions): Promise<number> {
  if (path !== undefined && (options.from !== undefined || options.to !== undefined)) {
    note(
      'drover: --from and --to do not go with a list.\n  What to do: Change the times in the list.',
    );
    return 2;
  }
  const list = path === undefined ? null : readList(path);
  const plan = await rehearse(list, options);
  if (options.dryRun || plan.chunks.length === 0) {
    if (options.stillFailed !== undefined && !options.dryRun) writeOutput('', options.stillFailed);
    return plan.left.length > 0 ? 4 : 0;
  }
  return withCommandLog('reprocess', options.logs, async (log) => {
    await using drover = await openDrover({ file: options.file, log });
    const outputs = openStatistics(drover.loaded, options);
    const tried: Tried[] = [];
    let code = 0;
    for (const { run, chunks } of plan.inPlace) {
      const before = await drover.ledger.parked(run.id);
      const chosen = new Set(chunks.map((chunk) => chunk.chunkId));
      const { again, parked } = await drover.ledger.unpark({
        runId: run.id,
        chunks,
        restMs: Math.round(options.delay * 1000),
        alone: drover.pipeline.exclusive,
      });
      log.info('chunks are tried again', { run: run.id, chunks: again.length });
      const untouched = before.filter(({ id }) => !chosen.has(id)).map(({ id }) => id);
      tried.push({ run, leftParked: new Set([...untouched, ...parked]) });
      code = Math.max(code, await watch(drover, run, { ...options, outputs }));
      if (code === INTERRUPTED) return code;
    }
    if (plan.given !== null) {
      const run = await startGivenRun(drover, plan.given);
      log.info('reprocessing started', { run: run.id, chunks: plan.given.chunks.length });
      tried.push({ run, leftParked: new Set() });
      code = Math.max(code, await watch(drover, run, { ...options, outputs }));
      if (code === INTERRUPTED) return code;
    }
    if (options.stillFailed !== undefined) {
      await writeStillFailed(drover, tried, options.stillFailed);
    }
    return code;
  });
}

/** A run in which chunks were tried again, and the parked chunks of it that were not. */
interface Tried {
  readonly run: Run;
  readonly leftParked: ReadonlySet<number>;
}

/** Prints what would be, and decides it. */
async function rehearse(
  list: readonly Selection[] | null,
  options: ReprocessOptions,
): Promise<ReprocessPlan> {
  await using view = await viewMigration(options.file);
  const plan = await planFor(view, list, options);
  const shown = plan.chunks.map(({ run, part }) => ({
    run,
    ...part,
    describedRange: view.pipeline.describe(part.range),
  }));
  if (options.json && options.dryRun) printJson({ chunks: shown, left: plan.left });
  else (options.dryRun ? print : note)(reprocessText(plan, view.pipeline, options));
  return plan;
}

async function planFor(
  view: MigrationView,
  list: readonly Selection[] | null,
  options: ReprocessOptions,
): Promise<ReprocessPlan> {
  const { ledger, migration } = neededLedger(view);
  const { pipeline, loaded } = view;
  if (list !== null && pipeline.selections === undefined) {
    throw new DroverError('FILE_INVALID', {
      message: `Ranges of the pipeline ${pipeline.kind} cannot be named in a list.`,
      hint: 'Leave the list out: all parked chunks are tried again, or those that the options choose.',
    });
  }
  if (options.run !== undefined) await findRun({ ledger, migration }, { run: options.run });
  const filter = toFilter(options);
  const parked = chooseParked(await readParked(ledger, migration.id, options.run ?? null), filter, {
    pipeline,
    nowMs: systemHost.now(),
  });
  const wish = {
    list,
    filter,
    parts: options.split,
    limit: options.limit ?? null,
    restMs: Math.round(options.delay * 1000),
  };
  return planReprocess(parked, wish, { pipeline, fileHash: loaded.hash });
}

async function watch(
  drover: Drover,
  { id }: Run,
  { outputs, ...options }: ReprocessOptions & { outputs: StatisticsOutputs | null },
): Promise<number> {
  const run = await drover.ledger.findRun(id);
  if (run === null) throw new DroverError('RUN_MISSING');
  if (run.state === 'paused' || run.state === 'failed') {
    note(`drover: run ${id} is ${run.state}; its chunks are tried when \`drover resume\` goes on.`);
    return 1;
  }
  return watchRun(drover, run, { ...options, statistics: outputs, host: systemHost });
}

async function writeStillFailed(
  { ledger, pipeline }: Drover,
  tried: readonly Tried[],
  path: string,
): Promise<void> {
  const failed: Selection[] = [];
  for (const { run, leftParked } of tried) {
    for (const chunk of await ledger.parked(run.id)) {
      if (leftParked.has(chunk.id) || chunk.phase !== 'data') continue;
      failed.push(...(pipeline.selections?.of(chunk.range) ?? []));
    }
  }
  writeOutput(formatShipList(failed), path);
  note(`drover: ${plural(failed.length, 'range')} failed again; written to ${path}.`);
}

function readList(path: string): readonly Selection[] {
  const file = readTextFile(path);
  if ('text' in file) return parseShipList(file.text, basename(path));
  throw new DroverError('FILE_INVALID', {
    message: `The list ${path} ${file.fault}.`,
    hint: `${file.fix.replace(/^./, (letter) => letter.toUpperCase())}; it has a line ship,start,end for each range.`,
    cause: file.cause,
  });
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError('Write a number of seconds, for example 0.5.');
}

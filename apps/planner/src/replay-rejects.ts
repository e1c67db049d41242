import { systemHost } from '@drover/config';
import { DroverError, type GivenChunk, type ReplayPart } from '@drover/core';
import { openDrover } from '@drover/worker';
import { withCommandLog } from './command-log.ts';
import { viewMigration } from './migration-context.ts';
import type { IntervalOption } from './options.ts';
import { note, print, printJson } from './print.ts';
import { type RejectOptions, rejectsOf } from './reject-filter.ts';
import { startGivenRun } from './start-given-run.ts';
import { openStatistics, type StatisticsOptions } from './statistics-outputs.ts';
import { plural } from './views/plural.ts';
import { watchRun } from './watch-run.ts';

interface ReplayOptions extends RejectOptions, StatisticsOptions {
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

/** Moves the ranges of open rejects again, in a run of its own, with the migration file as it is now. */
export async function replayRejects(options: ReplayOptions): Promise<number> {
  const parts = await replayParts(options);
  const rejects = parts.reduce((sum, part) => sum + part.rejectIds.length, 0);
  const what = `${plural(rejects, 'reject')} in ${plural(parts.length, 'range')}`;
  if (options.dryRun) {
    if (options.json) printJson(parts);
    else print(rejects === 0 ? 'No reject is open.' : `Would be moved again: ${what}.`);
    return 0;
  }
  if (parts.length === 0) {
    print('No reject is open; nothing to replay.');
    return 0;
  }
  note(`drover: moving again ${what}.`);
  return withCommandLog('replay', options.logs, async (log) => {
    await using drover = await openDrover({ file: options.file, log });
    const statistics = openStatistics(drover.loaded, options);
    const chunks: GivenChunk[] = parts.map((part) => ({ ...part, parentId: null }));
    const run = await startGivenRun(drover, { chunks, takenOver: [], restMs: 0 });
    log.info('replay started', { run: run.id, rejects, chunks: chunks.length });
    return await watchRun(drover, run, { ...options, statistics, host: systemHost });
  });
}

async function replayParts(options: ReplayOptions): Promise<readonly ReplayPart[]> {
  await using view = await viewMigration(options.file);
  const { selections, kind } = view.pipeline;
  if (selections === undefined) {
    throw new DroverError('FILE_INVALID', {
      message: `Rejects of the pipeline ${kind} cannot be moved alone.`,
      hint: 'Start `drover run` again: it moves everything anew.',
    });
  }
  const rejects = [];
  for await (const reject of rejectsOf(view, options)) rejects.push(reject);
  return selections.replay(rejects);
}

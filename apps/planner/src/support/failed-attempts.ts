import type { AttemptRecord, Ledger, Run } from '@drover/core';
import { isFailure, readParked } from '@drover/engine';
import { count, duration } from '@drover/telemetry';
import { parkedText } from '../views/parked-text.ts';
import { plural } from '../views/plural.ts';
import { newestOfKinds } from './runs.ts';
import type { Section } from './section.ts';

/** How many are shown of each. */
const MOST = 50;

const PAGE = 5000;

export const failedAttemptsSection: Section = {
  title: 'Failed attempts',
  holds: `the last ${MOST} of the newest runs: who, when, how far, why`,
  async fill(context) {
    const { ledger, migration } = context.record();
    const { pipeline } = context.view();
    const runs = newestOfKinds(await ledger.runs({ migrationId: migration.id }));
    const failed = (await Promise.all(runs.map((run) => failedAttempts(ledger, run)))).flat();
    const last = failed.sort((a, b) => b.id - a.id).slice(0, MOST);
    return {
      summary: last.length === MOST ? `the last ${MOST}` : String(last.length),
      text:
        last.length === 0
          ? 'No attempt failed.'
          : last.map((one) => attemptText(one, pipeline.describe(one.range))).join('\n\n'),
    };
  },
};

export const parkedSection: Section = {
  title: 'Parked chunks',
  holds: `the first ${MOST} of all runs, and why they were parked`,
  async fill(context) {
    const { ledger, migration } = context.record();
    const parked = await readParked(ledger, migration.id, null);
    const more = parked.length > MOST ? `Of ${count(parked.length)} the first ${MOST}.\n\n` : '';
    return {
      summary: count(parked.length),
      text:
        parked.length === 0
          ? 'No chunk is parked.'
          : `${more}${parkedText(parked.slice(0, MOST), context.view().pipeline).trimEnd()}`,
    };
  },
};

/** The last ones of a run, oldest first. */
async function failedAttempts(ledger: Ledger, run: Run): Promise<readonly AttemptRecord[]> {
  const { outcomes } = await ledger.attempts(run.id);
  // Most runs have none, and reading through a million attempts to learn that takes its time.
  if (!outcomes.some(isFailure)) return [];
  let last: readonly AttemptRecord[] = [];
  let after = 0;
  for (;;) {
    const page = await ledger.attemptRecords({ runId: run.id, after, limit: PAGE });
    last = [...last, ...page.filter(isFailure)].slice(-MOST);
    const end = page.at(-1);
    if (end === undefined || page.length < PAGE) return last;
    after = end.id;
  }
}

function attemptText(attempt: AttemptRecord, range: string): string {
  const { startedAtMs, endedAtMs, rows, errorText } = attempt;
  const took = endedAtMs === null ? '' : `, took ${duration(endedAtMs - startedAtMs)}`;
  const read = rows === null ? '' : `, ${plural(rows, 'row')} read`;
  return [
    `chunk ${attempt.chunkId} (${attempt.phase}): ${range}`,
    `  ${attempt.outcome}: ${attempt.errorCode ?? 'its worker was lost'}; generation ${attempt.generation}, attempt ${attempt.id}`,
    `  on ${attempt.host}:${attempt.pid} (worker ${attempt.workerId}) at ${new Date(startedAtMs).toISOString()}${took}${read}`,
    ...(errorText === null ? [] : [`  ${errorText.replaceAll('\n', '\n  ')}`]),
  ].join('\n');
}

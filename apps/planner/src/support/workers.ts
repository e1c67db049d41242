import type { WorkerRecord } from '@drover/core';
import { bytes, count, duration, table } from '@drover/telemetry';
import { heldText } from '../views/throttle-text.ts';
import type { Section } from './section.ts';

const MOST_CUTOFFS = 200;

export const workersSection: Section = {
  title: 'Workers',
  holds: 'those seen within the last hour, what they do and what they wait for',
  async fill(context) {
    const { ledger, migration } = context.record();
    const [workers, load] = await Promise.all([
      ledger.workers(migration.id),
      ledger.load(migration.id),
    ]);
    return {
      summary: String(workers.length),
      text: [
        ...(workers.length === 0
          ? ['No worker was seen within the last hour.']
          : workersText(workers)),
        '',
        `limits set while it runs: ${JSON.stringify(load.settings)}`,
        heldText(load.held),
      ].join('\n'),
    };
  },
};

export const cutoffsSection: Section = {
  title: 'Cutoffs',
  holds: 'where backfill ends',
  async fill(context) {
    const { ledger, migration } = context.record();
    const cutoffs = [...(await ledger.cutoffs(migration.id))];
    const more =
      cutoffs.length > MOST_CUTOFFS ? `\nand ${count(cutoffs.length - MOST_CUTOFFS)} more` : '';
    return {
      summary: count(cutoffs.length),
      text:
        cutoffs.length === 0
          ? 'There are none.'
          : `${table(['of', 'cutoff'], cutoffs.slice(0, MOST_CUTOFFS))}${more}`,
    };
  },
};

function workersText(workers: readonly WorkerRecord[]): readonly string[] {
  return [
    table(
      [
        'worker',
        'seen',
        'memory',
        'heap',
        'loop delay',
        'connections',
        'concurrency',
        'in hand',
        'id',
      ],
      workers.map((one) => [
        nameOf(one),
        `${duration(one.seenMsAgo)} ago`,
        bytes(one.rssBytes),
        one.health === null ? '' : bytes(one.health.heapUsedBytes),
        one.health === null ? '' : duration(one.health.loopDelayMs.max),
        count(one.connections),
        count(one.concurrency),
        count(one.activity.length),
        one.id,
      ]),
    ),
    ...workers.flatMap((worker) => [
      ...worker.waitsFor.map(
        ({ store, code, reason }) => `${nameOf(worker)} waits for the ${store}: ${code}: ${reason}`,
      ),
      ...worker.activity.map(
        (one) =>
          `${nameOf(worker)} has run ${one.runId}, chunk ${one.chunkId} (${one.phase}) for ${duration(one.elapsedMs)}, ${count(one.rows)} rows: ${one.label}`,
      ),
    ]),
  ];
}

function nameOf({ host, pid }: WorkerRecord): string {
  return `${host}:${pid}`;
}

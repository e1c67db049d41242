import type { AttemptRecord, Ledger, Pipeline } from '@drover/core';
import { stringify } from 'csv-stringify/sync';

const PAGE = 5000;

const COLUMNS = [
  ...['attempt', 'chunk', 'phase', 'stream', 'range', 'generation', 'worker', 'host', 'pid'],
  ...['started', 'ended', 'outcome', 'error', 'error_text', 'rows', 'bytes'],
];

/** Every attempt of a run, in the order in which they began, with a header line. */
export async function attemptsCsv(
  ledger: Ledger,
  pipeline: Pick<Pipeline, 'describe'>,
  runId: number,
): Promise<{ readonly text: string; readonly count: number }> {
  const pieces = [stringify([COLUMNS])];
  let count = 0;
  for (let after = 0; ; ) {
    const page = await ledger.attemptRecords({ runId, after, limit: PAGE });
    const last = page.at(-1);
    if (last === undefined) break;
    pieces.push(stringify(page.map((attempt) => fields(attempt, pipeline))));
    count += page.length;
    after = last.id;
  }
  return { text: pieces.join(''), count };
}

function fields(attempt: AttemptRecord, pipeline: Pick<Pipeline, 'describe'>) {
  const { id, chunkId, phase, stream, range, generation, workerId, host, pid } = attempt;
  const moment = (ms: number | null) => (ms === null ? '' : new Date(ms).toISOString());
  return [
    ...[id, chunkId, phase, stream, pipeline.describe(range), generation, workerId, host, pid],
    ...[moment(attempt.startedAtMs), moment(attempt.endedAtMs), attempt.outcome],
    ...[attempt.errorCode, attempt.errorText, attempt.rows, attempt.bytes],
  ];
}

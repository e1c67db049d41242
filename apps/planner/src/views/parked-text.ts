import { type AttemptRecord, ERROR_TABLE, type Pipeline } from '@drover/core';
import type { ParkedInRun } from '@drover/engine';
import { count, duration, table } from '@drover/telemetry';
import { plural } from './plural.ts';

type Describer = Pick<Pipeline, 'describe'>;

/** Parked chunks by run, each with what happened and what to do. Lines, not a table: errors are long. */
export function parkedText(parked: readonly ParkedInRun[], pipeline: Describer): string {
  const runs = [...new Set(parked.map(({ run }) => run.id))];
  return runs
    .flatMap((id) => {
      const mine = parked.filter(({ run }) => run.id === id);
      return [
        `Run ${id} has ${plural(mine.length, 'parked chunk')}:`,
        '',
        ...mine.map((one) => parkedChunkText(one, pipeline)),
      ];
    })
    .join('\n');
}

export function parkedChunkText({ chunk }: ParkedInRun, pipeline: Describer): string {
  const { errorCode } = chunk;
  const hint = errorCode === null ? '' : ERROR_TABLE[errorCode].hint;
  return [
    `chunk ${chunk.id} (${chunk.phase}): ${pipeline.describe(chunk.range)}`,
    `  ${errorCode ?? 'no error'} after ${plural(chunk.attempts, 'attempt')}, parked at ${new Date(chunk.parkedAtMs).toISOString()}`,
    ...(chunk.errorText === null ? [] : [`  ${chunk.errorText.replaceAll('\n', '\n  ')}`]),
    ...(hint === '' ? [] : [`  What to do: ${hint}`]),
    '',
  ].join('\n');
}

/** Every attempt, one a line: when, where, how far it came and how it ended. */
export function attemptsText(attempts: readonly AttemptRecord[]): string {
  return table(
    ['started', 'took', 'worker', 'rows', 'ended', 'error'],
    attempts.map((one) => [
      new Date(one.startedAtMs).toISOString(),
      one.endedAtMs === null ? '' : duration(one.endedAtMs - one.startedAtMs),
      `${one.host}:${one.pid}`,
      one.rows === null ? '' : count(one.rows),
      one.outcome,
      one.errorCode ?? '',
    ]),
  );
}

import { DroverError, toDroverError } from '@drover/core';
import { duration } from '@drover/telemetry';

/** A thing that was tried: what came of it, or why nothing did. */
export type Outcome<T> = { readonly value: T } | Failure;

interface Failure {
  readonly error: DroverError;
  /** It was given up, and may still go on. */
  readonly late: boolean;
}

/** @param limitMs what takes longer is given up: a server that is silent does not keep the others waiting. */
export async function attempt<T>(limitMs: number, work: () => Promise<T> | T): Promise<Outcome<T>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Failure>((resolve) => {
    timer = setTimeout(() => resolve({ error: silence(limitMs), late: true }), limitMs);
  });
  const done = (async () => ({ value: await work() }))().catch((error: unknown) => ({
    error: toDroverError(error),
    late: false,
  }));
  const outcome = await Promise.race([done, late]);
  clearTimeout(timer);
  return outcome;
}

/** @throws DroverError what went wrong. */
export function needed<T>(outcome: Outcome<T>): T {
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}

function silence(limitMs: number): DroverError {
  return new DroverError('CONNECTION_LOST', {
    message: `There was no answer within ${duration(limitMs)}.`,
    hint: 'Look whether the server is busy, frozen, or behind a firewall that drops what is sent.',
  });
}

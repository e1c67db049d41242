import { type DroverError, ERROR_TABLE, Stopped, type StopReason } from '@drover/core';

/** What becomes of an attempt that did not settle. The one place where that is decided. */
export type Decision =
  /** Tried again after a pause; burns an attempt. */
  | { readonly kind: 'retry'; readonly pauseMs: number }
  /** Back to the plan without burning an attempt. */
  | { readonly kind: 'handBack'; readonly pauseMs: number; readonly reason: string }
  /** Halved first, or where that is not possible, tried again. */
  | { readonly kind: 'split'; readonly otherwise: Decision }
  | { readonly kind: 'park' }
  /** Handed back, and the whole run stops. */
  | { readonly kind: 'abort' }
  /** Somebody else has the chunk: nothing is left to do. */
  | { readonly kind: 'drop' };

export interface AttemptLimits {
  readonly max: number;
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

/** Pause before a chunk that was put off is offered again. */
const DEFER_PAUSE_MS = 5_000;

function decideStop(reason: StopReason): Decision {
  return reason === 'fenced' ? { kind: 'drop' } : { kind: 'handBack', pauseMs: 0, reason };
}

/**
 * @param burnt attempts burnt before this one.
 * @param random in [0, 1): spreads pauses between half and the whole of their length.
 */
function decideError(
  error: DroverError,
  attempt: { burnt: number; limits: AttemptLimits; random: number },
): Decision {
  const { policy, splits } = ERROR_TABLE[error.code];
  if (policy === 'abort') return { kind: 'abort' };
  if (policy === 'park') return { kind: 'park' };
  if (policy === 'defer') {
    const pauseMs = spread(DEFER_PAUSE_MS, attempt.random);
    return { kind: 'handBack', pauseMs, reason: 'deferred' };
  }
  const again = retryOrPark(attempt);
  return splits === true ? { kind: 'split', otherwise: again } : again;
}

export function decide(
  error: DroverError | Stopped,
  attempt: { burnt: number; limits: AttemptLimits; random: number },
): Decision {
  return error instanceof Stopped ? decideStop(error.reason) : decideError(error, attempt);
}

function retryOrPark(attempt: { burnt: number; limits: AttemptLimits; random: number }): Decision {
  const { burnt, limits } = attempt;
  if (burnt + 1 >= limits.max) return { kind: 'park' };
  const pauseMs = Math.min(limits.longestPauseMs, limits.firstPauseMs * 2 ** burnt);
  return { kind: 'retry', pauseMs: spread(pauseMs, attempt.random) };
}

function spread(pauseMs: number, random: number): number {
  return Math.round(pauseMs * (0.5 + random / 2));
}

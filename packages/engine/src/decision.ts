import { type DroverError, ERROR_TABLE, Stopped, type StopReason } from '@drover/core';
import { growingPause, spread } from './growing-pause.ts';

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

/** What is known of an attempt that did not settle. */
export interface EndedAttempt {
  /** Attempts burnt before this one. */
  readonly burnt: number;
  /** Whether a store was found to be away when the attempt had failed. */
  readonly storeAway: boolean;
  /** Attempts at the chunk before this one that ended because a store went away. */
  readonly outages: number;
  readonly limits: AttemptLimits;
  /** In [0, 1): spreads pauses between half and the whole of their length. */
  readonly random: number;
}

/**
 * A chunk in whose middle a store went away so often is taken for the one that brings it down: from then on
 * its attempts are burnt.
 */
const MAX_OUTAGES = 20;

/** Pause before a chunk that was put off is offered again. */
const DEFER_PAUSE_MS = 5_000;

function decideStop(reason: StopReason): Decision {
  return reason === 'fenced' ? { kind: 'drop' } : { kind: 'handBack', pauseMs: 0, reason };
}

function decideError(error: DroverError, attempt: EndedAttempt): Decision {
  const { policy, splits } = ERROR_TABLE[error.code];
  if (attempt.storeAway && attempt.outages < MAX_OUTAGES) {
    return { kind: 'handBack', pauseMs: 0, reason: 'waiting' };
  }
  if (policy === 'abort') return { kind: 'abort' };
  if (policy === 'park') return { kind: 'park' };
  if (policy === 'defer') {
    const pauseMs = spread(DEFER_PAUSE_MS, attempt.random);
    return { kind: 'handBack', pauseMs, reason: 'deferred' };
  }
  const again = retryOrPark(attempt);
  return splits === true ? { kind: 'split', otherwise: again } : again;
}

export function decide(error: DroverError | Stopped, attempt: EndedAttempt): Decision {
  return error instanceof Stopped ? decideStop(error.reason) : decideError(error, attempt);
}

function retryOrPark({ burnt, limits, random }: EndedAttempt): Decision {
  if (burnt + 1 >= limits.max) return { kind: 'park' };
  return { kind: 'retry', pauseMs: growingPause({ times: burnt, random, ...limits }) };
}

import { DroverError } from './drover-error.ts';
import type { ErrorCode } from './error-code.ts';

/** A store that cannot be reached, and so is waited for. */
export interface Outage {
  /** `source`, `target`, `ledger` or `queue`. */
  readonly store: string;
  readonly code: ErrorCode;
  /** What the store's edge said: names and places, no secrets. */
  readonly reason: string;
}

/** Errors that can mean that a store is away, rather than that something is wrong with one chunk. */
const OUTAGE_CODES: ReadonlySet<ErrorCode> = new Set([
  'CONNECTION_LOST',
  'SERVER_UNAVAILABLE',
  'TOO_MANY_CONNECTIONS',
  'QUEUE_UNAVAILABLE',
]);

/** Whether a store may be away; only asking it tells. */
export function hintsAtOutage(error: unknown): error is DroverError {
  return error instanceof DroverError && OUTAGE_CODES.has(error.code);
}

import { ERROR_TABLE, type ErrorCode, type ErrorPolicy } from './error-code.ts';
import type { JsonObject } from './json.ts';

interface DroverErrorParts {
  /** What happened and where. Never a value of a row, never a secret. */
  readonly message?: string;
  /** What to do; the hint of the code's own where absent. */
  readonly hint?: string;
  /** Names only: tables, columns, SQLSTATE, lines. */
  readonly context?: JsonObject;
  readonly cause?: unknown;
}

/** The one error class: classified once, at the edge of the store that raised it. */
export class DroverError extends Error {
  override readonly name = 'DroverError';
  readonly code: ErrorCode;
  readonly hint: string;
  readonly context: JsonObject;

  constructor(code: ErrorCode, parts: DroverErrorParts = {}) {
    super(
      parts.message ?? ERROR_TABLE[code].meaning,
      parts.cause === undefined ? undefined : { cause: parts.cause },
    );
    this.code = code;
    this.hint = parts.hint ?? ERROR_TABLE[code].hint;
    this.context = parts.context ?? {};
  }

  get policy(): ErrorPolicy {
    return ERROR_TABLE[this.code].policy;
  }
}

/** Anything thrown, as a classified error; what no store recognised is UNKNOWN. */
export function toDroverError(error: unknown): DroverError {
  if (error instanceof DroverError) return error;
  const kind = error instanceof Error ? error.name : typeof error;
  return new DroverError('UNKNOWN', { message: `Unexpected ${kind}.`, cause: error });
}

/** Why an attempt was stopped. Stopping is not an error: the chunk is handed back, nothing is burnt. */
export type StopReason =
  | 'shutdown'
  | 'paused'
  | 'cancelled'
  | 'run-ended'
  | 'held'
  | 'lease-lost'
  | 'fenced';

/** Thrown by whoever notices; also the reason on an attempt's AbortSignal. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
  readonly reason: StopReason;

  constructor(reason: StopReason) {
    super(`stopped: ${reason}`);
    this.reason = reason;
  }
}

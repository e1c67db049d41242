/** The life of a run, as an exhaustive table like that of the chunk. */
export const RUN_STATES = ['running', 'paused', 'failed', 'cancelled', 'done'] as const;

export type RunState = (typeof RUN_STATES)[number];

export const RUN_EVENTS = ['pause', 'resume', 'abort', 'cancel', 'finish', 'reopen'] as const;

export type RunEvent = (typeof RUN_EVENTS)[number];

export const RUN_TRANSITIONS: Record<RunState, Record<RunEvent, RunState | null>> = {
  running: {
    pause: 'paused',
    resume: null,
    abort: 'failed',
    cancel: 'cancelled',
    finish: 'done',
    reopen: null,
  },
  paused: {
    pause: null,
    resume: 'running',
    abort: 'failed',
    cancel: 'cancelled',
    finish: null,
    reopen: null,
  },
  failed: {
    pause: null,
    resume: 'running',
    abort: null,
    cancel: 'cancelled',
    finish: null,
    reopen: null,
  },
  cancelled: {
    pause: null,
    resume: null,
    abort: null,
    cancel: null,
    finish: null,
    reopen: null,
  },
  done: {
    pause: null,
    resume: null,
    abort: null,
    cancel: null,
    finish: null,
    reopen: 'running',
  },
};

export const RUN_STATE_MEANING: Record<RunState, string> = {
  running: 'Chunks are planned, fed, moved and settled.',
  paused: 'Nothing new is started; attempts in hand finish.',
  failed: 'An error that concerns every chunk stopped it; `drover resume` goes on from there.',
  cancelled: 'Given up by a person; what was moved stays.',
  done: 'Every phase is over. Parked chunks, rejects and differences may remain: see the report.',
};

export const RUN_EVENT_MEANING: Record<RunEvent, string> = {
  pause: '`drover pause`',
  resume: '`drover resume`',
  abort: 'an error whose policy is abort',
  cancel: '`drover cancel`',
  finish: 'the last phase closed',
  reopen: 'parked chunks of it are tried again: `drover reprocess`',
};

export function runStatesAllowing(event: RunEvent): RunState[] {
  return RUN_STATES.filter((state) => RUN_TRANSITIONS[state][event] !== null);
}

/** A run in one of these states is the migration's unfinished run; there is at most one. */
export const UNFINISHED_RUN_STATES: readonly RunState[] = ['running', 'paused', 'failed'];

/**
 * The parts of a run, in order. Each is made of chunks, so that the longest work is retried,
 * resumed and spread over workers like any other.
 */
export const PHASES = ['prepare', 'data', 'finish', 'verify'] as const;

export type Phase = (typeof PHASES)[number];

/**
 * - `full`: moves what the migration file says.
 * - `verification`: compares what earlier runs moved.
 * - `reprocess`: moves ranges that a person named, or those of rejects that are replayed.
 * - `incremental`: moves what has changed since the watermarks.
 */
export const RUN_KINDS = ['full', 'verification', 'reprocess', 'incremental'] as const;

export type RunKind = (typeof RUN_KINDS)[number];

/**
 * The life of a chunk. The table below is the only place that says which event may happen in which
 * state; the ledger builds the `where state in (...)` of every conditional write from it.
 */
export const CHUNK_STATES = [
  'planned',
  'queued',
  'running',
  'done',
  'split',
  'parked',
  'cancelled',
] as const;

export type ChunkState = (typeof CHUNK_STATES)[number];

export const CHUNK_EVENTS = [
  'feed',
  'redeliver',
  'claim',
  'settle',
  'retry',
  'handBack',
  'split',
  'park',
  'unpark',
  'regenerate',
  'cancel',
] as const;

export type ChunkEvent = (typeof CHUNK_EVENTS)[number];

/** `null` means that the event does not apply: the conditional write loses and nothing changes. */
type Outcome = ChunkState | null;

const never: Record<ChunkEvent, null> = {
  feed: null,
  redeliver: null,
  claim: null,
  settle: null,
  retry: null,
  handBack: null,
  split: null,
  park: null,
  unpark: null,
  regenerate: null,
  cancel: null,
};

/** State by event: every pair is decided, `never` spells out the ones that are refused. */
export const CHUNK_TRANSITIONS: Record<ChunkState, Record<ChunkEvent, Outcome>> = {
  planned: { ...never, feed: 'queued', cancel: 'cancelled' },
  queued: { ...never, redeliver: 'queued', claim: 'running', cancel: 'cancelled' },
  running: {
    ...never,
    redeliver: 'queued',
    claim: 'running',
    settle: 'done',
    retry: 'planned',
    handBack: 'planned',
    split: 'split',
    park: 'parked',
    cancel: 'cancelled',
  },
  done: { ...never, regenerate: 'planned' },
  split: { ...never },
  parked: { ...never, split: 'split', unpark: 'planned', cancel: 'cancelled' },
  cancelled: { ...never },
};

/** What each state means, what enters it and what leaves it; printed into the documentation. */
export const CHUNK_STATE_MEANING: Record<ChunkState, string> = {
  planned: 'Known to the ledger, not yet offered to the queue (or waiting for its next try).',
  queued: 'Offered to the queue under its current delivery number.',
  running: 'Claimed by an attempt that holds the token.',
  done: 'Settled in the ledger in the same transaction as its data.',
  split: 'Replaced by its children; sums go over the leaves.',
  parked: 'Set aside for a person: it is in the dead-letter queue until reprocessed.',
  cancelled: 'Given up by a person, with its run or alone.',
};

export const CHUNK_EVENT_MEANING: Record<ChunkEvent, string> = {
  feed: 'the feeder offers it to the queue',
  redeliver: 'the queue does not know it any more: offered again under a new delivery number',
  claim: 'a delivery takes it and writes a new token, which fences any earlier attempt',
  settle: 'the attempt that holds the token committed its data',
  retry: 'the attempt failed; it is due again after a pause and has burnt one attempt',
  handBack: 'the attempt was stopped or put off; no attempt is burnt',
  split: 'it was too long, or only a part of it is tried again: children take its place',
  park: 'it needs a person, or its attempts are used up',
  unpark: 'a person asked for it to be tried again',
  regenerate: 'its source changed after it was moved: it is moved again as its next generation',
  cancel: 'the run was cancelled, or a person gave the parked chunk up',
};

/** The states in which `event` applies, in table order. */
export function statesAllowing(event: ChunkEvent): ChunkState[] {
  return CHUNK_STATES.filter((state) => CHUNK_TRANSITIONS[state][event] !== null);
}

/** The one state that `event` leads to; the table never sends one event to two states. */
export function stateAfter(event: ChunkEvent): ChunkState {
  for (const state of CHUNK_STATES) {
    const next = CHUNK_TRANSITIONS[state][event];
    if (next !== null) return next;
  }
  throw new TypeError(`no state allows the event ${event}`);
}

/** States in which a chunk still has work to come; a phase is over when none is left. */
export const UNFINISHED_CHUNK_STATES: readonly ChunkState[] = ['planned', 'queued', 'running'];

import type { Json } from './json.ts';
import type { Phase, RunKind } from './run-state.ts';

/** A unit of work before the ledger has given it an id. */
export interface PlannedChunk {
  /** Counted from 0 within its phase. */
  readonly ordinal: number;
  readonly stream: string;
  readonly range: Json;
  /** Estimated source rows, 0 where unknown: a size, not a promise. */
  readonly estimatedRows: number;
  /** The data chunk that a verify chunk verifies. */
  readonly originId: number | null;
}

export interface PipelineChunk {
  readonly id: number;
  readonly phase: Phase;
  readonly stream: string;
  readonly range: Json;
}

/** Grows, from 1, when a chunk is to be moved again although it was moved, or was parked. */
export interface Generation {
  readonly id: number;
  readonly generation: number;
}

/** A chunk that an attempt has claimed. */
export interface ClaimedChunk extends PipelineChunk, Generation {
  /** The chunks whose place it takes, nearest first: attempts at them may have written its range. */
  readonly ancestors: readonly Generation[];
}

/** A data chunk that is done, as planning its verification sees it. */
export interface DataChunk extends PipelineChunk {
  readonly runId: number;
  readonly runKind: RunKind;
  /** A verify chunk for it is planned already. */
  readonly verifyPlanned: boolean;
  readonly estimatedRows: number;
}

/** A chunk that is to take the place of another, or of a range that a person named. */
export type SplitPart = Omit<PlannedChunk, 'ordinal' | 'originId'>;

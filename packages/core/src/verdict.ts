import type { JsonObject } from './json.ts';

export type DifferenceKind = 'missing' | 'extra' | 'different';

/** One value that is not the same on both sides. */
export interface Difference {
  readonly key: JsonObject;
  readonly kind: DifferenceKind;
  /** The source changed after the chunk was moved: not wrong, but not moved yet. */
  readonly stale: boolean;
  readonly source: string | null;
  readonly target: string | null;
}

/** What verifying a chunk found. */
export interface Verdict {
  /** Source rows whose values were compared. */
  readonly compared: number;
  /** Values that differ and that nothing explains. */
  readonly wrong: number;
  /** Values that differ because the source changed after the move. */
  readonly stale: number;
  /** Source rows that are missing in the target because they are rejects on record. */
  readonly explained: number;
  /** The first of the differences, at most as many as the context asked for. */
  readonly differences: readonly Difference[];
}

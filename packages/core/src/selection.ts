import type { SplitPart } from './chunk.ts';
import type { Json, JsonObject } from './json.ts';

/**
 * What a person names in a list of failed ranges: an entity (for a pivot a ship) and a half-open range of
 * its time `[from, to)`. Moments are Postgres' own text, to the microsecond; `null` is an open end.
 */
export interface Selection {
  readonly entity: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** A range cut along a selection. Both lists together cover exactly the range; either may be empty. */
export interface Carving {
  readonly inside: readonly SplitPart[];
  readonly outside: readonly SplitPart[];
}

/** A range that holds rejects, so that moving it again moves their rows. */
export interface ReplayPart extends SplitPart {
  readonly rejectIds: readonly number[];
}

/** How the ranges of a pipeline and the lists of people translate into one another. Pure. */
export interface Selections {
  /** A range as a list names it; empty for one that a list cannot name. */
  of(range: Json): readonly Selection[];
  /** Cuts a range into what the selection names and the rest; a range that no list can name is outside. */
  carve(chunk: SplitPart, selection: readonly Selection[]): Carving;
  /** Chunks that cover exactly what the selection names and none of the ranges does, without overlap. */
  cover(selection: readonly Selection[], without: readonly Json[]): readonly SplitPart[];
  /** The smallest ranges worth a chunk of their own that hold the rejects, by the rejects' keys. */
  replay(
    rejects: readonly { readonly id: number; readonly stream: string; readonly key: JsonObject }[],
  ): readonly ReplayPart[];
}

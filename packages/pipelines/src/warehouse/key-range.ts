/**
 * A half-open range `[from, to)` of a table's key, in the order that the source's own comparison gives it.
 * A bound is a value for each of the first one or more key columns, as the server prints it; null is an open
 * end. A bound shorter than the key stands before every key that begins with it.
 */
export interface KeyRange {
  readonly from: readonly string[] | null;
  readonly to: readonly string[] | null;
}

export const WHOLE_RANGE: KeyRange = { from: null, to: null };

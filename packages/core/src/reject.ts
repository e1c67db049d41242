import type { JsonObject } from './json.ts';

/** A row (or a group of rows that stand or fall together) set aside with its reason. */
export interface Reject {
  /** Names the row: for a pivot the ship, the time, and the channel or the group. */
  readonly key: JsonObject;
  /** The rule it broke, as a stable word, e.g. `format-mismatch`. */
  readonly rule: string;
  /** The column or channel at fault, where there is one. */
  readonly column: string | null;
  readonly reason: string;
  /** How many source rows it covers. */
  readonly rows: number;
  /** The row itself, unless the file says to keep none. */
  readonly row: JsonObject | null;
}

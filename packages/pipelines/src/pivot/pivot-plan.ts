import type { TextPair } from './source-query.ts';

/** A column of one of the chunk's tables. */
interface PivotColumn {
  readonly channel: string;
  /** The value columns, by index, whose values fit; null where any may come, as text. */
  readonly accepts: readonly number[] | null;
}

export interface PivotTable {
  readonly ship: string;
  readonly columns: readonly PivotColumn[];
}

/** A channel of a ship that goes to no table. */
export interface Homeless {
  readonly ship: string;
  readonly channel: string;
  readonly action: 'skip' | 'reject';
}

export interface PivotPlan {
  readonly ships: readonly string[];
  readonly tables: readonly PivotTable[];
  readonly homeless: readonly Homeless[];
  /** Types of the value columns, in their order. */
  readonly valueTypes: readonly string[];
}

export interface PivotOptions {
  readonly duplicates: 'last' | 'first' | 'reject';
  readonly mismatch: 'reject' | 'null';
}

export interface RejectedItem {
  readonly rule: 'homeless' | 'mismatch' | 'duplicate';
  readonly ship: string;
  readonly channel: string;
  /** The time as the source sent it, in binary. */
  readonly time: Buffer;
  /** The table that the value was meant for; null where it has none. */
  readonly table: number | null;
  readonly tag: number;
  readonly value: Buffer;
}

/** A value came in binary for a column of text: these pairs must be asked for as text. */
export class NeedsText extends Error {
  override readonly name = 'NeedsText';
  readonly pairs: readonly TextPair[];

  constructor(pairs: readonly TextPair[]) {
    super('values of another format have come for columns of text');
    this.pairs = pairs;
  }
}

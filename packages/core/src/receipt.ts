import type { Json } from './json.ts';

/** Source rows and what became of them: loaded + rejected + skipped = read. */
export interface Tally {
  /** Rows read from the source. */
  readonly read: number;
  /** Source rows whose content is in the target. */
  readonly loaded: number;
  /** Source rows set aside with a reason. */
  readonly rejected: number;
  /** Source rows that the migration file says to leave out. */
  readonly skipped: number;
  /** Values that the file says to replace by NULL; they count as loaded. */
  readonly nulled: number;
  /** Target rows (or documents) written. */
  readonly written: number;
}

/** The tally of one part of the work, named as a person would: a table, or what went to none. */
export interface PartTally extends Tally {
  readonly part: string;
}

/** What an attempt did. */
export interface Receipt extends Tally {
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly parts: readonly PartTally[];
  /** Where in the source's history it was read; what it is, only the pipeline knows. */
  readonly sourceSnapshot: Json;
}

export const EMPTY_TALLY: Tally = {
  read: 0,
  loaded: 0,
  rejected: 0,
  skipped: 0,
  nulled: 0,
  written: 0,
};

/** Of work that moves no rows. */
export const EMPTY_RECEIPT: Receipt = {
  ...EMPTY_TALLY,
  bytesRead: 0,
  bytesWritten: 0,
  parts: [],
  sourceSnapshot: null,
};

export function addTallies(a: Tally, b: Tally): Tally {
  return {
    read: a.read + b.read,
    loaded: a.loaded + b.loaded,
    rejected: a.rejected + b.rejected,
    skipped: a.skipped + b.skipped,
    nulled: a.nulled + b.nulled,
    written: a.written + b.written,
  };
}

/** The invariant of every chunk, and of every sum over chunks. */
export function isBalanced(tally: Tally): boolean {
  return tally.loaded + tally.rejected + tally.skipped === tally.read;
}

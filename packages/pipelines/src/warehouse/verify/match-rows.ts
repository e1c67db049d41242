import type { DifferenceKind } from '@drover/core';
import { alike, type Copies, type KeyedRows } from './rows.ts';
import type { Subject } from './subject.ts';

/** Rows with one key that one side lacks, or has otherwise. */
export interface RowDifference {
  readonly kind: DifferenceKind;
  /** Exact texts of the key; in a table without a key the row's hash. */
  readonly key: readonly (string | null)[];
  readonly source: Copies | null;
  readonly target: Copies | null;
  /** How many rows it stands for: one, in a table with a key. */
  readonly rows: number;
}

type Remaining = Copies & { copies: number };

/** Compares the rows of both sides as multisets, key by key. */
export function matchRows(
  subject: Subject,
  source: ReadonlyMap<string, KeyedRows>,
  target: ReadonlyMap<string, KeyedRows>,
): RowDifference[] {
  const differences: RowDifference[] = [];
  for (const [name, { key, rows }] of source) {
    differences.push(...matchKey(subject, key, rows, target.get(name)?.rows ?? []));
  }
  for (const [name, { key, rows }] of target) {
    if (!source.has(name)) differences.push(...matchKey(subject, key, [], rows));
  }
  return differences;
}

function* matchKey(
  subject: Subject,
  key: KeyedRows['key'],
  source: readonly Copies[],
  target: readonly Copies[],
): Generator<RowDifference> {
  const ours = source.map((row): Remaining => ({ ...row }));
  const theirs = target.map((row): Remaining => ({ ...row }));
  for (const mine of ours) {
    for (const other of theirs) if (alike(subject, mine, other)) take(mine, other);
  }
  for (const mine of ours) {
    for (const other of theirs) {
      const rows = take(mine, other);
      if (rows > 0) yield { kind: 'different', key, source: mine, target: other, rows };
    }
    if (mine.copies > 0)
      yield { kind: 'missing', key, source: mine, target: null, rows: mine.copies };
  }
  for (const other of theirs) {
    if (other.copies > 0)
      yield { kind: 'extra', key, source: null, target: other, rows: other.copies };
  }
}

/** Sets off as many copies of the one against the other as there are of both. */
function take(a: Remaining, b: Remaining): number {
  const rows = Math.min(a.copies, b.copies);
  a.copies -= rows;
  b.copies -= rows;
  return rows;
}

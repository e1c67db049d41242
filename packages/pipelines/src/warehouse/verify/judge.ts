import type { Difference, JsonObject, MovedRecord, Reject, Verdict } from '@drover/core';
import { fullTransactionId, visibleIn } from '../../pivot/stale.ts';
import { REFUSED_RULE } from '../refused-rows.ts';
import type { Described } from './describe-differences.ts';
import type { RowDifference } from './match-rows.ts';
import type { Subject } from './subject.ts';

interface Shown {
  readonly difference: Difference;
  readonly isExtra: boolean;
}

/** Decides what differences mean, by what the ledger has on record of the move. Counts rows. */
export class Judge {
  readonly #subject: Subject;
  readonly #moved: MovedRecord;
  readonly #nowSnapshot: string;
  readonly #snapshots: readonly string[];
  /** Keys of rows on record as rejects. */
  readonly #rejected: ReadonlySet<string>;
  readonly #shown: Shown[] = [];
  /**
   * Rows on record as rejects of a table without a key that no missing row was set against yet: by rules of the
   * migration, and by the target's own word.
   */
  #ruledLeft: number;
  #refusedLeft: number;
  #wrong = 0;
  #stale = 0;
  #explained = 0;
  #extra = 0;

  /** @param nowSnapshot of the source, taken with the differences. */
  constructor(subject: Subject, moved: MovedRecord, nowSnapshot: string) {
    this.#subject = subject;
    this.#moved = moved;
    this.#nowSnapshot = nowSnapshot;
    this.#snapshots = moved.receipts.flatMap(({ sourceSnapshot }) => snapshotOf(sourceSnapshot));
    this.#rejected = new Set(moved.rejects.map(({ key }) => this.#name(key)));
    const rowsOf = (rejects: readonly Reject[]) => rejects.reduce((sum, { rows }) => sum + rows, 0);
    this.#refusedLeft = rowsOf(moved.rejects.filter(({ rule }) => rule === REFUSED_RULE));
    this.#ruledLeft = rowsOf(moved.rejects) - this.#refusedLeft;
  }

  /** How many differences are shown so far. */
  get shown(): number {
    return this.#shown.length;
  }

  /** @returns whether the difference is one to show. */
  count(row: RowDifference): boolean {
    if (this.#isExplained(row)) {
      this.#explained += row.rows;
      return false;
    }
    if (row.kind === 'extra') this.#extra += row.rows;
    else if (this.#isStale(row)) this.#stale += row.rows;
    else this.#wrong += row.rows;
    return true;
  }

  /** Parts that differ, of which nothing else is known: one row each, at least. */
  countUnread(parts: number): void {
    this.#wrong += parts;
  }

  show(row: RowDifference, described: readonly Described[]): void {
    const isExtra = row.kind === 'extra';
    const stale = !isExtra && this.#isStale(row);
    for (const one of described) this.#shown.push({ difference: { ...one, stale }, isExtra });
  }

  /**
   * What only the target has cannot be told apart by itself, as the source no longer knows when it lost a row.
   * It is stale where the rest proves it: every row that the source has not touched since the move is in the
   * target as it was, and the target holds exactly as many rows as were written, so that none can have come
   * from elsewhere. Otherwise it is wrong.
   */
  verdict(rows: { source: number; target: number }, maxDifferences: number): Verdict {
    const written = this.#moved.receipts.reduce((sum, receipt) => sum + receipt.written, 0);
    const deleted = this.#snapshots.length > 0 && this.#wrong === 0 && written === rows.target;
    return {
      compared: rows.source,
      wrong: this.#wrong + (deleted ? 0 : this.#extra),
      stale: this.#stale + (deleted ? this.#extra : 0),
      explained: this.#explained,
      differences: this.#shown
        .slice(0, maxDifferences)
        .map(({ difference, isExtra }) =>
          isExtra ? { ...difference, stale: deleted } : difference,
        ),
    };
  }

  /**
   * A row that the target lacks, and that was set aside. In a table without a key, a row that a rule of the
   * migration sets aside, of as many as there are on record; of others as many as the target has refused.
   */
  #isExplained({ kind, source, rows }: RowDifference): boolean {
    if (kind !== 'missing' || source === null) return false;
    const { exact, keyLength } = this.#subject;
    if (keyLength > 0) {
      const columns = exact.slice(0, keyLength).map((column) => column.source.name);
      return this.#rejected.has(
        JSON.stringify(columns.map((_, at) => source.printedKey[at] ?? null)),
      );
    }
    if (source.misfit) {
      if (this.#ruledLeft < rows) return false;
      this.#ruledLeft -= rows;
      return true;
    }
    if (this.#refusedLeft < rows) return false;
    this.#refusedLeft -= rows;
    return true;
  }

  /**
   * The source's row was written after every snapshot that the receipts tell of: it is not known which of
   * them held the row.
   */
  #isStale({ source }: RowDifference): boolean {
    if (source === null || source.xmin === '' || this.#snapshots.length === 0) return false;
    const transaction = fullTransactionId(source.xmin, this.#nowSnapshot);
    return this.#snapshots.every((snapshot) => !visibleIn(snapshot, transaction));
  }

  #name(key: JsonObject): string {
    const { exact, keyLength } = this.#subject;
    return JSON.stringify(
      exact.slice(0, keyLength).map((column) => key[column.source.name] ?? null),
    );
  }
}

/** Receipts of this pipeline hold an object with the snapshot's text. */
function snapshotOf(receipt: unknown): string[] {
  if (typeof receipt !== 'object' || receipt === null || !('snapshot' in receipt)) return [];
  return typeof receipt.snapshot === 'string' ? [receipt.snapshot] : [];
}

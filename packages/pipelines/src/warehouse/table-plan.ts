import type { SourceColumn, SourceTable } from './source-table.ts';

/** What is done with a value that its column in the target cannot hold. */
export type MisfitPolicy = 'reject' | 'null' | 'clamp' | 'truncate';

/** Which values do not fit. */
export interface Misfit {
  /** SQL over the source row `s`, true for values that do not fit; never NULL. */
  readonly condition: string;
  /** A stable word, e.g. `date-out-of-range`. */
  readonly rule: string;
  /** For a person, without the value. */
  readonly reason: string;
  /** Loads are strict: the target refuses such a value by itself, and nothing is lost where nobody looks first. */
  readonly refusedByTarget?: true;
}

/** The same text of a value in both databases, so that digests of it can be compared. */
interface Canonical {
  /** SQL over the source row `s`, after the agreed conversion; NULL for NULL. */
  readonly source: string;
  /** SQL over the target row `t`; NULL for NULL. */
  readonly target: string;
}

/** How one column travels. */
export interface ColumnPlan {
  readonly source: SourceColumn;
  /** Name in the target. */
  readonly name: string;
  /** As Doris' DDL has it, e.g. `VARCHAR(1020)`. */
  readonly type: string;
  readonly isKey: boolean;
  readonly nullable: boolean;
  /** SQL over the source row `s` that COPY prints; an agreed conversion is in it. */
  readonly value: string;
  /** What is rejected; empty where every value fits or is converted as agreed. */
  readonly misfits: readonly Misfit[];
  /** null where the two sides have no common exact text, e.g. floats in some versions. */
  readonly canonical: Canonical | null;
}

/** How one table travels. */
export interface TablePlan {
  readonly source: SourceTable;
  /** Unique among the tables of a migration and stable: `schema.name` of the source. */
  readonly stream: string;
  readonly database: string;
  readonly table: string;
  /** In the order of the target: key columns first, in the order of the key. */
  readonly columns: readonly ColumnPlan[];
  /** Column plans of the key, in its order; empty for a table that has none in the target. */
  readonly key: readonly ColumnPlan[];
  /**
   * Whether ranges of the key are the same rows in both databases: no text that the source compares
   * otherwise than by bytes.
   */
  readonly sameOrder: boolean;
  /** Condition of the migration file, true for rows that count as deleted; null: all rows count. */
  readonly deletedWhen: string | null;
}

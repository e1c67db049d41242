import { identifier } from '@drover/postgres';
import { misfitsOf } from './misfit.ts';
import { relationOf } from './source-table.ts';
import type { ColumnPlan, TablePlan } from './table-plan.ts';

/** SQLSTATE of the division by zero with which the source stops at a row that does not fit. */
export const MISFIT_STATE = '22012';

/** Name of the column of a load that says whether a row counts as deleted. */
export const DELETED_COLUMN = 'drover_deleted';

/**
 * Exactly what Doris reads as it was written, in all versions: every value in quotes, NULL without, quotes and
 * backslashes escaped by a backslash, so that no two quotes follow one another.
 */
const FORMAT = `format csv, delimiter ',', quote '"', escape '\\', null '\\N', force_quote *, encoding 'UTF8'`;

export interface CopyWish {
  /** SQL that gives rows `s`; by default the table. */
  readonly from?: string;
  /** SQL over `s`; null: all rows. */
  readonly where: string | null;
  /**
   * What is done about rows that do not fit: `stop` at the first, by an error of state MISFIT_STATE, but for those
   * that the target refuses by itself; or `leave` all out, to be told apart by a query of their own.
   */
  readonly misfits: 'stop' | 'leave';
  /** Only these columns; by default all of the plan. */
  readonly columns?: readonly ColumnPlan[];
  /** SQL over `s`: whether the row counts as deleted. Sent as one more column. */
  readonly deletedWhen?: string;
}

/** `COPY ... TO STDOUT` of rows as the target loads them. */
export function copyStatement(plan: TablePlan, wish: CopyWish): string {
  const { where, deletedWhen, columns = plan.columns } = wish;
  const values = [
    ...columns.map(({ value }) => value),
    ...(deletedWhen === undefined ? [] : [`(case when ${deletedWhen} then 1 else 0 end)`]),
  ];
  const conditions = [
    ...(where === null ? [] : [`(${where})`]),
    ...guard(plan, columns, wish.misfits),
  ];
  const select = [
    `select ${values.join(', ')}`,
    `from ${wish.from ?? `${relationOf(plan.source)} s`}`,
    ...(conditions.length === 0 ? [] : [`where ${conditions.join(' and ')}`]),
  ].join(' ');
  return `copy (${select}) to stdout with (${FORMAT})`;
}

/**
 * SQL over `s`: true for rows in which one of the columns does not fit, never NULL; null where all fit. Without
 * `all` only what the target would not refuse by itself.
 */
export function misfitCondition(
  plan: TablePlan,
  columns: readonly ColumnPlan[],
  all = true,
): string | null {
  const conditions = misfitsOf(plan)
    .filter(({ column }) => columns.includes(column))
    .filter(({ refusedByTarget }) => all || refusedByTarget !== true)
    .map(({ condition }) => `(${condition})`);
  return conditions.length === 0 ? null : conditions.join(' or ');
}

function guard(
  plan: TablePlan,
  columns: readonly ColumnPlan[],
  misfits: CopyWish['misfits'],
): readonly string[] {
  const misfit = misfitCondition(plan, columns, misfits === 'leave');
  const [first] = columns;
  if (misfit === null || first === undefined) return [];
  if (misfits === 'leave') return [`not (${misfit})`];
  // Never true, and not to be computed before a row is there: a constant would fail the plan.
  const column = `s.${identifier(first.source.name)}`;
  return [
    `case when ${misfit} then 1 / (${column} is null and ${column} is not null)::int = 0 else true end`,
  ];
}

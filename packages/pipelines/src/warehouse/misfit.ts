import type { ColumnPlan, Misfit, TablePlan } from './table-plan.ts';

/** A rule, and the column that may break it. */
export interface ColumnMisfit extends Misfit {
  readonly column: ColumnPlan;
}

/** Every rule that a row of the table may break, in the order in which they are looked at. */
export function misfitsOf(plan: TablePlan): ColumnMisfit[] {
  return plan.columns.flatMap((column) => column.misfits.map((misfit) => ({ ...misfit, column })));
}

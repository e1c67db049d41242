import type { SqlRow } from '@drover/core';

import { type ColumnMisfit, misfitsOf } from './misfit.ts';
import { relationOf } from './source-table.ts';
import type { TablePlan } from './table-plan.ts';

export interface MisfitCounts {
  /** That were looked at. */
  readonly rows: bigint;
  /** Rules that some row breaks; a row that breaks several counts in each. */
  readonly broken: readonly { readonly misfit: ColumnMisfit; readonly rows: bigint }[];
}

/**
 * Counts the rows that break each rule, in one pass.
 * @param options.samplePercent reads that share of the pages only, where the table has any; by default all.
 * @returns null where no row can break one.
 */
export function misfitCountQuery(
  plan: TablePlan,
  options: { samplePercent?: number } = {},
): string | null {
  const misfits = misfitsOf(plan);
  if (misfits.length === 0) return null;
  const { kind } = plan.source;
  const sampled =
    options.samplePercent !== undefined && kind !== 'view' && kind !== 'foreign table';
  // In an array, as a wide table has more rules than a query can have columns.
  return [
    'select count(*) as rows,',
    `array[${misfits.map(({ condition }) => `count(*) filter (where ${condition})`).join(', ')}]::text as counts`,
    `from ${relationOf(plan.source)} s`,
    sampled ? `tablesample system (${options.samplePercent})` : '',
  ].join(' ');
}

/** What a query of `misfitCountQuery` answered. */
export function readMisfitCounts(plan: TablePlan, row: SqlRow): MisfitCounts {
  const counts = (row['counts'] ?? '{}').slice(1, -1).split(',').map(BigInt);
  return {
    rows: BigInt(row['rows'] ?? 0),
    broken: misfitsOf(plan)
      .map((misfit, index) => ({ misfit, rows: counts[index] ?? 0n }))
      .filter(({ rows }) => rows > 0n),
  };
}

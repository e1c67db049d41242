import { DroverError } from '@drover/core';
import type { ColumnPlan, TablePlan } from '../table-plan.ts';

/** Which columns of a table are compared. */
export interface Subject {
  readonly plan: TablePlan;
  /** Columns that have the same text in both databases, those of the key first. */
  readonly exact: readonly ColumnPlan[];
  /** Columns that have none: compared by aggregates, and row by row as far as both sides can tell. */
  readonly loose: readonly ColumnPlan[];
  /** So many of the exact columns name a row; 0 for a table without a key, whose rows are named by all. */
  readonly keyLength: number;
}

export function wholeRows(plan: TablePlan): Subject {
  const key = keyOf(plan);
  const others = plan.columns.filter((column) => !key.includes(column));
  return {
    plan,
    exact: [...key, ...others.filter((column) => column.canonical !== null)],
    loose: others.filter((column) => column.canonical === null),
    keyLength: key.length,
  };
}

export function keysOnly(plan: TablePlan): Subject {
  const key = keyOf(plan);
  return { plan, exact: key, loose: [], keyLength: key.length };
}

/** The columns of the key as they stand in `columns`. */
function keyOf(plan: TablePlan): ColumnPlan[] {
  return plan.key.map(({ name }) => {
    const column = plan.columns.find((one) => one.name === name);
    if (column?.canonical == null) {
      throw new DroverError('UNSUPPORTED', {
        message: `The key column ${name} of ${plan.stream} has no text that is the same in source and target, so its rows cannot be compared.`,
        hint: 'Name another key for the table under `tables` in the migration file.',
      });
    }
    return column;
  });
}

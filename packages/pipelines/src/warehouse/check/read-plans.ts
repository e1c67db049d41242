import type { CheckContext, Finding } from '@drover/core';
import { exceptionOf } from '../anchor.ts';
import { listed, type TableLeft } from '../choose-tables.ts';
import type { WarehouseParts } from '../parts.ts';
import { planAll, type TargetLimits } from '../plan-table.ts';
import { readTables } from '../read-tables.ts';
import type { TablePlan } from '../table-plan.ts';
import { STRICTER_LIMITS, targetLimits } from '../target-limits.ts';

/** What is to be moved. */
export interface PlansFound {
  readonly plans: readonly TablePlan[];
  readonly limits: TargetLimits;
}

/**
 * The plans of the tables that are asked for, and what is to be said about those that have none.
 * @param answers whether the target can be asked what it holds; else the stricter limits count.
 */
export async function* readPlans(
  { source, spec, statements }: WarehouseParts,
  { options }: CheckContext,
  answers: boolean,
): AsyncGenerator<Finding, PlansFound> {
  const limits = answers ? await targetLimits(statements) : STRICTER_LIMITS;
  const { tables, left } = await readTables(source, spec);
  const { plans, findings } = planAll(tables, spec, limits);
  yield* findings;
  yield* leftFindings(left);
  const wanted = options.entities;
  for (const name of wanted ?? []) {
    if (plans.some(({ stream }) => stream === name)) continue;
    yield {
      level: 'error',
      rule: 'table-unknown',
      subject: name,
      reason: 'is no table that the migration file would move',
      fix: `Write schema.table. The file moves: ${listed(plans.map(({ stream }) => stream))}.`,
    };
  }
  if (tables.length === 0) {
    yield {
      level: 'error',
      rule: 'tables-none',
      subject: 'source.schemas',
      reason: 'no table of the source would be moved',
      fix: 'Name schemas that have tables in source.schemas, or take tables off the exclusions.',
    };
  }
  return { plans: plans.filter(({ stream }) => wanted?.includes(stream) ?? true), limits };
}

/** Whether the file wants `drover sync` to follow the table. */
export function isFollowing(parts: WarehouseParts, plan: TablePlan): boolean {
  const exception = exceptionOf(parts, plan);
  return exception?.watermark !== undefined || exception?.sweepDeletes === true;
}

/** One finding a reason, however many tables there are. */
function* leftFindings(left: readonly TableLeft[]): Generator<Finding> {
  for (const why of new Set(left.map((one) => one.why))) {
    const names = left.filter((one) => one.why === why).map(({ table }) => table);
    yield {
      level: 'info',
      rule: 'tables-left',
      subject: 'source',
      reason: `${names.length === 1 ? 'not moved is' : `not moved are ${names.length} tables:`} ${listed(names)} (${why})`,
      fix: '',
    };
  }
}

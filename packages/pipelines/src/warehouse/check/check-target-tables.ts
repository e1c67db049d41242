import type { CheckContext, Finding } from '@drover/core';
import { placeOf, presentTables } from '../anchor.ts';
import { listed } from '../choose-tables.ts';
import { compareTable } from '../compare-table.ts';
import type { WarehouseParts } from '../parts.ts';
import type { TablePlan } from '../table-plan.ts';
import { isEmpty, readExisting } from '../target-tables.ts';

/** What the target already holds, and whether it can take the rows. */
export async function* checkTargetTables(
  parts: WarehouseParts,
  { options }: CheckContext,
  plans: readonly TablePlan[],
): AsyncGenerator<Finding> {
  const present = await presentTables(parts, plans);
  const there = plans.filter((plan) => present.has(placeOf(plan)));
  const filled: TablePlan[] = [];
  for (const plan of there) {
    if (!(await isEmpty(parts.statements, plan))) filled.push(plan);
    if (options.dropTables === true) continue;
    const existing = await readExisting(parts.statements, plan);
    if (existing !== null) yield* compareTable(plan, existing);
  }
  const some = filled.length > 0 ? filled : there;
  if (some.length === 0) return;
  const names = listed(some.map(placeOf));
  yield {
    level: 'info',
    rule: filled.length > 0 ? 'target-not-empty' : 'target-tables',
    subject: 'target',
    reason: `${filled.length > 0 ? 'there are rows in' : 'there are, without rows,'} ${names}: ${fate(filled, options.dropTables === true)}`,
    fix: '',
  };
}

function fate(filled: readonly TablePlan[], dropTables: boolean): string {
  if (dropTables) return 'these tables are dropped and made anew';
  if (filled.length === 0) return 'they are loaded as they are';
  const [keyed, whole] = [
    'rows are replaced by their key, and what the source does not have is deleted',
    'what is there is replaced as a whole',
  ];
  const kinds = new Set(filled.map(({ key }) => key.length > 0));
  const both =
    kinds.size > 1 ? `${keyed}; without a key ${whole}` : kinds.has(true) ? keyed : whole;
  return `${both}. --drop-tables makes the tables anew`;
}

import type { Verdict, VerifyContext } from '@drover/core';
import type { ChunkRange } from './chunk-range.ts';
import type { WarehouseParts } from './parts.ts';
import type { TablePlan } from './table-plan.ts';
import { verifyScope } from './verify/verify-table.ts';

/** Compares a range of the key, or all of a table that has no ranges in common with its source. */
export function verifyRows(
  parts: WarehouseParts,
  { plan, range }: { plan: TablePlan; range: ChunkRange },
  context: VerifyContext,
): Promise<Verdict> {
  const scope = range.kind === 'keys' ? { range: { from: range.from, to: range.to } } : {};
  return verifyScope({ source: parts.sourceSpec, target: parts.statements }, plan, scope, context);
}

import type { Verdict, VerifyContext } from '@drover/core';
import type { TablePlan } from '../table-plan.ts';
import { describeDifferences } from './describe-differences.ts';
import { columnsWithOtherCounts, differ } from './digest.ts';
import { DRILL_LIMITS, differingRows, digestBoth } from './drill.ts';
import { Judge } from './judge.ts';
import { placeOf, type Scope } from './scope.ts';
import { inSnapshot, openSides, type VerifyParts } from './sides.ts';
import { wholeRows } from './subject.ts';

/**
 * Compares the rows of a scope, by digests first. Where these differ, once more in a newer snapshot of the
 * source, down to the rows: only what differs then counts. The target has no snapshots, and should be at rest.
 *
 * Rows are counted, not values. Of a large part without order of which nearly everything differs, what is left
 * when enough was named is not read: each of its buckets counts as one row. Of a row that both sides have, each
 * column that differs is named by itself, as `column` of the difference's key.
 */
export async function verifyScope(
  parts: VerifyParts,
  plan: TablePlan,
  scope: Scope,
  context: VerifyContext,
): Promise<Verdict> {
  const subject = wholeRows(plan);
  const place = placeOf(scope);
  await using sides = await openSides(parts, context);
  const digests = await inSnapshot(sides.source, () => digestBoth({ sides, subject }, place));
  const compared = digests.source.rows;
  context.progress({ rows: compared, bytes: 0 });
  if (!differ(digests.source, digests.target)) {
    return { compared, wrong: 0, stale: 0, explained: 0, differences: [] };
  }
  context.log.info('digests differ', {
    table: plan.stream,
    sourceRows: compared,
    targetRows: digests.target.rows,
    columns: columnsWithOtherCounts(subject, digests),
  });
  return await inSnapshot(sides.source, async () => {
    const [now] = await sides.source.query('select txid_current_snapshot()::text as snapshot');
    const judge = new Judge(subject, await context.moved(), now?.['snapshot'] ?? '');
    const drill = {
      sides,
      subject,
      limits: DRILL_LIMITS,
      told: () => context.pace(),
      enough: () => judge.shown >= context.maxDifferences,
    };
    for await (const found of differingRows(drill, place)) {
      judge.countUnread(found.unread);
      const open = found.rows.filter((row) => judge.count(row));
      const few = open.slice(0, Math.max(0, context.maxDifferences - judge.shown));
      const described = await describeDifferences(sides, subject, found.place, few);
      for (const [index, row] of few.entries()) judge.show(row, described[index] ?? []);
    }
    const rows = { source: compared, target: digests.target.rows };
    return judge.verdict(rows, context.maxDifferences);
  });
}

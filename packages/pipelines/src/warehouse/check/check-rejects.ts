import type { Finding } from '@drover/core';
import type { MisfitCounts } from '../misfit-count.ts';
import type { TablePlan } from '../table-plan.ts';

/** A table whose rows were looked at. */
export interface Counted {
  readonly plan: TablePlan;
  readonly counts: MisfitCounts;
  /** Of the pages that were read; 100 for all. */
  readonly percent: number;
}

/** Whether there would be more rejects than the file allows, by what was counted of them at least. */
export function* checkRejects(
  allowed: { readonly max: number; readonly maxPerRun: number },
  counted: readonly Counted[],
): Generator<Finding> {
  let sum = 0n;
  for (const { plan, counts } of counted) {
    const least = leastRejects(counts);
    sum += least;
    if (least <= BigInt(allowed.max)) continue;
    const isOneChunk = plan.key.length === 0;
    yield {
      level: isOneChunk ? 'error' : 'warning',
      rule: 'rejects-many',
      subject: plan.stream,
      reason: isOneChunk
        ? `has at least ${least} rejects; moved in one chunk, it would be parked, as rejects.max is ${allowed.max}`
        : `has at least ${least} rejects; a chunk with more than ${allowed.max} of them is parked`,
      fix: 'Let the values be converted, correct them, or raise rejects.max.',
    };
  }
  if (sum <= BigInt(allowed.maxPerRun)) return;
  yield {
    level: 'error',
    rule: 'rejects-many',
    subject: 'rejects.maxPerRun',
    reason: `there would be at least ${sum} rejects; ${allowed.maxPerRun} are allowed in a run`,
    fix: 'Let the values be converted, correct them, or raise rejects.maxPerRun.',
  };
}

/** A row that breaks several rules is one reject. */
function leastRejects({ broken }: MisfitCounts): bigint {
  const [most = 0n] = broken.map(({ rows }) => rows).sort((a, b) => Number(b - a));
  return most;
}

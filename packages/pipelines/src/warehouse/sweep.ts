import type { ClaimedChunk, Intent, MoveContext } from '@drover/core';
import type { KeyRange } from './key-range.ts';
import { commit, deletionTarget, endDeletions, loadSeconds } from './labels.ts';
import type { WarehouseParts } from './parts.ts';
import { rejectedKeys } from './rejected-keys.ts';
import type { TablePlan } from './table-plan.ts';
import type { TargetSql } from './target-sql.ts';
import { extraKeys } from './verify/extra-keys.ts';

/** Keys that go into one load of deletions. */
const KEYS_PER_LOAD = 100_000;

export interface SweptRange {
  readonly plan: TablePlan;
  readonly chunk: ClaimedChunk;
  /** Of the key; a table whose key has another order in the target is swept as a whole. null: no range. */
  readonly range: KeyRange | null;
  /** What the attempt is about to settle: deletions are part of it. */
  readonly intent: Intent;
}

/**
 * Deletes the rows of a range that the target has and the source lacks, every key looked for in the source right
 * before, and what the target has of rows that were set aside: it would be an earlier state of them. The loads of
 * deletions have labels of the chunk, one after the other, so that an attempt that has lost the chunk cannot delete
 * what was loaded since.
 * @returns how many.
 */
export async function sweepRange(
  parts: WarehouseParts,
  swept: SweptRange,
  context: MoveContext,
): Promise<number> {
  const { plan, range, intent } = swept;
  if (range === null && intent.rejects.length === 0) return 0;
  const target: TargetSql = { query: (text) => parts.statements.query(text, context.signal) };
  let part = await endDeletions(parts, swept, context);
  let keys: (readonly string[])[] = [];
  let deleted = 0;
  const flush = async () => {
    if (keys.length === 0) return;
    await deleteKeys(parts, { ...swept, keys, part }, context);
    part += 1;
    deleted += keys.length;
    keys = [];
  };
  if (range !== null) {
    const scope = plan.sameOrder ? { range: { from: range.from, to: range.to } } : {};
    const both = { source: parts.sourceSpec, target: parts.statements };
    for await (const batch of extraKeys(both, plan, scope, context)) {
      keys.push(...batch.map((key) => key.target));
      if (keys.length >= KEYS_PER_LOAD) await flush();
    }
  }
  for await (const batch of rejectedKeys({ source: parts.source, target }, plan, intent.rejects)) {
    keys.push(...batch);
  }
  await flush();
  if (deleted > 0) context.log.info('rows were deleted', { table: plan.stream, deleted });
  return deleted;
}

async function deleteKeys(
  parts: WarehouseParts,
  of: SweptRange & { keys: readonly (readonly string[])[]; part: number },
  context: MoveContext,
): Promise<void> {
  const target = deletionTarget(context, of.plan, of.chunk, of.part);
  const mayCommit = () => context.gate.outside.mayCommit(of.intent);
  const twoPhase = parts.spec.load.commit === 'two-phase';
  const body = Buffer.from(of.keys.map((key) => `${key.map(field).join(',')}\n`).join(''), 'utf8');
  const reply = await parts.loader.load({
    ...target,
    columns: of.plan.key.map(({ name }) => name),
    twoPhase,
    merge: 'delete',
    compress: 'off',
    timeoutSeconds: loadSeconds(parts),
    body: async function* () {
      yield body;
      if (!twoPhase) await mayCommit();
    },
    signal: context.signal,
  });
  if (twoPhase) await mayCommit();
  await commit(parts, target, reply.txnId, context.signal);
}

const field = (text: string): string => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;

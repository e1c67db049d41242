import { type ClaimedChunk, DroverError, type Generation, type MoveContext } from '@drover/core';
import { type LoadTarget, labelOf } from '@drover/doris';
import type { WarehouseParts } from './parts.ts';
import type { TablePlan } from './table-plan.ts';

export const visibleMs = ({ spec }: WarehouseParts): number => Number(spec.load.visible / 1000n);

/** After this Doris gives a load up. */
export const loadSeconds = ({ spec }: WarehouseParts): number =>
  Math.ceil(Number(spec.load.timeout) / 1e6);

/** Where the load of a chunk goes, and under which label: the same for every attempt. */
export function targetOf(
  { migrationId }: Pick<MoveContext, 'migrationId'>,
  { database, table }: Pick<TablePlan, 'database' | 'table'>,
  chunk: { readonly id: number; readonly generation: number },
  part?: string,
): LoadTarget {
  const label = labelOf({
    migrationId,
    chunkId: chunk.id,
    generation: chunk.generation,
    ...(part === undefined ? {} : { part }),
  });
  return { database, table, label };
}

/** Commits where that is still to be done, and waits until it can be read. */
export async function commit(
  parts: WarehouseParts,
  target: LoadTarget,
  txnId: number,
  signal: AbortSignal,
): Promise<void> {
  const isDone =
    parts.spec.load.commit === 'single' || (await parts.loader.commit(target, txnId, signal));
  if (!isDone) {
    throw new DroverError('LOAD_IN_DOUBT', {
      message: `target: load ${target.label} was given up before it was committed.`,
    });
  }
  await parts.loader.untilVisible(target, { withinMs: visibleMs(parts), signal });
}

/** Label of a load of deletions: those of a chunk are numbered. */
export const deletionTarget = (
  context: Pick<MoveContext, 'migrationId'>,
  plan: Pick<TablePlan, 'database' | 'table'>,
  chunk: { readonly id: number; readonly generation: number },
  part: number,
): LoadTarget => targetOf(context, plan, chunk, `d${part}`);

/**
 * Earlier attempts may have used labels for deletions, or be about to commit one, which is given up.
 * @returns the number of the first that is free.
 */
export async function endDeletions(
  parts: WarehouseParts,
  of: { readonly plan: TablePlan; readonly chunk: Generation },
  context: Pick<MoveContext, 'migrationId' | 'signal'>,
): Promise<number> {
  const how = { txnId: null, withinMs: visibleMs(parts), signal: context.signal };
  let part = 0;
  for (;;) {
    const target = deletionTarget(context, of.plan, of.chunk, part);
    if ((await parts.loader.settleLabel(target, how)) !== true) return part;
    part += 1;
  }
}

/**
 * An attempt at an earlier generation of the chunk, or at a chunk that this one is a part of, may still be about
 * to commit: its loads are given up.
 * @returns whether there is no such generation or chunk.
 */
export async function endPredecessors(
  parts: WarehouseParts,
  plan: TablePlan,
  chunk: ClaimedChunk,
  context: MoveContext,
): Promise<boolean> {
  const how = { txnId: null, withinMs: visibleMs(parts), signal: context.signal };
  const before = [{ id: chunk.id, generation: chunk.generation - 1 }, ...chunk.ancestors].flatMap(
    ({ id, generation: last }) =>
      Array.from({ length: last }, (_, index) => ({ id, generation: index + 1 })),
  );
  for (const former of before) {
    await parts.loader.settleLabel(targetOf(context, plan, former), how);
    await endDeletions(parts, { plan, chunk: former }, context);
  }
  return before.length === 0;
}

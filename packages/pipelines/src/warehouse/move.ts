import {
  type ClaimedChunk,
  DroverError,
  type Intent,
  type MoveContext,
  type Receipt,
} from '@drover/core';
import type { LoadTarget } from '@drover/doris';
import type { Session } from '@drover/postgres';
import { z } from 'zod';
import { type Anchor, anchorTable, sweptAtEnd, watermarkOf } from './anchor.ts';
import type { RangeOf } from './chunk-range.ts';
import { keyList } from './key-list.ts';
import { sourcePredicate } from './key-predicate.ts';
import { commit, endPredecessors, targetOf, visibleMs } from './labels.ts';
import { loadRows } from './load-rows.ts';
import type { WarehouseParts } from './parts.ts';
import { sweepRange } from './sweep.ts';
import type { TablePlan } from './table-plan.ts';
import { changedPredicate } from './watermark.ts';

/** A chunk of rows at work. */
export interface RowChunk {
  readonly plan: TablePlan;
  readonly chunk: ClaimedChunk;
  readonly range: RangeOf<'keys' | 'list' | 'changes'>;
  readonly anchor: Anchor;
}

const SNAPSHOT = 'begin isolation level repeatable read read only; set local jit = off';

/**
 * Moves rows of a table with a key. The label is the fence: whatever attempts there are at this generation of the
 * chunk, Doris commits one load of it. What is committed is in the ledger before.
 */
export async function moveRows(
  parts: WarehouseParts,
  at: RowChunk,
  context: MoveContext,
): Promise<Receipt> {
  const { plan, chunk, range } = at;
  const { outside } = context.gate;
  const { signal } = context;
  const target = targetOf(context, plan, chunk);
  const clean = await endPredecessors(parts, plan, chunk, context);
  const intent = await outside.intent();
  const found = await parts.loader.settleLabel(target, {
    txnId: intent === null ? null : noteOf(intent).txnId,
    withinMs: visibleMs(parts),
    signal,
  });
  if (found === true && intent === null) {
    throw new DroverError('LABEL_TAKEN', { context: { label: target.label } });
  }
  // What the target had before, and what an attempt meant to commit of which nothing is known any more, may hold
  // rows that the source has lost since.
  const { fresh } = anchorTable(at.anchor, plan.stream);
  const before = !fresh && !sweptAtEnd(at.anchor, plan);
  const leftovers = before || !clean || intent !== null;
  const done =
    found === true && intent !== null
      ? intent
      : await load(parts, { ...at, leftovers }, target, context);
  if (range.kind !== 'keys') {
    await sweepRange(parts, { plan, chunk, range: null, intent: done }, context);
  } else if (noteOf(done).leftovers) {
    await sweepRange(parts, { plan, chunk, range, intent: done }, context);
  }
  await context.reached('settled');
  await outside.settle(done);
  await context.reached('committed');
  return done.receipt;
}

async function load(
  parts: WarehouseParts,
  { plan, range, leftovers }: RowChunk & { readonly leftovers: boolean },
  target: LoadTarget,
  context: MoveContext,
): Promise<Intent> {
  const { outside } = context.gate;
  const twoPhase = parts.spec.load.commit === 'two-phase';
  const intentOf = (loaded: Awaited<ReturnType<typeof loadRows>>): Intent => ({
    receipt: loaded.receipt,
    rejects: loaded.rejects,
    note: { txnId: loaded.txnId, leftovers },
  });
  const mayCommit = async (intent: Intent) => {
    await context.reached('staged');
    await outside.mayCommit(intent);
    await context.reached('fenced');
  };
  const rows = {
    plan,
    target,
    where: whereOf(parts, plan, range),
    begin: (session: Session) => session.script(SNAPSHOT),
    ...(twoPhase
      ? {}
      : { beforeCommit: (loaded: Parameters<typeof intentOf>[0]) => mayCommit(intentOf(loaded)) }),
  };
  const loaded = await loadRows(parts, rows, context);
  const intent = intentOf(loaded);
  if (twoPhase || loaded.txnId === null) await mayCommit(intent);
  if (loaded.txnId !== null) await commit(parts, target, loaded.txnId, context.signal);
  return intent;
}

/** Whoever finds the load committed has to know what the attempt that sent it knew of the target. */
const noteSchema = z.object({ txnId: z.number().nullable(), leftovers: z.boolean() });

const noteOf = ({ note }: Intent) => noteSchema.parse(note);

function whereOf(parts: WarehouseParts, plan: TablePlan, range: RowChunk['range']): string | null {
  switch (range.kind) {
    case 'keys':
      return range.from === null && range.to === null
        ? null
        : sourcePredicate(plan.source, range, 's');
    case 'list':
      return keyList(plan.source, range.keys);
    case 'changes':
      return changes(parts, plan, range);
  }
}

function changes(parts: WarehouseParts, plan: TablePlan, range: RangeOf<'changes'>): string {
  const column = watermarkOf(parts, plan);
  if (column !== null) return changedPredicate(column, range, 's');
  throw new DroverError('FILE_CHANGED', {
    message: `The migration file names no watermark column of ${plan.stream} any more.`,
  });
}

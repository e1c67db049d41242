import { type ClaimedChunk, DroverError, type MoveContext, type Receipt } from '@drover/core';
import { Session } from '@drover/postgres';
import { z } from 'zod';
import { ctidRanges, type TablePart } from './ctid-ranges.ts';
import { commit, targetOf, visibleMs } from './labels.ts';
import { type LoadedRows, loadRows } from './load-rows.ts';
import { targetIdentifier } from './names.ts';
import type { WarehouseParts } from './parts.ts';
import { addReceipts } from './receipts.ts';
import { createStage, dropTables, putInPlace, stagesOf, tidy } from './stage-table.ts';
import type { TablePlan } from './table-plan.ts';
import type { TargetSql } from './target-sql.ts';

/** So often the parts of one table are sent again before its attempt is given up. */
const TRIES_PER_PART = 3;

const noteSchema = z.object({ stage: z.string() });

/**
 * Moves a table without a key: all its rows, read in one snapshot, into a table that then takes the place of the
 * one that is there. Each attempt has such a table of its own, and begins by dropping those of others: what it
 * drops, nobody can put into place any more. A snapshot that is lost ends the attempt, and the next one starts
 * the table anew.
 */
export async function moveWhole(
  parts: WarehouseParts,
  { plan, chunk }: { plan: TablePlan; chunk: ClaimedChunk },
  context: MoveContext,
): Promise<Receipt> {
  const { outside } = context.gate;
  const target: TargetSql = { query: (text) => parts.statements.query(text, context.signal) };
  const { migrationId } = context;
  const stages = await stagesOf(target, {
    migrationId,
    database: plan.database,
    chunkId: chunk.id,
  });
  const intent = await outside.intent();
  if (intent !== null) {
    const { stage } = noteSchema.parse(intent.note);
    await putInPlaceOnce(target, plan, stage);
    await dropTables(
      target,
      plan,
      stages.filter((name) => name !== stage),
    );
    await outside.settle(intent);
    return intent.receipt;
  }
  await dropTables(target, plan, stages);
  const stage = await createStage(parts, { plan, chunk }, context);
  let isOffered = false;
  try {
    const loaded = await loadStage(parts, { plan: { ...plan, table: stage }, chunk }, context);
    await expectCount(target, plan, stage, loaded.receipt.loaded);
    const done = {
      receipt: { ...loaded.receipt, parts: partsOf(plan, loaded.receipt) },
      rejects: loaded.rejects,
      note: { stage },
    };
    await context.reached('staged');
    // From here on whoever comes next puts it in place: even where the answer is lost, the ledger may know it.
    isOffered = true;
    await outside.mayCommit(done);
    await context.reached('fenced');
    await putInPlace(target, plan, stage);
    await context.reached('settled');
    await outside.settle(done);
    await context.reached('committed');
    return done.receipt;
  } finally {
    if (!isOffered) await tidy(parts, plan, stage);
  }
}

const partsOf = (
  plan: TablePlan,
  { parts: _, bytesRead: _read, bytesWritten: _written, sourceSnapshot: _at, ...tally }: Receipt,
) => [{ part: `${plan.database}.${plan.table}`, ...tally }];

/**
 * Only an attempt that knows of the intent drops tables, and it keeps this one: gone means put in place. Whether it
 * is gone, the statement itself tells, which the leading frontend executes; lists of tables may be out of date.
 */
async function putInPlaceOnce(target: TargetSql, plan: TablePlan, stage: string): Promise<void> {
  try {
    await putInPlace(target, plan, stage);
  } catch (error) {
    const isGone = error instanceof DroverError && error.code === 'UNDEFINED_OBJECT';
    if (!isGone || !error.message.includes(stage)) throw error;
  }
}

async function expectCount(
  target: TargetSql,
  { database, stream }: TablePlan,
  stage: string,
  rows: number,
): Promise<void> {
  const [row] = await target.query(
    `SELECT COUNT(*) AS n FROM ${targetIdentifier(database)}.${targetIdentifier(stage)}`,
  );
  if (row?.['n'] === String(rows)) return;
  throw new DroverError('COUNT_MISMATCH', {
    message: `${stream}: ${rows} rows were loaded, the target has ${row?.['n']}. The table was not put in place.`,
  });
}

/** Several loads at once, all of one snapshot that a session of its own holds. */
async function loadStage(
  parts: WarehouseParts,
  at: { plan: TablePlan; chunk: ClaimedChunk },
  context: MoveContext,
): Promise<LoadedRows> {
  const { signal, applicationName } = context;
  const holder = await Session.open(parts.sourceSpec, { side: 'source', applicationName });
  const stop = () => holder.interrupt();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await holder.bePatient();
    await holder.script('begin isolation level repeatable read read only');
    const [row] = await holder.query('select pg_export_snapshot() as snapshot');
    const snapshot = row?.['snapshot'] ?? '';
    const ranges = await ctidRanges(holder, at.plan.source, parts.spec.load.parts);
    return await loadParts(parts, { ...at, holder, snapshot, ranges }, context);
  } catch (error) {
    if (!holder.broken || signal.aborted) throw error;
    throw new DroverError('CONNECTION_LOST', {
      message: `source: the snapshot of ${at.plan.stream} was lost with its connection; the table starts anew.`,
      cause: error,
    });
  } finally {
    signal.removeEventListener('abort', stop);
    await holder.close();
  }
}

interface StageLoad {
  readonly plan: TablePlan;
  readonly chunk: ClaimedChunk;
  readonly holder: Session;
  readonly snapshot: string;
  readonly ranges: readonly TablePart[];
}

async function loadParts(
  parts: WarehouseParts,
  of: StageLoad,
  context: MoveContext,
): Promise<LoadedRows> {
  const failed = new AbortController();
  const signal = AbortSignal.any([context.signal, failed.signal]);
  const totals = new Map<number, { rows: number; bytes: number }>();
  const tell = (part: number, one: { rows: number; bytes: number }) => {
    totals.set(part, one);
    const all = [...totals.values()];
    context.progress({
      rows: all.reduce((sum, { rows }) => sum + rows, 0),
      bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    });
  };
  const done: LoadedRows[] = [];
  let next = 0;
  const work = async () => {
    for (let part = next++; part < of.ranges.length; part = next++) {
      const own = {
        ...context,
        signal,
        progress: (one: { rows: number; bytes: number }) => tell(part, one),
      };
      done.push(await loadPart(parts, of, part, own));
    }
  };
  const lanes = Array.from({ length: parts.spec.load.parts }, () =>
    work().catch((error: unknown) => {
      failed.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(lanes);
  failed.signal.throwIfAborted();
  context.signal.throwIfAborted();
  return {
    receipt: addReceipts(done.map(({ receipt }) => receipt)),
    rejects: done.flatMap(({ rejects }) => rejects),
    txnId: null,
  };
}

async function loadPart(
  parts: WarehouseParts,
  of: StageLoad,
  part: number,
  context: MoveContext,
): Promise<LoadedRows> {
  const { plan, chunk, holder, snapshot } = of;
  const range = of.ranges[part];
  if (range === undefined) throw new TypeError(`${plan.stream} has no part ${part}`);
  // The table is the attempt's own, and so are the labels: its name is in them.
  const target = targetOf(context, plan, chunk, `${plan.table.slice(-8)}_p${part}`);
  for (let tries = 1; ; tries += 1) {
    try {
      const loaded = await loadRows(
        parts,
        {
          plan,
          target,
          from: `${range.from} s`,
          where: null,
          begin: (session) =>
            session.script(
              `begin isolation level repeatable read read only; set transaction snapshot '${snapshot}'; set local jit = off`,
            ),
        },
        context,
      );
      if (loaded.txnId !== null) await commit(parts, target, loaded.txnId, context.signal);
      return loaded;
    } catch (error) {
      const isPassing = error instanceof DroverError && error.code === 'CONNECTION_LOST';
      if (!isPassing || holder.broken || tries >= TRIES_PER_PART) throw error;
      context.signal.throwIfAborted();
      const isIn = await parts.loader.settleLabel(target, {
        txnId: null,
        withinMs: visibleMs(parts),
        signal: context.signal,
      });
      // What it held is not known here; the table starts anew.
      if (isIn === true) throw error;
      context.log.warn('a part is sent again', { table: plan.stream, part, code: error.code });
    }
  }
}

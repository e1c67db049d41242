import { DroverError, type MoveContext, type Receipt } from '@drover/core';
import { CopyInError, type Session } from '@drover/postgres';
import { RejectList } from '../reject-list.ts';
import { readChannels, readShips } from './channels.ts';
import { closeChunk } from './close-chunk.ts';
import type { Lane } from './lane.ts';
import { findLongTimes, type LongTime } from './long-times.ts';
import type { PivotParts } from './parts.ts';
import { NeedsText } from './pivot-plan.ts';
import type { Span } from './range.ts';
import { SOURCE_SETTINGS } from './source-query.ts';
import { readSourceTable, type SourceTable } from './source-table.ts';
import { CarefulWriter, FastWriter, refusalOf } from './stage-writer.ts';
import { planTables } from './table-plan.ts';
import { Transfer } from './transfer.ts';
import { TupleTooLong } from './tuple-reader.ts';

/** How an attempt goes about its chunk; each answer to a difficulty is tried once. */
interface Approach {
  /** Savepoints, so that refused rows can be singled out. */
  readonly careful: boolean;
  /** One query per ship, where all ships of a timestamp do not fit one tuple. */
  readonly apart: boolean;
  /** Timestamps above this are rejects; null while none is known to be too long. */
  readonly maxTimeBytes: number | null;
}

/** Moves a span: all its tables, in one transaction of the target, or nothing. */
export async function moveSpan(
  parts: PivotParts,
  span: Span,
  context: MoveContext,
): Promise<Receipt> {
  let approach: Approach = { careful: false, apart: span.ships.length === 1, maxTimeBytes: null };
  for (;;) {
    try {
      const current = approach;
      return await parts.lanes.use(context, (lane) =>
        moveOnce(parts, lane, span, current, context),
      );
    } catch (error) {
      approach = nextApproach(parts, approach, error);
      context.log.warn('chunk is tried another way', { ...approach });
    }
  }
}

/** Throws the error itself where no other way is left. */
function nextApproach(parts: PivotParts, approach: Approach, error: unknown): Approach {
  if (refusalOf(error) !== null && !approach.careful) return { ...approach, careful: true };
  // Remembered for the chunks to come: they ask for text from the start.
  if (error instanceof NeedsText && parts.textPairs.add(error.pairs)) return { ...approach };
  const tooLong =
    error instanceof TupleTooLong ||
    (error instanceof DroverError && error.code === 'ROW_TOO_LARGE');
  if (tooLong && !approach.apart) return { ...approach, apart: true };
  // Frames make a tuple longer than the texts stored: half as much the second time, then give up.
  if (tooLong && approach.maxTimeBytes === null) {
    return { ...approach, maxTimeBytes: parts.maxTupleBytes };
  }
  if (tooLong && approach.maxTimeBytes === parts.maxTupleBytes) {
    return { ...approach, maxTimeBytes: parts.maxTupleBytes / 2 };
  }
  if (error instanceof CopyInError) throw error.cause;
  if (error instanceof TupleTooLong) throw new DroverError('ROW_TOO_LARGE', { cause: error });
  throw error;
}

async function moveOnce(
  parts: PivotParts,
  lane: Lane,
  span: Span,
  approach: Approach,
  context: MoveContext,
): Promise<Receipt> {
  const { source, target } = lane;
  await source.script(`begin isolation level repeatable read read only; ${SOURCE_SETTINGS}`);
  const table = await readSourceTable(source, parts.spec);
  const [snapshot] = await source.query('select txid_current_snapshot()::text as snapshot');
  const channels = await readChannels(source, table, span);
  const snapshotShips =
    table.pairIndex && span.ships.length > 1 ? await readShips(source, table) : null;
  await context.reached('snapshot');

  const plan = await planTables(parts, { sql: source, table, span, channels }, context.signal);
  const stages = await lane.stages(
    plan.tables.map((one) => ({ key: one.name, columns: one.stageColumns })),
  );
  const rejects = new RejectList(parts.spec.rejects);
  await target.script('begin');
  const writer = approach.careful ? new CarefulWriter(target, rejects) : new FastWriter(target);
  const transfer = new Transfer(
    parts,
    {
      source,
      table,
      plan,
      stages,
      writer,
      rejects,
      snapshotShips,
      textPairs: parts.textPairs.of(span.ships),
    },
    context,
  );
  for (const ships of approach.apart ? span.ships.map((ship) => [ship]) : [span.ships]) {
    const long = await longTimes(source, table, { ships, span, maxBytes: approach.maxTimeBytes });
    await transfer.run({ ships, span, long });
  }
  await writer.finish();
  await source.script('commit');
  await context.reached('staged');

  const receipt = transfer.receipt(snapshot?.['snapshot'] ?? '');
  await closeChunk(target, {
    parts,
    span,
    staged: transfer.staged,
    timeType: table.columns.time.type,
    receipt,
    rejects: rejects.all,
    context,
  });
  return receipt;
}

async function longTimes(
  source: Session,
  table: SourceTable,
  wanted: { ships: readonly string[]; span: Span; maxBytes: number | null },
): Promise<LongTime[]> {
  if (wanted.maxBytes === null) return [];
  const found: LongTime[] = [];
  for (const ship of wanted.ships) {
    found.push(
      ...(await findLongTimes(source, table, {
        ship,
        span: wanted.span,
        maxBytes: wanted.maxBytes,
      })),
    );
  }
  return found;
}

import {
  type ClaimedChunk,
  EMPTY_RECEIPT,
  type Intent,
  type MoveContext,
  type Receipt,
} from '@drover/core';
import { watermarkOf } from './anchor.ts';
import type { RangeOf } from './chunk-range.ts';
import { WHOLE_RANGE } from './key-range.ts';
import type { WarehouseParts } from './parts.ts';
import { sweepRange } from './sweep.ts';
import type { TablePlan } from './table-plan.ts';
import { printWatermark } from './watermark.ts';

/** Deletes what the source no longer has, where that is asked for, and says how far the table was followed. */
export async function finishTable(
  parts: WarehouseParts,
  of: { plan: TablePlan; chunk: ClaimedChunk; range: RangeOf<'sweep' | 'watermark'> },
  context: MoveContext,
): Promise<Receipt> {
  const { plan, chunk, range } = of;
  const { outside } = context.gate;
  const column = watermarkOf(parts, plan);
  const intent: Intent = {
    receipt: EMPTY_RECEIPT,
    rejects: [],
    ...(range.to === null || column === null
      ? {}
      : { watermark: printWatermark(column, range.to) }),
  };
  if (range.kind === 'watermark') {
    await outside.settle(intent);
    return intent.receipt;
  }
  const written = await sweepRange(parts, { plan, chunk, range: WHOLE_RANGE, intent }, context);
  const part = { ...EMPTY_RECEIPT, part: `${plan.database}.${plan.table}`, written };
  const {
    bytesRead: _read,
    bytesWritten: _written,
    parts: _parts,
    sourceSnapshot: _at,
    ...tally
  } = part;
  const receipt = { ...EMPTY_RECEIPT, written, parts: [tally] };
  await outside.settle({ ...intent, receipt });
  return receipt;
}

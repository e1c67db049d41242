import { expect } from 'vitest';
import { binaryToText } from '../binary-value.ts';
import type { PivotOptions, PivotPlan, RejectedItem } from '../pivot-plan.ts';
import { TuplePivot } from '../tuple-pivot.ts';
import { TupleReader } from '../tuple-reader.ts';
import { fixed, int8, type TupleItem, textValue, tupleFields, tupleOf } from './tuple-stream.ts';

/** Value columns by their place. */
export const [LONG, TEXT] = [0, 1];
export const TYPES = ['bigint', 'text'];
export const OPTIONS: PivotOptions = { duplicates: 'last', mismatch: 'reject' };

export const long = (value: bigint) => fixed(LONG, int8(value));
export const text = (value: string) => textValue(TEXT, value);

/** One ship, one table; `accepts` null for columns of text. */
export function planOf(channels: readonly string[], accepts: readonly number[] | null): PivotPlan {
  const columns = channels.map((channel) => ({ channel, accepts }));
  return { ships: ['A'], tables: [{ ship: 'A', columns }], homeless: [], valueTypes: TYPES };
}

export interface Outcome {
  /** Of each table its rows, each the time and its fields; null is NULL. */
  readonly rows: (string | null)[][][];
  readonly rejects: RejectedItem[];
  readonly pivot: TuplePivot;
}

/** Pivots tuples and reads back what a server would. */
export function pivoted(
  plan: PivotPlan,
  tuples: readonly (readonly TupleItem[])[],
  options: Partial<PivotOptions> = {},
): Outcome {
  const rejects: RejectedItem[] = [];
  const pivot = new TuplePivot(plan, { ...OPTIONS, ...options }, (item) => rejects.push(item));
  for (const [time, items] of tuples.entries()) {
    expect(pivot.push(tupleOf(tupleFields(BigInt(time), items)))).toBe(items.length);
  }
  return { rows: pivot.tables.map((_, table) => rowsOf(pivot, plan, table)), rejects, pivot };
}

function rowsOf(pivot: TuplePivot, plan: PivotPlan, table: number): (string | null)[][] {
  const columns = plan.tables[table]?.columns ?? [];
  const copy = pivot.tables[table]?.take(undefined).copy ?? Buffer.alloc(0);
  const reader = new TupleReader({ fields: columns.length + 1, maxBytes: 1e6 });
  const rows: (string | null)[][] = [];
  for (const { bytes, offsets } of reader.push(copy)) {
    const cells = columns.map(({ accepts }, index) => {
      const at = offsets[index * 2 + 2] ?? 0;
      if (bytes.readInt32BE(at - 4) === -1) return null;
      const field = bytes.subarray(at, offsets[index * 2 + 3]);
      return accepts?.[0] === LONG ? binaryToText(field, 'bigint') : field.toString('utf8');
    });
    rows.push([String(bytes.readBigInt64BE(offsets[0])), ...cells]);
  }
  expect(reader.ended).toBe(true);
  return rows;
}

/** What a heap row may hold. Source: MaxHeapTupleSize of 8 kB pages, less the item's header. */
export const MAX_ROW_BYTES = 8160;

/** Above this share of it a layout is refused: values grow, and columns are added. */
export const ROW_FILL = 0.9;

export interface ColumnWidth {
  readonly type: string;
  /** Longest value as text seen in the sample, in bytes. */
  readonly maxBytes: number;
}

/** Values whose stored form is longer than this can be moved out of line. Source: TOAST_POINTER_SIZE, aligned. */
const MOVABLE_BYTES = 24;
const TOAST_POINTER_BYTES = 18;
const HEADER_BYTES = 23;

const FIXED: Readonly<Record<string, { bytes: number; align: number }>> = {
  boolean: { bytes: 1, align: 1 },
  smallint: { bytes: 2, align: 2 },
  integer: { bytes: 4, align: 4 },
  real: { bytes: 4, align: 4 },
  date: { bytes: 4, align: 4 },
  bigint: { bytes: 8, align: 8 },
  'double precision': { bytes: 8, align: 8 },
  'timestamp without time zone': { bytes: 8, align: 8 },
  'timestamp with time zone': { bytes: 8, align: 8 },
  uuid: { bytes: 16, align: 1 },
};

/** The least that a row with all columns filled takes on its page, long values moved out of line. */
export function rowBytes(columns: readonly ColumnWidth[]): number {
  const header = align(HEADER_BYTES + Math.ceil(columns.length / 8), 8);
  return columns.reduce((at, column) => {
    const fixed = FIXED[column.type];
    if (fixed !== undefined) return align(at, fixed.align) + fixed.bytes;
    return at + inlineBytes(column.maxBytes);
  }, header);
}

/**
 * Cuts the columns, in order, into the fewest runs whose rows stay below the share that is allowed.
 * Each run also has the time column.
 */
export function fittingRuns<T extends ColumnWidth>(
  time: ColumnWidth,
  columns: readonly T[],
): T[][] {
  const runs: T[][] = [];
  let run: T[] = [];
  for (const column of columns) {
    if (run.length > 0 && rowBytes([time, ...run, column]) > MAX_ROW_BYTES * ROW_FILL) {
      runs.push(run);
      run = [];
    }
    run.push(column);
  }
  if (run.length > 0) runs.push(run);
  return runs;
}

function inlineBytes(length: number): number {
  const stored = length + 4;
  if (stored > MOVABLE_BYTES) return TOAST_POINTER_BYTES;
  return length + 1;
}

function align(at: number, to: number): number {
  return Math.ceil(at / to) * to;
}

/** What a heap row may hold. Source: MaxHeapTupleSize of 8 kB pages, less the item's header. */
export const MAX_ROW_BYTES = 8160;

/** Source: MaxHeapAttributeNumber. */
export const MAX_COLUMNS = 1600;

/** Above this share of it a layout is refused: values grow, and columns are added. */
export const ROW_FILL = 0.9;

export interface ColumnWidth {
  readonly type: string;
  /** Longest value as text seen in the sample, in bytes. */
  readonly maxBytes: number;
}

export interface ChannelWidth extends ColumnWidth {
  readonly channel: string;
}

/**
 * Values whose stored form, length byte included, is longer than this can be moved out of line. Source:
 * toast_tuple_find_biggest_attribute, TOAST_POINTER_SIZE aligned.
 */
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
  'time without time zone': { bytes: 8, align: 8 },
  'time with time zone': { bytes: 12, align: 8 },
  interval: { bytes: 16, align: 8 },
  money: { bytes: 8, align: 8 },
  oid: { bytes: 4, align: 4 },
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
 * Cuts channels, in the order of their bytes, into the fewest runs of which each makes a row that fits and
 * not too many columns, for every ship.
 * @param ships the columns of each ship: its tables have only its own.
 */
export function fittingRuns(
  time: ColumnWidth,
  ships: readonly (readonly ChannelWidth[])[],
): string[][] {
  const byShip = ships.map((columns) => new Map(columns.map((one) => [one.channel, one])));
  const channels = [...new Set(byShip.flatMap((columns) => [...columns.keys()]))]
    .map((channel) => ({ channel, bytes: Buffer.from(channel) }))
    .sort((a, b) => a.bytes.compare(b.bytes));
  const runs: string[][] = [];
  let run: string[] = [];
  let rows = byShip.map(() => [time]);
  for (const { channel } of channels) {
    let grown = grow(rows, byShip, channel);
    if (run.length > 0 && !grown.every(fits)) {
      runs.push(run);
      run = [];
      grown = grow(
        byShip.map(() => [time]),
        byShip,
        channel,
      );
    }
    run.push(channel);
    rows = grown;
  }
  if (run.length > 0) runs.push(run);
  return runs;
}

/** Whether a table of these columns, time included, can be made and its rows stored with room to spare. */
export function fits(columns: readonly ColumnWidth[]): boolean {
  return columns.length <= MAX_COLUMNS && rowBytes(columns) <= MAX_ROW_BYTES * ROW_FILL;
}

function grow(
  rows: readonly ColumnWidth[][],
  byShip: readonly ReadonlyMap<string, ChannelWidth>[],
  channel: string,
): ColumnWidth[][] {
  return rows.map((row, ship) => {
    const column = byShip[ship]?.get(channel);
    return column === undefined ? row : [...row, column];
  });
}

function inlineBytes(length: number): number {
  const stored = length + 1;
  return stored > MOVABLE_BYTES ? TOAST_POINTER_BYTES : stored;
}

function align(at: number, to: number): number {
  return Math.ceil(at / to) * to;
}

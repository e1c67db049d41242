import type { SqlExecutor, SqlRow } from '@drover/core';
import { type NarrowRow, plainPivot, type WideTables } from '@drover/testkit';
import { type MigrationShape, wideTable } from './migration-folder.ts';

/** What the source, as it is now, must have become. */
export interface Expected {
  readonly tables: WideTables;
  /** Ship, channel and time of each bad row, as `rejectKey` has them. */
  readonly badRows: ReadonlySet<string>;
  readonly rows: number;
}

type ValueColumn = 'double' | 'long' | 'str' | 'bool';

const COLUMN_OF: Readonly<Record<string, ValueColumn>> = {
  Decimal: 'double',
  Integer: 'long',
  String: 'str',
  Boolean: 'bool',
};

export async function readExpected(source: SqlExecutor, shape: MigrationShape): Promise<Expected> {
  const read = await source.query(
    `select ship_id as ship, data_channel_id as channel, created_time::text as time, value_format as format,
       double_v::text as double, long_v::text as long, str_v as str, bool_v::text as bool
     from tenant.tbl_data_timeseries`,
  );
  const rows = read.map(toNarrowRow);
  const good = rows.filter(isGood);
  const bad = rows.filter((row) => !isGood(row));
  return {
    tables: plainPivot(good, (ship, channel) => wideTable(shape, ship, channel)),
    badRows: new Set(bad.map(({ ship, channel, time }) => rejectKey({ ship, channel, time }))),
    rows: rows.length,
  };
}

function toNarrowRow(row: SqlRow): NarrowRow {
  const text = (name: string) => row[name] ?? null;
  return {
    ship: text('ship'),
    channel: text('channel'),
    time: text('time'),
    format: text('format'),
    double: text('double'),
    long: text('long'),
    str: text('str'),
    bool: text('bool'),
  };
}

/** A row is good when no column is filled but the one that its format names. */
function isGood(row: NarrowRow): boolean {
  const own = COLUMN_OF[row.format ?? ''];
  return Object.values(COLUMN_OF).every((column) => column === own || row[column] === null);
}

export function rejectKey(key: {
  readonly ship?: string | null;
  readonly channel?: string | null;
  readonly time?: string | null;
}): string {
  return JSON.stringify([key.ship, key.channel, key.time]);
}

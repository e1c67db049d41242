import type { SqlExecutor } from '@drover/core';
import { identifier, literal, qualifiedName } from '@drover/postgres';
import type { SourceTable } from './source-table.ts';

/** What a sample says of a channel's values of one format. */
interface ChannelSample {
  readonly ship: string;
  readonly channel: string;
  /** As the row has it; null where it has none. */
  readonly format: string | null;
  readonly rows: number;
  /** Longest value as text, in bytes. */
  readonly maxBytes: number;
  /** Rows whose format names no filled value column though another one is filled. */
  readonly mismatches: number;
  /** A value column that such a row has filled; null without such rows. */
  readonly filled: string | null;
}

export interface SchemaSample {
  readonly from: string;
  readonly to: string;
  readonly rows: number;
  readonly channels: readonly ChannelSample[];
}

/**
 * Looks at the newest rows: all of the last `sampleMicros` before `before` where an index leads with
 * time, else the newest row of each channel.
 * @returns null where there is no row.
 */
export async function sampleSchema(
  sql: SqlExecutor,
  table: SourceTable,
  wanted: {
    ships: readonly string[] | null;
    sampleMicros: bigint;
    before: string | null;
  },
): Promise<SchemaSample | null> {
  const { entity, time } = table.columns;
  const column = identifier(time.name);
  const from = qualifiedName(table.schema, table.name);
  const until =
    wanted.before === null
      ? `${column} < 'infinity'`
      : `${column} < ${literal(wanted.before)}::${time.type}`;
  const [last] = await sql.query(
    table.timeIndex
      ? `select ${column}::text as last, (${column} - interval '${wanted.sampleMicros} microseconds')::text as first
         from ${from} where ${until} order by ${column} desc limit 1`
      : `select null as last, null as first`,
  );
  if (last === undefined) return null;
  const ships =
    wanted.ships === null
      ? 'true'
      : `${identifier(entity.name)} = any (array[${wanted.ships.map(literal).join(',')}]::${entity.type}[])`;
  const rows = table.timeIndex
    ? `(select * from ${from} where ${column} > ${literal(last['first'] ?? '')}::${time.type}
        and ${column} <= ${literal(last['last'] ?? '')}::${time.type} and ${ships})`
    : newestRows(table, ships);
  const channels = await sampleChannels(sql, table, rows);
  return {
    from: last['first'] ?? 'the newest row of each channel',
    to: last['last'] ?? '',
    rows: channels.reduce((sum, channel) => sum + channel.rows, 0),
    channels,
  };
}

function newestRows(table: SourceTable, ships: string): string {
  const { entity, channel, time } = table.columns;
  const key = [entity, channel].map((one) => identifier(one.name)).join(', ');
  return `(select distinct on (${key}) * from ${qualifiedName(table.schema, table.name)} where ${ships}
           order by ${key}, ${identifier(time.name)} desc)`;
}

async function sampleChannels(
  sql: SqlExecutor,
  table: SourceTable,
  rows: string,
): Promise<ChannelSample[]> {
  const { entity, channel, format, values } = table.columns;
  const chosen = values
    .map(
      (value) =>
        `when ${identifier(format.name)}::text = ${literal(value.format)} then ${identifier(value.name)}::text`,
    )
    .join(' ');
  const filledName = values
    .map((value) => `when ${identifier(value.name)} is not null then ${literal(value.name)}`)
    .join(' ');
  const found = await sql.query(
    `select ship, channel, format, count(*) as rows, coalesce(max(octet_length(value)), 0) as bytes,
            count(*) filter (where value is null and filled is not null) as mismatches,
            max(filled) filter (where value is null) as filled
     from (select ${entity.text} as ship, ${channel.text} as channel, ${identifier(format.name)}::text as format,
                  case ${chosen} end as value, case ${filledName} end as filled from ${rows} as newest) as sample
     where ship is not null and channel is not null
     group by ship, channel, format order by ship collate "C", channel collate "C", format`,
  );
  return found.map((row) => ({
    ship: row['ship'] ?? '',
    channel: row['channel'] ?? '',
    format: row['format'] ?? null,
    rows: Number(row['rows']),
    maxBytes: Number(row['bytes']),
    mismatches: Number(row['mismatches']),
    filled: row['filled'] ?? null,
  }));
}

import type { SqlExecutor } from '@drover/core';
import { identifier, literal, qualifiedName } from '@drover/postgres';
import type { Span } from './range.ts';
import { rowPredicate } from './source-query.ts';
import type { SourceTable } from './source-table.ts';

/** The channels of each ship. */
export type ChannelMap = ReadonlyMap<string, readonly string[]>;

/** All ships that have rows. A loose index scan: one probe a ship, not one row a row. */
export async function readShips(sql: SqlExecutor, table: SourceTable): Promise<string[]> {
  const { entity } = table.columns;
  const column = identifier(entity.name);
  const from = qualifiedName(table.schema, table.name);
  const rows = table.pairIndex
    ? await sql.query(
        `with recursive skip(ship) as (
           (select ${column} from ${from} order by ${column} limit 1)
           union all
           select (select ${column} from ${from} where ${column} > skip.ship order by ${column} limit 1)
           from skip where skip.ship is not null)
         select ship::text from skip where ship is not null`,
      )
    : await sql.query(
        `select distinct (${entity.text}) collate "C" as ship from ${from} where ${column} is not null order by 1`,
      );
  return rows.map((row) => row['ship'] ?? '');
}

/**
 * The channels that the ships have. Exact within the transaction's snapshot: with an index on ship and
 * channel by skipping from one channel to the next (over all times, which is more than the span holds and
 * does no harm), else by reading the span.
 */
export async function readChannels(
  sql: SqlExecutor,
  table: SourceTable,
  span: Span,
): Promise<ChannelMap> {
  const { entity, channel } = table.columns;
  const from = qualifiedName(table.schema, table.name);
  const ship = identifier(entity.name);
  const column = identifier(channel.name);
  const rows = table.pairIndex
    ? await sql.query(
        `select wanted.ship::text, found.channel::text
         from unnest($1::${entity.type}[]) wanted(ship), lateral (
           with recursive skip(channel) as (
             (select ${column} from ${from} where ${ship} = wanted.ship order by ${column} limit 1)
             union all
             select (select ${column} from ${from}
                     where ${ship} = wanted.ship and ${column} > skip.channel order by ${column} limit 1)
             from skip where skip.channel is not null)
           select channel from skip where channel is not null) found`,
        [span.ships],
      )
    : await sql.query(
        `select distinct (${entity.text}) collate "C" as ship, (${channel.text}) collate "C" as channel
         from ${from} where ${rowPredicate(table, { ships: span.ships, span, without: [] })}`,
      );
  const channels = new Map<string, string[]>(span.ships.map((name) => [name, []]));
  for (const row of rows) channels.get(row['ship'] ?? '')?.push(row['channel'] ?? '');
  return channels;
}

/**
 * The formats that a channel's values have: those of its first and last row where an index leads there,
 * else all of the span. Decides the type of a new column; what it misses is caught value by value.
 */
export async function readFormats(
  sql: SqlExecutor,
  table: SourceTable,
  wanted: { ship: string; channels: readonly string[]; span: Pick<Span, 'from' | 'to'> },
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { entity, channel, time, format } = table.columns;
  const from = qualifiedName(table.schema, table.name);
  const shipIs = `${identifier(entity.name)} = ${literal(wanted.ship)}::${entity.type}`;
  const formatText = `${identifier(format.name)}::text`;
  const end = (direction: string) =>
    `(select ${formatText} as format from ${from} where ${shipIs}
      and ${identifier(channel.name)} = wanted.channel order by ${identifier(time.name)} ${direction} limit 1)`;
  const rows = table.pairIndex
    ? await sql.query(
        `select wanted.channel::text, found.format from unnest($1::${channel.type}[]) wanted(channel),
         lateral (${end('asc')} union ${end('desc')}) found where found.format is not null`,
        [wanted.channels],
      )
    : await sql.query(
        `select distinct (${channel.text}) collate "C" as channel, ${formatText} as format from ${from}
         where ${rowPredicate(table, { ships: [wanted.ship], span: wanted.span, without: [] })}
           and ${identifier(format.name)} is not null
           and (${channel.text}) collate "C" = any ($1::text[])`,
        [wanted.channels],
      );
  const formats = new Map<string, string[]>();
  for (const row of rows) {
    const name = row['channel'] ?? '';
    formats.set(name, [...(formats.get(name) ?? []), row['format'] ?? '']);
  }
  return formats;
}

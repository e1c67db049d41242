import type { SqlExecutor } from '@drover/core';
import { identifier, qualifiedName } from '@drover/postgres';

/** A row of the narrow table; every value as Postgres writes it, absent ones NULL. */
export interface NarrowRow {
  readonly ship: string | null;
  readonly channel: string | null;
  readonly time: string | null;
  readonly format: string | null;
  readonly bool?: string | null;
  readonly str?: string | null;
  readonly long?: string | null;
  readonly double?: string | null;
}

export interface NarrowTableOptions {
  readonly schema?: string;
  readonly name?: string;
  /** As in production: a primary key on ship, channel, time and an index on time, newest first. */
  readonly key?: boolean;
  readonly timeIndex?: boolean;
}

export async function createNarrowTable(
  sql: SqlExecutor,
  options: NarrowTableOptions = {},
): Promise<void> {
  const { schema = 'tenant', name = 'tbl_data_timeseries', key = true, timeIndex = true } = options;
  const table = qualifiedName(schema, name);
  await sql.query(`create schema if not exists ${identifier(schema)}`);
  await sql.query(
    `create table ${table} (
       id bigserial, ship_id text, data_channel_id text, created_time timestamp,
       server_created_time timestamp default now(), bool_v bool, str_v text, long_v int8,
       double_v float8, value_format varchar(50)
       ${key ? ', primary key (ship_id, data_channel_id, created_time)' : ''})`,
  );
  if (timeIndex) await sql.query(`create index on ${table} (created_time desc)`);
}

export async function insertNarrowRows(
  sql: SqlExecutor,
  rows: readonly NarrowRow[],
  options: NarrowTableOptions = {},
): Promise<void> {
  const { schema = 'tenant', name = 'tbl_data_timeseries' } = options;
  const column = (pick: (row: NarrowRow) => string | null | undefined) =>
    JSON.stringify(rows.map((row) => pick(row) ?? null));
  await sql.query(
    `insert into ${qualifiedName(schema, name)}
       (ship_id, data_channel_id, created_time, value_format, bool_v, str_v, long_v, double_v)
     select ship, channel, time::timestamp, format, bool::bool, str, long::int8, double::float8
     from rows from (
       json_array_elements_text($1::json), json_array_elements_text($2::json),
       json_array_elements_text($3::json), json_array_elements_text($4::json),
       json_array_elements_text($5::json), json_array_elements_text($6::json),
       json_array_elements_text($7::json), json_array_elements_text($8::json)
     ) as given(ship, channel, time, format, bool, str, long, double)`,
    [
      column((row) => row.ship),
      column((row) => row.channel),
      column((row) => row.time),
      column((row) => row.format),
      column((row) => row.bool),
      column((row) => row.str),
      column((row) => row.long),
      column((row) => row.double),
    ],
  );
}

/** A row of one format with its value in the right column. */
export function narrowRow(
  at: { ship: string; channel: string; time: string },
  format: 'Decimal' | 'Integer' | 'String' | 'Boolean',
  value: string | null,
): NarrowRow {
  const column = { Decimal: 'double', Integer: 'long', String: 'str', Boolean: 'bool' }[format];
  return { ...at, format, [column]: value };
}

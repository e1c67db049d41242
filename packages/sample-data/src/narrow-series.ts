import type { SqlExecutor } from '@drover/core';
import { SAMPLE_GROUPS } from './channels.ts';

export interface SeriesOptions {
  readonly ships: number;
  /** Length of the series; one sample of each channel each 15 seconds. */
  readonly minutes: number;
  /** Start of the series. */
  readonly from: string;
}

/** Rows that one statement inserts: a quarter of an hour, so that the source's memory stays small. */
const MINUTES_PER_INSERT = 15;

/** Share of the samples that are missing, and of those that arrive after all others. */
const GAPS = 0.01;
const LATE = 0.002;

/** Creates the narrow table as production has it, without its indexes. */
export async function createSeriesTable(sql: SqlExecutor): Promise<void> {
  await sql.query('create schema if not exists tenant');
  await sql.query(
    `create table tenant.tbl_data_timeseries (
       id bigserial, ship_id text not null, data_channel_id text not null, created_time timestamp not null,
       server_created_time timestamp, bool_v bool, str_v text, long_v int8, double_v float8,
       value_format varchar(50))`,
  );
}

/**
 * Fills the table in the order in which rows arrive: by time, within it by ship and channel, some missing,
 * some late; values of full precision. Then builds production's two indexes.
 * @returns how many rows there are.
 */
export async function fillSeries(sql: SqlExecutor, options: SeriesOptions): Promise<number> {
  const channels = SAMPLE_GROUPS.flatMap((group) => group.channels);
  const names = channels.map((channel) => channel.name);
  const formats = channels.map((channel) => channel.format);
  const insert = (late: boolean, at: number, minutes: number) =>
    sql.query(
      `insert into tenant.tbl_data_timeseries
         (ship_id, data_channel_id, created_time, server_created_time, bool_v, str_v, long_v, double_v, value_format)
       select ship, name, moment, moment + case when $7 then interval '2 hours' else interval '3 seconds' end,
         case format when 'Boolean' then random() < 0.5 end,
         case format when 'String' then (array['running', 'stopped', 'alarm: high', 'standby'])[1 + (random() * 3)::int] end,
         case format when 'Integer' then (random() * 10000)::int8 end,
         case format when 'Decimal' then random() * 1000 end, format
       from generate_series($3::timestamp + $4 * interval '1 minute', $3::timestamp + ($4 + $5) * interval '1 minute' - interval '1 second', interval '15 seconds') moment,
         (select 'SHIP' || lpad(number::text, 4, '0') from generate_series(1, $6::int) number) fleet(ship),
         unnest($1::text[], $2::text[]) with ordinality channel(name, format, place),
         lateral (select abs(hashtextextended(name || ship, extract(epoch from moment)::int8)) % 1000000 / 1e6) chance(draw)
       where case when $7 then draw >= ${GAPS} and draw < ${GAPS + LATE} else draw >= ${GAPS + LATE} end
       order by moment, ship, place`,
      [names, formats, options.from, at, minutes, options.ships, late],
    );
  for (let at = 0; at < options.minutes; at += MINUTES_PER_INSERT) {
    await insert(false, at, Math.min(MINUTES_PER_INSERT, options.minutes - at));
  }
  await insert(true, 0, options.minutes);
  await sql.query(
    'alter table tenant.tbl_data_timeseries add primary key (ship_id, data_channel_id, created_time)',
  );
  await sql.query('create index on tenant.tbl_data_timeseries (created_time desc)');
  await sql.query('vacuum analyze tenant.tbl_data_timeseries');
  const [row] = await sql.query('select count(*) as rows from tenant.tbl_data_timeseries');
  return Number(row?.['rows']);
}

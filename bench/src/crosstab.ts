import { SAMPLE_GROUPS } from '@drover/sample-data';
import pg from 'pg';

/** The pivot inside the database, by `crosstab` of the extension tablefunc: one query per table. */
export async function pivotByCrosstab(
  url: string,
  of: { ships: readonly string[]; from: string; to: string },
  schema: string,
): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('create extension if not exists tablefunc');
  for (const ship of of.ships) {
    for (const group of SAMPLE_GROUPS) {
      const names = group.channels.map((channel) => channel.name);
      const list = names.map((name) => `'${name}'`).join(',');
      const rows = `select created_time, data_channel_id, case value_format when 'Decimal' then double_v::text
          when 'Integer' then long_v::text when 'String' then str_v else bool_v::text end
        from tenant.tbl_data_timeseries where ship_id = '${ship}' and created_time >= '${of.from}'
          and created_time < '${of.to}' and data_channel_id in (${list}) order by 1, 2`;
      const columns = names.map((name) => `"${name}" text`).join(', ');
      const casts = group.channels
        .map(({ name, format }) => `"${name}"::${TYPES[format]}`)
        .join(', ');
      await client.query(
        `insert into "${schema}"."tbl_data_timeseries_${ship}_${group.name}"
           (created_time, ${names.map((name) => `"${name}"`).join(', ')})
         select created_time, ${casts} from crosstab($a$${rows}$a$, $b$select unnest(array[${list}])$b$)
           as wide(created_time timestamp, ${columns})`,
      );
    }
  }
  await client.end();
}

const TYPES = { Decimal: 'float8', Integer: 'int8', Boolean: 'bool', String: 'text' } as const;

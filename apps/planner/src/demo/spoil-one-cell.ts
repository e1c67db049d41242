import { type Database, identifier } from '@drover/postgres';
import { SAMPLE_GROUPS } from '@drover/sample-data';
import { DEMO_TARGET_SCHEMA } from './demo-migration.ts';

/**
 * Changes one value of one wide table behind Drover's back.
 * @returns where, as a person reads it.
 */
export async function spoilOneCell(sql: Database): Promise<string> {
  const [group] = SAMPLE_GROUPS;
  const channel = group?.channels.find((one) => one.format === 'Decimal');
  if (group === undefined || channel === undefined) throw new Error('The sample has no decimals.');
  const table = `${identifier(DEMO_TARGET_SCHEMA)}.${identifier(`tbl_data_timeseries_SHIP0001_${group.name}`)}`;
  const column = identifier(channel.name);
  const [changed] = await sql.query(
    `update ${table} set ${column} = ${column} + 1e-9
     where created_time = (select min(created_time) from ${table} where ${column} is not null)
     returning created_time::text as time`,
  );
  return `SHIP0001, ${String(changed?.['time'])}, ${channel.name}`;
}

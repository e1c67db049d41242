import type { SqlExecutor } from '@drover/core';
import { identifier, qualifiedName } from '@drover/postgres';
import type { NarrowRow } from './narrow-table.ts';

/** Wide rows by table and time: channel to value, cells that are NULL left out. */
export type WideTables = Record<string, Record<string, Record<string, string>>>;

/** Reads all wide tables of a schema whose names start with `prefix`, every value as text. */
export async function readWideTables(
  sql: SqlExecutor,
  schema: string,
  prefix: string,
): Promise<WideTables> {
  const names = await sql.query(
    `select c.relname, (select json_agg(attname) from pg_attribute a
       where a.attrelid = c.oid and attnum > 0 and not attisdropped) as columns
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relkind = 'r' and starts_with(c.relname, $2) order by 1`,
    [schema, prefix],
  );
  const tables: WideTables = {};
  for (const { relname, columns } of names) {
    const list = (JSON.parse(columns ?? '[]') as string[])
      .map((column) => `${identifier(column)}::text as ${identifier(column)}`)
      .join(', ');
    const rows = await sql.query(`select ${list} from ${qualifiedName(schema, relname ?? '')}`);
    const byTime: Record<string, Record<string, string>> = {};
    for (const { created_time: time, ...cells } of rows) {
      if (byTime[time ?? ''] !== undefined) throw new Error(`two rows at ${time} in ${relname}`);
      byTime[time ?? ''] = Object.fromEntries(
        Object.entries(cells).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
      );
    }
    tables[relname ?? ''] = byTime;
  }
  return tables;
}

/**
 * The pivot as anybody would write it: no streams, no bytes, no SQL. What the real one is held
 * against. Rows have unique keys, and a format that names their filled column.
 */
export function plainPivot(
  rows: readonly NarrowRow[],
  tableOf: (ship: string, channel: string) => string | null,
): WideTables {
  const tables: WideTables = {};
  for (const row of rows) {
    const table = tableOf(row.ship ?? '', row.channel ?? '');
    if (table === null) continue;
    const byTime = tables[table] ?? {};
    // No prototype: a channel may be named __proto__.
    const cells = byTime[row.time ?? ''] ?? (Object.create(null) as Record<string, string>);
    tables[table] = byTime;
    byTime[row.time ?? ''] = cells;
    const value = row.double ?? row.long ?? row.str ?? row.bool ?? null;
    if (value !== null) cells[row.channel ?? ''] = value;
  }
  return tables;
}

import type { TextRow } from '@drover/doris';
import type { ExistingTable } from './compare-table.ts';
import { targetIdentifier } from './names.ts';
import type { TablePlan } from './table-plan.ts';
import { targetLiteral } from './target-literal.ts';
import type { TargetSql } from './target-sql.ts';

/** Names of the tables of a database whose name begins so; none where there is no such database. */
export async function tablesLike(
  target: TargetSql,
  of: { readonly database: string; readonly prefix: string },
): Promise<readonly string[]> {
  const rows = await target.query(
    `SELECT TABLE_NAME FROM information_schema.tables WHERE TABLE_SCHEMA = ${targetLiteral(of.database)}`,
  );
  return rows.map((row) => row['TABLE_NAME'] ?? '').filter((name) => name.startsWith(of.prefix));
}

/** The table as it is there; null where there is none. */
export async function readExisting(
  target: TargetSql,
  { database, table }: Pick<TablePlan, 'database' | 'table'>,
): Promise<ExistingTable | null> {
  const columns = await target.query(
    `SELECT COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_KEY, COLUMN_DEFAULT FROM information_schema.columns
     WHERE TABLE_SCHEMA = ${targetLiteral(database)} AND TABLE_NAME = ${targetLiteral(table)}
     ORDER BY ORDINAL_POSITION`,
  );
  if (columns.length === 0) return null;
  const [shown] = await target.query(
    `SHOW CREATE TABLE ${targetIdentifier(database)}.${targetIdentifier(table)}`,
  );
  const ddl = shown?.['Create Table'] ?? '';
  const model = /\b(UNIQUE|DUPLICATE|AGGREGATE) KEY\s*\(/.exec(ddl)?.[1];
  return {
    // A table without keys of its own is printed without any.
    model: (model ?? 'DUPLICATE') as ExistingTable['model'],
    mergeOnWrite: /"enable_unique_key_merge_on_write"\s*=\s*"true"/.test(ddl),
    columns: columns.map(columnOf),
  };
}

function columnOf(row: TextRow): ExistingTable['columns'][number] {
  return {
    name: row['COLUMN_NAME'] ?? '',
    type: row['COLUMN_TYPE'] ?? '',
    nullable: row['IS_NULLABLE'] === 'YES',
    // Doris has words of its own here (`UNI`, `DUP`), other versions those of MySQL.
    isKey: (row['COLUMN_KEY'] ?? '') !== '',
    hasDefault: row['COLUMN_DEFAULT'] != null,
  };
}

/** Whether the table has no row. */
export async function isEmpty(
  target: TargetSql,
  { database, table }: Pick<TablePlan, 'database' | 'table'>,
): Promise<boolean> {
  const rows = await target.query(
    `SELECT 1 AS one FROM ${targetIdentifier(database)}.${targetIdentifier(table)} LIMIT 1`,
  );
  return rows.length === 0;
}

/** How many backends are alive, as the statements' server knows. */
export async function aliveBackends(target: TargetSql): Promise<number> {
  const rows = await target.query('SHOW BACKENDS');
  return rows.filter((row) => (row['Alive'] ?? '').toLowerCase() === 'true').length;
}

/** First two numbers of the server's version; null where it does not say. */
export async function serverVersion(
  target: TargetSql,
): Promise<{ major: number; minor: number } | null> {
  const [row] = await target.query('SELECT @@version_comment AS version');
  const match = /doris[^\d]*(\d+)\.(\d+)/i.exec(row?.['version'] ?? '');
  return match === null ? null : { major: Number(match[1]), minor: Number(match[2]) };
}

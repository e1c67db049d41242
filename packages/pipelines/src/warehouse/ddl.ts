import { targetIdentifier } from './names.ts';
import type { ColumnPlan, TablePlan } from './table-plan.ts';
import { targetLiteral } from './target-literal.ts';

const GIGABYTE = 2 ** 30;

/** As a person reads it; the same statement whoever makes it. */
export function createDatabaseStatement(database: string): string {
  return `CREATE DATABASE IF NOT EXISTS ${targetIdentifier(database)}`;
}

/**
 * With a key a table of the model UNIQUE KEY, merge-on-write, so that a row that is loaded again replaces itself;
 * without one a table that keeps every row it is given.
 * @param options.replicas copies of each tablet, at most as many as there are backends alive.
 * @param options.table another name than that of the plan, e.g. of a table that will take its place.
 */
export function createTableStatement(
  plan: TablePlan,
  options: { replicas: number; table?: string },
): string {
  const name = `${targetIdentifier(plan.database)}.${targetIdentifier(options.table ?? plan.table)}`;
  const key = plan.key.map((column) => targetIdentifier(column.name)).join(', ');
  const keyed = plan.key.length > 0;
  const properties = {
    replication_num: String(options.replicas),
    ...(keyed
      ? { enable_unique_key_merge_on_write: 'true' }
      : { enable_duplicate_without_keys_by_default: 'true' }),
    // Without it the number of buckets is the same for all tables.
    estimate_partition_size: `${Math.max(1, Math.ceil(plan.source.bytes / GIGABYTE))}G`,
  };
  return [
    `CREATE TABLE IF NOT EXISTS ${name} (`,
    plan.columns.map((column) => `  ${columnDefinition(column)}`).join(',\n'),
    ')',
    'ENGINE=OLAP',
    ...(keyed ? [`UNIQUE KEY(${key})`] : []),
    `COMMENT ${targetLiteral(plan.stream)}`,
    `DISTRIBUTED BY ${keyed ? `HASH(${key})` : 'RANDOM'} BUCKETS AUTO`,
    'PROPERTIES (',
    Object.entries(properties)
      .map(([property, value]) => `  "${property}" = "${value}"`)
      .join(',\n'),
    ')',
  ].join('\n');
}

/** A column as CREATE TABLE and ALTER TABLE have it; its name in the source is a comment where it is another. */
export function columnDefinition({ name, type, nullable, source }: ColumnPlan): string {
  const comment = name === source.name ? '' : ` COMMENT ${targetLiteral(source.name)}`;
  return `${targetIdentifier(name)} ${type} ${nullable ? 'NULL' : 'NOT NULL'}${comment}`;
}

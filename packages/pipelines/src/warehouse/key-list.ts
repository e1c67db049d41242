import { identifier } from '@drover/postgres';
import { boundLiteral, keyColumns } from './key-predicate.ts';
import type { SourceTable } from './source-table.ts';

/** SQL over `s`: true for the rows with one of these keys, whose values stand by the names of their columns. */
export function keyList(
  table: SourceTable,
  keys: readonly Readonly<Record<string, string>>[],
): string {
  const columns = keyColumns(table);
  const rows = keys.map((key) => {
    const values = columns.map((column) => boundLiteral(column, key[column.name] ?? ''));
    return `(${values.join(', ')})`;
  });
  return `(${columns.map(({ name }) => `s.${identifier(name)}`).join(', ')}) in (${rows.join(', ')})`;
}

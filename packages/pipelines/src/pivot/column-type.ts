import { DroverError } from '@drover/core';
import type { SourceTable, ValueColumn } from './source-table.ts';
import type { PivotSpec } from './spec.ts';

/** The type that a value column has in a wide table: its own, and `text` for all kinds of text. */
export function nativeType(value: ValueColumn): string {
  return /^(character|bpchar|"char"|name$|citext$)|\.citext$/.test(value.type)
    ? 'text'
    : value.type;
}

/** The type of a new column. A channel with several formats, or none known, takes any as text. */
export function newColumnType(
  columnType: PivotSpec['target']['columnType'],
  source: SourceTable,
  formats: readonly string[],
): string {
  if (columnType === 'text') return 'text';
  const values = source.columns.values.filter((value) => formats.includes(value.format));
  const [only] = values;
  return only !== undefined && values.length === 1 && formats.length === 1
    ? nativeType(only)
    : 'text';
}

/**
 * Which value columns, by index, a wide column of this type takes; null where it takes any as text.
 * @throws DroverError TABLE_CONFLICT where it could hold none of them exactly.
 */
export function acceptedValues(
  source: SourceTable,
  column: { table: string; name: string; type: string },
): readonly number[] | null {
  if (column.type === 'text') return null;
  const accepted = source.columns.values.flatMap((value, index) =>
    nativeType(value) === column.type ? [index] : [],
  );
  if (accepted.length > 0) return accepted;
  throw new DroverError('TABLE_CONFLICT', {
    message: `Column "${column.name}" of table ${column.table} is ${column.type}, which holds no value column of the source exactly.`,
    hint: 'Change the column to text or to the type of its value column, or recreate the table with --drop-tables.',
  });
}

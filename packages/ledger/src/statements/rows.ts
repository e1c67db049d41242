import type { SqlRow } from '@drover/core';

/** Readers of result columns, which arrive as text. A missing column is a defect and throws. */
export function text(row: SqlRow, column: string): string {
  const value = row[column];
  if (value == null) throw new TypeError(`the ledger gave no ${column}`);
  return value;
}

export function number(row: SqlRow, column: string): number {
  return Number(text(row, column));
}

export function optionalNumber(row: SqlRow, column: string): number | null {
  return row[column] == null ? null : number(row, column);
}

/** JSON as the ledger itself wrote it. */
export function json<T>(row: SqlRow, column: string): T {
  return JSON.parse(text(row, column)) as T;
}

export function bool(row: SqlRow, column: string): boolean {
  return text(row, column) === 't';
}

/** SQL: a timestamp as milliseconds since 1970. */
export function millis(expression: string): string {
  return `(extract(epoch from ${expression}) * 1000)::int8`;
}

/** SQL: words of a state table as a list of constants, so that partial indexes are seen to fit. */
export function words(list: readonly string[]): string {
  return `(${list.map((word) => `'${word}'`).join(', ')})`;
}

import type { RefusedRow } from '@drover/doris';
import { literal } from '@drover/postgres';
import type { ColumnPlan, TablePlan } from './table-plan.ts';

/** Rule of the rejects that only the target could tell. */
export const REFUSED_RULE = 'refused-by-target';

/** Rows that the target refused, by the texts of the columns that name them. */
export interface RefusedKey {
  readonly reason: string;
  readonly texts: readonly (string | null)[];
}

/** The columns that tell a row from others: the key, or all of them. */
function namingColumns(plan: TablePlan): readonly ColumnPlan[] {
  return plan.key.length > 0 ? plan.key : plan.columns;
}

/** Which rows of the load the refused ones are; those that cannot be read are left out. */
export function refusedKeys(plan: TablePlan, rows: readonly RefusedRow[]): readonly RefusedKey[] {
  const naming = namingColumns(plan);
  const places = naming.map((column) => plan.columns.indexOf(column));
  return rows.flatMap(({ reason, line }) => {
    const fields = readFields(line);
    if (fields === null || fields.length < plan.columns.length) return [];
    return [{ reason, texts: places.map((place) => fields[place] ?? null) }];
  });
}

/** SQL over `s`: true for the rows with these keys, never NULL. */
export function isRefused(plan: TablePlan, keys: readonly RefusedKey[]): string {
  const naming = namingColumns(plan);
  const conditions = keys.map(({ texts }) =>
    naming
      .map((column, index) => {
        const text = texts[index] ?? null;
        return `(${column.value})::text is not distinct from ${text === null ? 'null' : literal(text)}`;
      })
      .join(' and '),
  );
  return `(${conditions.map((one) => `(${one})`).join(' or ')})`;
}

/**
 * The fields of a line as Drover sends it: quoted, with backslashes before quotes and backslashes, or `\N`.
 * null for a line of any other form, as when the server printed the row in its own way.
 */
function readFields(line: string): readonly (string | null)[] | null {
  const fields: (string | null)[] = [];
  const field = /"((?:[^"\\]|\\["\\])*)"|\\N/y;
  for (let at = 0; at <= line.length; ) {
    field.lastIndex = at;
    const match = field.exec(line);
    if (match === null) return null;
    fields.push(match[1] === undefined ? null : match[1].replaceAll(/\\(["\\])/g, '$1'));
    at = field.lastIndex;
    if (at === line.length) return fields;
    if (line[at] !== ',') return null;
    at += 1;
  }
  return null;
}

import type { JsonObject, Reject, SqlRow } from '@drover/core';
import { identifier } from '@drover/postgres';
import { misfitsOf } from './misfit.ts';
import { relationOf, type SourceColumn } from './source-table.ts';
import type { TablePlan } from './table-plan.ts';

/** Longer texts of a rejected row are cut: a reject shows a row, it does not keep it. */
const SHOWN_CHARACTERS = 10_000;

/**
 * The rows that do not fit, each with the first rule that it breaks, in no order.
 * @param of.from SQL that gives rows `s`; by default the table.
 * @param of.where SQL over `s`; null: all of them.
 * @param of.limit how many rows at most.
 * @returns null where every row fits.
 */
export function rejectsQuery(
  plan: TablePlan,
  of: { from?: string; where: string | null; limit: number },
): string | null {
  const misfits = misfitsOf(plan);
  if (misfits.length === 0) return null;
  const cases = misfits.map(({ condition }, index) => `when ${condition} then ${index}`);
  const { columns } = plan.source;
  const range = of.where === null ? '' : `(${of.where}) and `;
  return [
    `select r.rule, ${jsonArray(keyTexts(plan))} as key, ${jsonArray(columns.map(shownText))} as row`,
    `from ${of.from ?? `${relationOf(plan.source)} s`}`,
    `cross join lateral (select case ${cases.join(' ')} end as rule) r`,
    `where ${range}r.rule is not null`,
    `limit ${of.limit}`,
  ].join(' ');
}

/** One row that a query of `rejectsQuery` answered. */
export function readReject(plan: TablePlan, row: SqlRow): Reject {
  const misfit = misfitsOf(plan)[Number(row['rule'])];
  if (misfit === undefined) throw new TypeError(`no rule ${row['rule']} in ${plan.stream}`);
  return {
    key: named(keyNames(plan), row['key']),
    rule: misfit.rule,
    column: misfit.column.source.name,
    reason: misfit.reason,
    rows: 1,
    row: named(
      plan.source.columns.map(({ name }) => name),
      row['row'],
    ),
  };
}

/** Of a table without a key the place of the row, as long as nobody updates it. */
function hasPlace({ key, source }: TablePlan): boolean {
  return key.length === 0 && source.kind !== 'view' && source.kind !== 'foreign table';
}

function keyNames(plan: TablePlan): string[] {
  return hasPlace(plan) ? ['table', 'ctid'] : plan.key.map(({ source }) => source.name);
}

function keyTexts(plan: TablePlan): string[] {
  return hasPlace(plan)
    ? ['s.tableoid::regclass::text', 's.ctid::text']
    : plan.key.map(({ source }) => sourceText(source));
}

function sourceText({ name }: SourceColumn): string {
  return `s.${identifier(name)}::text`;
}

function shownText(column: SourceColumn): string {
  const { name, schema } = column.type;
  const text = sourceText(column);
  if (name === 'bytea' && schema === 'pg_catalog') {
    // The text of a very long one is more than the server can make.
    const place = `s.${identifier(column.name)}`;
    const bytes = SHOWN_CHARACTERS / 2;
    return `case when octet_length(${place}) > ${bytes} then substring(${place} from 1 for ${bytes})::text || '...' else ${text} end`;
  }
  return `case when length(${text}) > ${SHOWN_CHARACTERS} then left(${text}, ${SHOWN_CHARACTERS}) || '...' else ${text} end`;
}

function jsonArray(texts: readonly string[]): string {
  return `array_to_json(array[${texts.join(', ')}]::text[])::text`;
}

function named(names: readonly string[], json: string | null | undefined): JsonObject {
  const texts = JSON.parse(json ?? '[]') as (string | null)[];
  return Object.fromEntries(names.map((name, index) => [name, texts[index] ?? null]));
}

/** The rows that a condition names, each to be set aside for a reason that somebody else gave. */
export function namedRowsQuery(plan: TablePlan, of: { from?: string; where: string }): string {
  return [
    `select ${jsonArray(keyTexts(plan))} as key, ${jsonArray(plan.source.columns.map(shownText))} as row`,
    `from ${of.from ?? `${relationOf(plan.source)} s`}`,
    `where ${of.where}`,
  ].join(' ');
}

/** One row that a query of `namedRowsQuery` answered. */
export function readNamedRow(plan: TablePlan, row: SqlRow): Pick<Reject, 'key' | 'row'> {
  const columns = plan.source.columns.map(({ name }) => name);
  return { key: named(keyNames(plan), row['key']), row: named(columns, row['row']) };
}

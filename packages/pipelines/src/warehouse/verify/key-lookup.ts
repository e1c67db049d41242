import { DroverError } from '@drover/core';
import { identifier, qualifiedName } from '@drover/postgres';
import type { ColumnPlan } from '../table-plan.ts';
import type { TargetRow } from '../target-sql.ts';
import type { SourceSide } from './sides.ts';
import type { Subject } from './subject.ts';

/** A key that the source lacks, one text for each of its columns. */
export interface ExtraKey {
  /** As the source would print it; as the target has it, where the source could not hold it at all. */
  readonly source: readonly string[];
  /** The exact texts of the target. */
  readonly target: readonly string[];
}

/**
 * Those of the keys that no row of the source has now. By the index of the key, where a text of the target can be
 * read as a value of the source and printed again as the same text; the others are looked for in all of the
 * table, among the texts themselves.
 */
export async function keysNotInSource(
  source: SourceSide,
  subject: Subject,
  keys: readonly (readonly string[])[],
): Promise<readonly ExtraKey[]> {
  const rows = await lookUp(source, subject, keys);
  const unreadable = keys.filter((_, index) => rows?.[index]?.['faithful'] !== 't');
  const present = await searchTexts(source, subject, unreadable);
  return keys.flatMap((target, index) => {
    const row = rows?.[index];
    if (row?.['faithful'] === 't') {
      const printed = target.map((text, at) => row[`p${at}`] ?? text);
      return row['present'] === 't' ? [] : [{ source: printed, target }];
    }
    return present.has(JSON.stringify(target)) ? [] : [{ source: target, target }];
  });
}

/** One row for each key, in their order; null where some text is no value of the source's type. */
async function lookUp(
  source: SourceSide,
  { plan, exact }: Subject,
  keys: readonly (readonly string[])[],
): Promise<readonly TargetRow[] | null> {
  const names = exact.map((column) => identifier(column.source.name));
  const typed = exact.map(
    (column, index) => `${readable(column, `k.c${index}`)} as ${names[index]}`,
  );
  const samePrint = sameTexts(source, exact);
  const sameValue = exact
    .filter(({ source: { type } }) => type.kind !== 'base' || type.schema === 'pg_catalog')
    .map((column) => identifier(column.source.name))
    .map((name) => `s.${name} = v.${name}`);
  try {
    return await source.query(
      `select ${names.map((name, index) => `v.${name}::text as p${index}`).join(', ')},
         (select ${samePrint} from (select ${names.map((name) => `v.${name}`).join(', ')}) as s) as faithful,
         exists (select from ${source.dialect.table(plan)} where ${[...sameValue, samePrint].join(' and ')}) as present
       from ${textRows(exact)}
       cross join lateral (select ${typed.join(', ')}) as v
       order by k.place`,
      columnsOf(exact, keys),
    );
  } catch (error) {
    if (error instanceof DroverError && error.code === 'INVALID_VALUE') return null;
    throw error;
  }
}

/** Which of the keys are among the texts of the source's rows: reads the whole table. */
async function searchTexts(
  source: SourceSide,
  { plan, exact }: Subject,
  keys: readonly (readonly string[])[],
): Promise<ReadonlySet<string>> {
  if (keys.length === 0) return new Set();
  const rows = await source.query(
    `select distinct ${exact.map((_, index) => `k.c${index}`).join(', ')}
     from ${source.dialect.table(plan)} join ${textRows(exact)} on ${sameTexts(source, exact)}`,
    columnsOf(exact, keys),
  );
  return new Set(
    rows.map((row) => JSON.stringify(exact.map((_, index) => row[`c${index}`] ?? null))),
  );
}

function textRows(key: readonly ColumnPlan[]): string {
  const arrays = key.map((_, index) => `$${index + 1}::text[]`);
  const names = key.map((_, index) => `c${index}`);
  return `unnest(${arrays.join(', ')}) with ordinality as k(${names.join(', ')}, place)`;
}

function columnsOf(key: readonly ColumnPlan[], keys: readonly (readonly string[])[]): string[][] {
  return key.map((_, index) => keys.map((texts) => texts[index] ?? ''));
}

function sameTexts({ dialect }: SourceSide, key: readonly ColumnPlan[]): string {
  return key
    .map((column, index) => `${dialect.canonical(column)} collate "C" = k.c${index} collate "C"`)
    .join(' and ');
}

/** The text of the target as a value of the source's type, without the limits of its length. */
function readable({ source: { type } }: ColumnPlan, text: string): string {
  const value = type.name === 'bytea' ? `('\\x' || ${text})` : text;
  return `${value}::${qualifiedName(type.schema, type.name)}`;
}

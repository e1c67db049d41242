import type { ColumnPlan } from '../table-plan.ts';
import type { Dialect } from './dialect.ts';
import { inBuckets, type Place } from './scope.ts';
import type { Subject } from './subject.ts';

/** Something else that a query wants of each row, under a name of its own. */
export interface Extra {
  readonly name: string;
  readonly sql: string;
}

/** The hash of the row's exact columns. */
export const ROW_HASH = 'drover_h';

/** The hash that names the row, and that buckets are made of: of its key, or of all of it. */
export function keyHash({ keyLength, exact }: Subject): string {
  return keyLength === 0 || keyLength === exact.length ? ROW_HASH : 'drover_k';
}

export function textName(index: number): string {
  return `drover_v${index}`;
}

export function looseName(index: number): string {
  return `drover_l${index}`;
}

/**
 * FROM and WHERE over the rows of a place, with the texts of the exact columns, what there is to compare of
 * the loose ones, and the hashes: each computed once a row.
 */
export function hashedRows(
  dialect: Dialect,
  subject: Subject,
  place: Place,
  extras: readonly Extra[] = [],
): string {
  const { alias, fence } = dialect;
  const columns = [
    ...named(subject.exact, textName, (column) => dialect.canonical(column)),
    ...named(subject.loose, looseName, (column) => dialect.loose(column)),
    ...extras,
  ];
  const texts = subject.exact.map((_, index) => `${alias}.${textName(index)}`);
  const hash = keyHash(subject);
  const hashes = [{ name: ROW_HASH, sql: dialect.md5(dialect.rowText(texts)) }];
  if (hash !== ROW_HASH) {
    const key = dialect.rowText(texts.slice(0, subject.keyLength));
    hashes.push({ name: hash, sql: dialect.md5(key) });
  }
  const values = `SELECT ${columns.map(as).join(', ')} FROM ${dialect.table(subject.plan)} WHERE ${dialect.within(subject.plan, place.range)}${fence}`;
  const passed = columns.map(({ name }) => `${alias}.${name} AS ${name}`);
  const rows = `SELECT ${[...passed, ...hashes.map(as)].join(', ')} FROM (${values}) AS ${alias}${fence}`;
  return `FROM (${rows}) AS ${alias} WHERE ${inBuckets(`${alias}.${hash}`, place)}`;
}

function named(
  columns: readonly ColumnPlan[],
  name: (index: number) => string,
  sql: (column: ColumnPlan) => string,
): Extra[] {
  return columns.map((column, index) => ({ name: name(index), sql: sql(column) }));
}

function as({ name, sql }: Extra): string {
  return `${sql} AS ${name}`;
}

import { identifier } from '@drover/postgres';
import { sourcePredicate, targetPredicate } from '../key-predicate.ts';
import type { KeyRange } from '../key-range.ts';
import { targetIdentifier } from '../names.ts';
import { relationOf } from '../source-table.ts';
import type { ColumnPlan, TablePlan } from '../table-plan.ts';
import { isFloat } from './loose-values.ts';
import { sourceRowText, targetRowText, utf8Bytes } from './row-text.ts';

/** What the two databases say differently; all else of the verification's SQL is written once. */
export interface Dialect {
  readonly side: 'source' | 'target';
  /** Of the table, and of every subquery over it: the plan's expressions are written over it. */
  readonly alias: 's' | 't';
  /** Ends a subquery whose results are used several times, and must not be computed as often. */
  readonly fence: string;
  table(plan: TablePlan): string;
  within(plan: TablePlan, range: KeyRange): string;
  /** The exact text of a column that has one. */
  canonical(column: ColumnPlan): string;
  /** What can be compared of a column without exact text: a float's number, of others that there is a value. */
  loose(column: ColumnPlan): string;
  rowText(values: readonly string[]): string;
  md5(text: string): string;
  /** Sum over the rows of the 32-bit number in eight digits of a hash. */
  wordSum(hash: string, word: number): string;
  /** A column of the table as the plan's expressions name it. */
  column(column: ColumnPlan): string;
  /** A column of floats in double precision. */
  double(column: ColumnPlan): string;
  /** A number from 0 to 1 that a hash stands for, in double precision. */
  share(hash: string): string;
}

const WORD_VALUES = 2 ** 32;

/** The greatest double. */
const GREATEST = '1.7976931348623157E308';

/** @param utf8 whether the database keeps its texts in UTF-8. */
export function sourceDialect(utf8: boolean): Dialect {
  return {
    side: 'source',
    alias: 's',
    // Postgres merges subqueries into the query around them, but for those with a limit or an offset.
    fence: ' OFFSET 0',
    table: liveRows,
    within: (plan, range) => sourcePredicate(plan.source, range, 's'),
    // A text made of columns with several collations has none, and cannot be grouped by.
    canonical: (column) => `(${canonicalOf(column, 'source')})::text COLLATE "C"`,
    loose: (column) =>
      isFloat(column) ? `(${column.value})::text` : presence(`(${column.value})`),
    rowText: (values) => sourceRowText(values, utf8),
    md5: (text) => `md5(${utf8Bytes(text, utf8)})`,
    wordSum: (hash, word) => `sum(${sourceNumber(wordOf(hash, word))})`,
    column: ({ source }) => identifier(source.name),
    double: (column) => `(${column.value})::float8`,
    share: (hash) => `${sourceNumber(wordOf(hash, 0))}::float8 / ${WORD_VALUES}`,
  };
}

export const TARGET_DIALECT: Dialect = {
  side: 'target',
  alias: 't',
  fence: '',
  table: ({ database, table }) => `${targetIdentifier(database)}.${targetIdentifier(table)} AS t`,
  within: (plan, range) => targetPredicate(plan, range, 't'),
  canonical: (column) => canonicalOf(column, 'target'),
  loose: (column) => {
    const name = `t.${targetIdentifier(column.name)}`;
    return isFloat(column) ? targetFloat(name) : presence(name);
  },
  rowText: targetRowText,
  md5: (text) => `MD5(${text})`,
  // A sum of BIGINT is a BIGINT, and would overflow at 2^31 rows; one of LARGEINT is a LARGEINT.
  wordSum: (hash, word) => `SUM(CAST(CONV(${wordOf(hash, word)}, 16, 10) AS LARGEINT))`,
  column: ({ name }) => targetIdentifier(name),
  double: ({ name }) => `CAST(t.${targetIdentifier(name)} AS DOUBLE)`,
  share: (hash) => `CAST(CONV(${wordOf(hash, 0)}, 16, 10) AS DOUBLE) / ${WORD_VALUES}`,
};

/** Rows that count as deleted are not to be in the target. Its place in time goes with a row where it has one. */
function liveRows({ source, deletedWhen }: TablePlan): string {
  const relation = relationOf(source);
  if (deletedWhen === null) return `${relation} AS s`;
  const hasPlace = source.kind !== 'view' && source.kind !== 'foreign table';
  return `(SELECT s.*${hasPlace ? ', s.xmin' : ''} FROM ${relation} AS s WHERE (${deletedWhen}) IS NOT TRUE) AS s`;
}

function canonicalOf({ canonical, name }: ColumnPlan, side: 'source' | 'target'): string {
  if (canonical === null) throw new TypeError(`column ${name} has no exact text`);
  return canonical[side];
}

function sourceNumber(word: string): string {
  return `('x' || ${word})::bit(32)::bigint`;
}

function targetFloat(name: string): string {
  const value = `CAST(${name} AS DOUBLE)`;
  // How versions print what is no number is not laid down; that NaN is not below anything holds for all.
  return `CASE WHEN ${name} IS NULL THEN NULL WHEN ${value} BETWEEN -${GREATEST} AND ${GREATEST} THEN CAST(${name} AS STRING) WHEN ${value} < -${GREATEST} THEN '-Infinity' WHEN 0 - ${value} < -${GREATEST} THEN 'Infinity' ELSE 'NaN' END`;
}

function presence(value: string): string {
  return `CASE WHEN ${value} IS NULL THEN NULL ELSE 'a value' END`;
}

function wordOf(hash: string, word: number): string {
  return `SUBSTR(${hash}, ${word * 8 + 1}, 8)`;
}

import { identifier, literal, qualifiedName } from '@drover/postgres';
import type { KeyRange } from './key-range.ts';
import { type Comparable, lexicographic } from './lexicographic.ts';
import { targetIdentifier } from './names.ts';
import type { SourceColumn, SourceTable, SourceType } from './source-table.ts';
import type { TablePlan } from './table-plan.ts';
import { targetBound } from './target-bound.ts';

/**
 * The rows of a range, as conditions over the source's table under an alias, joined by `and`. Ranges that
 * follow one another without a gap, open at both ends, hold every row once: rows with a NULL in the key belong
 * to the range that is open above.
 */
export function sourcePredicate(
  table: Pick<SourceTable, 'schema' | 'name' | 'columns' | 'key'>,
  range: KeyRange,
  alias: string,
): string {
  const key = keyColumns(table);
  const place = ({ name }: SourceColumn) => `${alias}.${identifier(name)}`;
  const compare = (bound: readonly string[], side: Side): string => {
    const columns = columnsOf(key, bound);
    // Names of operators are looked up in pg_catalog, where those of an extension's types are not.
    const plain = columns.every(({ type }) => type.kind !== 'base' || type.schema === 'pg_catalog');
    if (!plain) {
      return lexicographic(
        columns.map((column, index) =>
          foreignComparable(column, place(column), bound[index] ?? ''),
        ),
        side,
      );
    }
    const values = columns.map((column, index) => boundLiteral(column, bound[index] ?? ''));
    return `${rowOf(columns.map(place))} ${OPERATORS[side]} ${rowOf(values)}`;
  };
  const nullable = key.filter((column) => !column.notNull);
  return withinRange(range, compare, {
    filled: nullable.map((column) => `${place(column)} is not null`),
    // A composite with a NULL in it is neither NULL nor NOT NULL.
    missing: nullable.map((column) => `not (${place(column)} is not null)`),
  });
}

/**
 * The same rows as a condition over the target's table.
 * @throws TypeError for a key that does not have the same order in both, see `TablePlan.sameOrder`.
 */
export function targetPredicate(
  plan: Pick<TablePlan, 'key'>,
  range: KeyRange,
  alias: string,
): string {
  const place = (name: string) => `${alias}.${targetIdentifier(name)}`;
  // Doris compares tuples for equality only.
  const compare = (bound: readonly string[], side: Side): string =>
    lexicographic(
      columnsOf(plan.key, bound).map((column, index) => {
        const at = targetBound(column, bound[index] ?? '');
        if (at === 'lowest' || at === 'highest') return at;
        return (operator) => `${place(column.name)} ${operator} ${at.value}`;
      }),
      side,
    );
  const nullable = plan.key.filter((column) => !column.source.notNull);
  return withinRange(range, compare, {
    filled: nullable.map(({ name }) => `${place(name)} is not null`),
    missing: nullable.map(({ name }) => `${place(name)} is null`),
  });
}

type Side = 'from' | 'to';

const OPERATORS: Readonly<Record<Side, string>> = { from: '>=', to: '<' };

/** `filled`, `missing`: conditions on the columns of the key that may be NULL. */
function withinRange(
  { from, to }: KeyRange,
  compare: (bound: readonly string[], side: Side) => string,
  { filled, missing }: { filled: readonly string[]; missing: readonly string[] },
): string {
  if (from === null && to === null) return 'true';
  const inside = [
    ...(from === null ? [] : [compare(from, 'from')]),
    ...(to === null ? [] : [compare(to, 'to')]),
    ...filled,
  ].join(' and ');
  return to !== null || missing.length === 0 ? inside : `(${inside} or ${missing.join(' or ')})`;
}

/** The columns of the key, in its order. */
export function keyColumns({
  schema,
  name,
  columns,
  key,
}: Pick<SourceTable, 'schema' | 'name' | 'columns' | 'key'>): readonly SourceColumn[] {
  return (key?.columns ?? []).map((wanted) => {
    const column = columns.find((candidate) => candidate.name === wanted);
    if (column === undefined) throw new TypeError(`${schema}.${name} has no key column ${wanted}`);
    return column;
  });
}

function columnsOf<Column>(key: readonly Column[], bound: readonly string[]): readonly Column[] {
  if (bound.length === 0 || bound.length > key.length) {
    throw new TypeError(`a bound of ${bound.length} values for a key of ${key.length} columns`);
  }
  return key.slice(0, bound.length);
}

const rowOf = (values: readonly string[]): string =>
  values.length === 1 ? (values[0] ?? '') : `(${values.join(', ')})`;

/**
 * The value of a bound as SQL of the source. Of the type below domains, whose conditions a bound that lies
 * between two values need not meet.
 */
export function boundLiteral({ type }: SourceColumn, value: string): string {
  const cast = `${literal(value)}::${isMoney(type) ? 'numeric::money' : qualifiedName(type.schema, type.name)}`;
  return cast.trimStart();
}

/** SQL of the source that prints the value of a key column as that of a bound. */
export function boundText({ type }: SourceColumn, place: string): string {
  return `${place}${isMoney(type) ? '::numeric' : ''}::text`;
}

/** Printed in the currency of the server's locale, in which it need not be read again. */
const isMoney = ({ schema, name }: SourceType): boolean =>
  schema === 'pg_catalog' && name === 'money';

function foreignComparable(column: SourceColumn, place: string, bound: string): Comparable {
  const { kind, schema } = column.type;
  const named = (operator: string) =>
    kind === 'base' ? `operator(${identifier(schema)}.${operator})` : operator;
  return (operator) => `${place} ${named(operator)} ${boundLiteral(column, bound)}`;
}

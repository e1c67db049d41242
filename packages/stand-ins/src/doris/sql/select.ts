import type { Row, Value } from '../store.ts';
import { isAggregate, keyOf } from './aggregates.ts';
import { order } from './compare.ts';
import { type Compiled, constant } from './compiled.ts';
import { testOf } from './conditions.ts';
import { compile, type Scope } from './evaluate.ts';
import { Grouping, mentions } from './grouping.ts';
import { columnOf, qualifies, type Relation } from './relation.ts';
import { notKnown, refused, unknownColumn } from './sql-error.ts';
import type { Expression, Order, Query, SelectItem, TableName } from './syntax.ts';

/** What a query asks of the session that runs it. */
interface QueryContext extends Pick<Scope, 'variable' | 'environment'> {
  relation(name: TableName): Relation;
  /** Gives way to other sessions. @throws SqlError if the statement was killed meanwhile. */
  readonly pause: () => Promise<void>;
}

/** Rows between two pauses. */
const BATCH = 4096;

const NOTHING: Relation = { fields: [], rows: [[]], database: null, alias: null };

interface Item {
  readonly name: string;
  readonly expression: Expression;
}

/** Runs a query to its end; the result's fields are named as the query names them. */
export async function runQuery(query: Query, context: QueryContext): Promise<Relation> {
  const source = await sourceOf(query, context);
  const scope = scopeOf(source, context);
  const items = query.items.flatMap((item) => expand(item, source));
  const grouping = groupingOf({ query, items, source, scope });
  const inner = grouping?.scope ?? scope;
  const outputs = items.map(({ name, expression }) => ({ name, ...compile(expression, inner) }));
  const aliased = withAliases(items, inner);
  const having = query.having === null ? null : testOf(compile(query.having, aliased));
  const sorting = query.orderBy.map((by) => sortKey(by, items, aliased));
  if (query.distinct) mustBeSelected(query.orderBy, items);

  const where = query.where === null ? null : testOf(compile(query.where, scope));
  const kept = where === null ? source.rows : await filtered(source.rows, where, context);
  if (grouping !== null) await each(kept, (row) => grouping.add(row), context);
  const shaped: Shaped[] = [];
  await each(
    grouping?.rows() ?? kept,
    (row) => {
      if (having !== null && !having(row)) return;
      shaped.push({
        row: outputs.map(({ run }) => run(row)),
        keys: sorting.map(({ run }) => run(row)),
      });
    },
    context,
  );
  return {
    fields: outputs.map(({ name, type }) => ({ name, type })),
    rows: arranged(query, shaped, sorting),
    database: null,
    alias: null,
  };
}

interface Shaped {
  readonly row: Row;
  readonly keys: readonly Value[];
}

async function sourceOf({ source }: Query, context: QueryContext): Promise<Relation> {
  if (source === null) return NOTHING;
  if (source.kind === 'table') {
    return { ...context.relation(source), alias: source.alias ?? source.table };
  }
  return { ...(await runQuery(source.query, context)), alias: source.alias };
}

/** The names of a relation's columns, and what the session knows. */
export function scopeOf(
  relation: Relation,
  { variable, environment }: Pick<Scope, 'variable' | 'environment'>,
): Scope {
  return {
    column: (qualifier, name) => columnOf(relation, qualifier, name),
    variable,
    environment,
  };
}

function expand(item: SelectItem, source: Relation): Item[] {
  if (item.kind === 'expression') return [item];
  if (source === NOTHING) throw refused('SELECT * takes a table');
  if (!qualifies(source, item.qualifier)) {
    throw unknownColumn(`${item.qualifier.join('.')}.*`, 'field list');
  }
  return source.fields.map(({ name }) => ({
    name,
    expression: { kind: 'column', qualifier: [], name },
  }));
}

/** Null for a query that gives a row for each row of its source. */
function groupingOf(parts: {
  query: Query;
  items: readonly Item[];
  source: Relation;
  scope: Scope;
}): Grouping | null {
  const { query, items, source, scope } = parts;
  const aggregated = [
    ...items.map(({ expression }) => expression),
    ...query.orderBy.map(({ expression }) => expression),
    ...(query.having === null ? [] : [query.having]),
  ].some((expression) =>
    mentions(expression, (one) => one.kind === 'call' && isAggregate(one.name)),
  );
  if (query.groupBy.length === 0 && !aggregated) {
    if (query.having !== null) throw notKnown('HAVING without GROUP BY');
    return null;
  }
  const keys = query.groupBy.map((expression) => {
    const hidden =
      expression.kind === 'column' &&
      source.fields.some(({ name }) => name.toLowerCase() === expression.name.toLowerCase());
    return hidden ? expression : (named(expression, items) ?? expression);
  });
  return new Grouping(keys, scope);
}

/** What a position in the list of items, or the alias of one, stands for. */
function named(expression: Expression, items: readonly Item[]): Expression | undefined {
  if (expression.kind === 'literal' && typeof expression.value === 'bigint') {
    const item = items[Number(expression.value) - 1];
    if (item === undefined) throw refused(`position ${expression.value} is not in the select list`);
    return item.expression;
  }
  if (expression.kind !== 'column' || expression.qualifier.length > 0) return undefined;
  const wanted = expression.name.toLowerCase();
  return items.find(({ name }) => name.toLowerCase() === wanted)?.expression;
}

/** HAVING and ORDER BY see the aliases of the items before the columns of the source. */
function withAliases(items: readonly Item[], scope: Scope): Scope {
  return {
    ...scope,
    column: (qualifier, name) => {
      const meant = named({ kind: 'column', qualifier, name }, items);
      return meant === undefined ? scope.column(qualifier, name) : compile(meant, scope);
    },
  };
}

function sortKey({ expression }: Order, items: readonly Item[], scope: Scope): Compiled {
  const position = expression.kind === 'literal' ? named(expression, items) : undefined;
  const key = compile(position ?? expression, scope);
  // Found out before the first row: is there an order of such values at all?
  if (key.type.name === 'NULL') return constant(key.type, null);
  order(key.type);
  return key;
}

function mustBeSelected(orderBy: readonly Order[], items: readonly Item[]): void {
  for (const { expression } of orderBy) {
    if (named(expression, items) === undefined) {
      throw notKnown('SELECT DISTINCT that is ordered by what it does not select');
    }
  }
}

async function filtered(
  rows: readonly Row[],
  test: (row: Row) => boolean,
  context: QueryContext,
): Promise<readonly Row[]> {
  const kept: Row[] = [];
  await each(
    rows,
    (row) => {
      if (test(row)) kept.push(row);
    },
    context,
  );
  return kept;
}

async function each(
  rows: readonly Row[],
  visit: (row: Row) => void,
  { pause }: QueryContext,
): Promise<void> {
  for (let from = 0; from < rows.length; from += BATCH) {
    for (const row of rows.slice(from, from + BATCH)) visit(row);
    await pause();
  }
}

function arranged(query: Query, shaped: Shaped[], sorting: readonly Compiled[]): readonly Row[] {
  const unique = query.distinct
    ? [...new Map(shaped.map((one) => [keyOf(one.row), one])).values()]
    : shaped;
  const rank = sorting.map(({ type }) => (type.name === 'NULL' ? () => 0 : order(type)));
  unique.sort((one, other) => {
    for (const [index, { descending, nullsFirst }] of query.orderBy.entries()) {
      const [left, right] = [one.keys[index] ?? null, other.keys[index] ?? null];
      if ((left === null) !== (right === null)) return (left === null) === nullsFirst ? -1 : 1;
      const ranked = rank[index]?.(left, right) ?? 0;
      if (ranked !== 0) return descending ? -ranked : ranked;
    }
    return 0;
  });
  const end = query.limit === null ? undefined : query.offset + query.limit;
  return unique.slice(query.offset, end).map(({ row }) => row);
}

import type { Column, Table, Value, Write } from '../store.ts';
import { type Compiled, convertTo } from './compiled.ts';
import { testOf } from './conditions.ts';
import { isText, type OnInvalid } from './convert.ts';
import { compile, type Scope } from './evaluate.ts';
import { columnOf, type Relation } from './relation.ts';
import { scopeOf } from './select.ts';
import { notKnown, refused, unknownColumn } from './sql-error.ts';
import type { Expression, Statement } from './syntax.ts';

type Of<Kind extends Statement['kind']> = Extract<Statement, { kind: Kind }>;
type Environment = Pick<Scope, 'variable' | 'environment'>;

/** Adds rows; a UNIQUE table replaces those with the same key. Returns how many were given. */
export function insertRows(
  table: Table,
  { columns, rows }: Pick<Of<'insert'>, 'columns' | 'rows'>,
  environment: Environment,
): number {
  const { columns: all } = table.definition;
  const places = (columns ?? all.map(({ name }) => name)).map((name) => placeOf(table, name));
  if (new Set(places).size < places.length) throw refused('a column is named twice');
  const scope: Scope = {
    ...environment,
    column: (_qualifier, name) => {
      throw unknownColumn(name, 'values list');
    },
  };
  const writes = rows.map((expressions): Write => {
    if (expressions.length !== places.length) {
      throw refused(
        `Column count doesn't match value count: expected ${places.length}, found ${expressions.length}`,
      );
    }
    const row: Value[] = all.map(() => null);
    for (const [index, expression] of expressions.entries()) {
      const place = places[index] ?? 0;
      row[place] = stored(compile(expression, scope), columnAt(table, place)).run([]);
    }
    for (const [index, column] of all.entries()) checkCell(row[index] ?? null, column);
    return { kind: 'put', row };
  });
  table.apply(writes);
  return writes.length;
}

/** Only in UNIQUE tables, and only values: a key says which row it is. */
export function updateRows(
  table: Table,
  { assignments, where }: Pick<Of<'update'>, 'assignments' | 'where'>,
  environment: Environment,
): number {
  const { model, columns } = table.definition;
  if (model !== 'UNIQUE') throw refused('Only unique table could be updated.');
  const relation = relationOf(table, null);
  const scope = scopeOf(relation, environment);
  const changes = assignments.map(({ column: name, value }) => {
    const place = placeOf(table, name);
    const column = columnAt(table, place);
    if (column.isKey) throw refused('Only value columns of unique table could be updated');
    return { place, column, run: stored(compile(value, scope), column).run };
  });
  const test = testOf(compile(where, scope));
  const writes = relation.rows.filter(test).map((row): Write => {
    const changed = [...row];
    for (const { place, column, run } of changes) {
      const value = run(row);
      checkCell(value, column);
      changed[place] = value;
    }
    return { kind: 'put', row: changed.slice(0, columns.length) };
  });
  table.apply(writes);
  return writes.length;
}

export function deleteRows(table: Table, where: Expression, environment: Environment): number {
  const relation = relationOf(table, null);
  if (table.definition.model === 'DUPLICATE') checkSimple(where, relation);
  const test = testOf(compile(where, scopeOf(relation, environment)));
  const before = table.count;
  table.retain((row) => !test(row));
  return before - table.count;
}

/** The rows of a table as they are now; what changes the table later does not change them. */
export function relationOf(table: Table, database: string | null): Relation {
  const { name, columns } = table.definition;
  return { fields: columns, rows: [...table.rows()], database, alias: name };
}

/** DELETE on a table without unique keys takes comparisons of a column with a literal, joined by AND. */
function checkSimple(where: Expression, relation: Relation): void {
  if (where.kind === 'binary' && where.operator === 'AND') {
    checkSimple(where.left, relation);
    checkSimple(where.right, relation);
    return;
  }
  const column = simpleColumn(where);
  if (column === null) {
    throw refused(
      'Where clause only supports compound predicate, binary predicate, is_null predicate or in predicate',
    );
  }
  columnOf(relation, column.qualifier, column.name);
}

type ColumnExpression = Extract<Expression, { kind: 'column' }>;

function simpleColumn(where: Expression): ColumnExpression | null {
  if (where.kind === 'not') {
    const positive = where.operand.kind === 'in' || where.operand.kind === 'is-null';
    return positive ? simpleColumn(where.operand) : null;
  }
  if (where.kind === 'binary') {
    const compares = ['=', '<>', '<', '<=', '>', '>='].includes(where.operator);
    return compares && where.right.kind === 'literal' ? columnIn(where.left) : null;
  }
  if (where.kind === 'in') {
    return where.list.every(({ kind }) => kind === 'literal') ? columnIn(where.operand) : null;
  }
  return where.kind === 'is-null' ? columnIn(where.operand) : null;
}

function columnIn(expression: Expression): ColumnExpression | null {
  return expression.kind === 'column' ? expression : null;
}

const strictly: OnInvalid = (value, to) => {
  throw refused(`Insert has filtered data in strict mode: '${value}' is no ${to.name}`);
};

/** As the column stores it; lengths are checked with the cell. */
function stored(value: Compiled, { type }: Column): Compiled {
  if (isText(type.name)) return convertTo(value, { name: 'STRING' }, strictly);
  if (value.type.name === 'BOOLEAN' && type.name !== 'BOOLEAN') {
    throw notKnown(`a BOOLEAN in a column of ${type.name}`);
  }
  return convertTo(value, type, strictly);
}

function checkCell(value: Value, { name, nullable, type }: Column): void {
  if (value === null) {
    if (!nullable) throw refused(`Column '${name}' cannot be null: it is not nullable`, 1048);
    return;
  }
  const { length } = type;
  const bytes = isText(type.name) ? Buffer.byteLength(String(value)) : 0;
  if (length !== undefined && bytes > length) {
    throw refused(
      `Insert has filtered data in strict mode: the length of input is too long than schema. column: ${name}; schema length: ${length}; actual length: ${bytes}`,
    );
  }
}

function placeOf(table: Table, name: string): number {
  const wanted = name.toLowerCase();
  const place = table.definition.columns.findIndex(
    (column) => column.name.toLowerCase() === wanted,
  );
  if (place < 0) throw unknownColumn(name, 'field list');
  return place;
}

function columnAt(table: Table, place: number): Column {
  const column = table.definition.columns[place];
  if (column === undefined) throw unknownColumn(String(place), 'field list');
  return column;
}

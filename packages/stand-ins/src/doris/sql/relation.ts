import type { Row } from '../store.ts';
import { type Compiled, computed } from './compiled.ts';
import { refused, unknownColumn } from './sql-error.ts';
import type { ValueType } from './syntax.ts';

export interface Field {
  readonly name: string;
  readonly type: ValueType;
}

/** Rows under names: a table, a subquery, or one of the views on the catalogue. */
export interface Relation {
  readonly fields: readonly Field[];
  readonly rows: readonly Row[];
  /** How a column may be qualified: the last part of `db`.`t`.`c` before the column, or the alias. */
  readonly database: string | null;
  readonly alias: string | null;
}

/** What a name stands for in a row of the relation. Column names have no case (§7). */
export function columnOf(relation: Relation, qualifier: readonly string[], name: string): Compiled {
  const wanted = name.toLowerCase();
  const index = relation.fields.findIndex((field) => field.name.toLowerCase() === wanted);
  const field = relation.fields[index];
  if (field === undefined || !qualifies(relation, qualifier)) {
    throw unknownColumn([...qualifier, name].join('.'), 'table list');
  }
  if (relation.fields.some((other, at) => at > index && other.name.toLowerCase() === wanted)) {
    throw refused(`${name} is ambiguous: more than one column has this name`);
  }
  return computed(field.type, (row) => row[index] ?? null);
}

export function qualifies(relation: Relation, qualifier: readonly string[]): boolean {
  if (qualifier.length === 0) return true;
  if (qualifier.at(-1) !== relation.alias) return false;
  return qualifier.length === 1 || (qualifier.length === 2 && qualifier[0] === relation.database);
}

import type { ColumnPlan } from './table-plan.ts';
import { targetLiteral } from './target-literal.ts';
import { parseTargetType, type TargetType } from './target-type.ts';

/** `value`: SQL of the target. `lowest` and `highest`: beyond all that the column can hold. */
export type TargetBound = { readonly value: string } | 'lowest' | 'highest';

/**
 * A bound of the source, as the server prints it with its settings pinned, for comparing with the column of
 * the target that holds the same values.
 * @throws TypeError where the two do not have the same order.
 */
export function targetBound(column: ColumnPlan, text: string): TargetBound {
  const type = parseTargetType(column.type);
  const bound = type === null ? null : boundOf(type, column, text);
  if (bound === null) {
    const { name, type: from } = column.source;
    throw new TypeError(`${name}: ${from.printed} and ${column.type} have no order in common`);
  }
  return bound;
}

function boundOf(type: TargetType, { source }: ColumnPlan, text: string): TargetBound | null {
  const { name, schema, kind } = source.type;
  if (schema !== 'pg_catalog' || kind !== 'base') return null;
  switch (type.kind) {
    case 'boolean':
    case 'integer':
    case 'decimal':
      if (name === 'bool') return { value: text.startsWith('t') ? '1' : '0' };
      return NUMBERS.has(name) ? numberOf(text) : null;
    case 'date':
      return name === 'date' ? momentOf(text, 'DATE') : null;
    case 'datetime':
      return name === 'timestamp' || name === 'timestamptz' ? momentOf(text, 'DATETIME(6)') : null;
    case 'varchar':
    case 'string':
      return source.bytewise ? textOf(name, text) : null;
    case 'float':
    case 'json':
      return null;
  }
}

const NUMBERS = new Set(['int2', 'int4', 'int8', 'oid', 'numeric', 'money']);

/** Types whose values are ordered as the bytes of their texts are. */
const TEXTS = new Set(['text', 'varchar', 'name', 'uuid', 'time', 'macaddr', 'macaddr8']);

function numberOf(text: string): TargetBound {
  if (text === '-Infinity') return 'lowest';
  return text === 'NaN' || text === 'Infinity' ? 'highest' : { value: text };
}

/** Doris has the years 1 to 9999; the rows of all others are rejected, and stand before or after. */
function momentOf(text: string, type: string): TargetBound {
  if (text === '-infinity' || text.endsWith(' BC')) return 'lowest';
  if (text === 'infinity' || /^\d{5}/.test(text)) return 'highest';
  return { value: `CAST(${targetLiteral(text.replace(/\+00$/, ''))} AS ${type})` };
}

function textOf(typeName: string, text: string): TargetBound | null {
  if (TEXTS.has(typeName)) return { value: targetLiteral(text) };
  // Moved without the blanks that it is filled up with.
  if (typeName === 'bpchar') return { value: targetLiteral(text.replace(/ +$/, '')) };
  // Moved as hexadecimal digits.
  if (typeName === 'bytea') return { value: targetLiteral(text.replace(/^\\x/, '')) };
  return null;
}

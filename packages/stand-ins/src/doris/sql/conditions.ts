import type { ColumnType, Row, Value } from '../store.ts';
import { type Comparable, comparison } from './compare.ts';
import {
  asCondition,
  asText,
  BOOLEAN,
  type Compiled,
  computed,
  convertTo,
  refuseInvalid,
} from './compiled.ts';
import { isText } from './convert.ts';
import { notKnown } from './sql-error.ts';

type Order = '=' | '<>' | '<' | '<=' | '>' | '>=';

const HOLDS: Readonly<Record<Order, (order: number) => boolean>> = {
  '=': (order) => order === 0,
  '<>': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

export function compare(operator: Order, one: Compiled, other: Compiled): Compiled {
  const [left, right] = aligned(one, other);
  const { left: leftForm, right: rightForm, compare: rank } = comparison(left.type, right.type);
  const holds = HOLDS[operator];
  return computed(BOOLEAN, (row) => {
    const [a, b] = [left.run(row), right.run(row)];
    return a === null || b === null ? null : flag(holds(rank(leftForm(a), rightForm(b))));
  });
}

/** `<=>`: NULL equals NULL. */
export function nullSafeEqual(one: Compiled, other: Compiled): Compiled {
  const [left, right] = aligned(one, other);
  const { left: leftForm, right: rightForm, compare: rank } = comparison(left.type, right.type);
  return computed(BOOLEAN, (row) => {
    const [a, b] = [left.run(row), right.run(row)];
    if (a === null || b === null) return flag(a === b);
    return flag(rank(leftForm(a), rightForm(b)) === 0);
  });
}

export function and(one: Compiled, other: Compiled): Compiled {
  const [left, right] = [asCondition(one), asCondition(other)];
  return computed(BOOLEAN, (row) => {
    const a = left(row);
    if (a === false) return 0n;
    const b = right(row);
    return b === false ? 0n : a === null || b === null ? null : 1n;
  });
}

export function or(one: Compiled, other: Compiled): Compiled {
  const [left, right] = [asCondition(one), asCondition(other)];
  return computed(BOOLEAN, (row) => {
    const a = left(row);
    if (a === true) return 1n;
    const b = right(row);
    return b === true ? 1n : a === null || b === null ? null : 0n;
  });
}

export function not(operand: Compiled): Compiled {
  const condition = asCondition(operand);
  return computed(BOOLEAN, (row) => {
    const value = condition(row);
    return value === null ? null : flag(!value);
  });
}

export function isNull({ run }: Compiled): Compiled {
  return computed(BOOLEAN, (row) => flag(run(row) === null));
}

/** One test for each item; where the list is of literals in one form, one look into a set. */
export function isIn(operand: Compiled, list: readonly Compiled[]): Compiled {
  const set = setOf(operand, list);
  if (set === null) return list.map((item) => compare('=', operand, item)).reduce(or);
  const { form, members, hasNull } = set;
  return computed(BOOLEAN, (row) => {
    const value = operand.run(row);
    if (value === null) return null;
    return members.has(form(value)) ? 1n : hasNull ? null : 0n;
  });
}

export function like(operand: Compiled, pattern: Compiled): Compiled {
  if (!pattern.literal) throw notKnown('LIKE with a pattern that is no literal');
  const text = pattern.run([]);
  if (text === null) return computed(BOOLEAN, () => null);
  const matches = likePattern(String(text));
  const { run } = asText(operand);
  return computed(BOOLEAN, (row) => {
    const value = run(row);
    return value === null ? null : flag(matches.test(String(value)));
  });
}

/** `%` is any text, `_` one character, a backslash takes their meaning away. */
export function likePattern(pattern: string): RegExp {
  const source = pattern.replace(/\\?[\s\S]/gu, (part) => {
    if (part === '%') return '.*';
    if (part === '_') return '.';
    return (part.startsWith('\\') && part.length > 1 ? part.slice(1) : part).replace(
      /[\\^$.*+?()[\]{}|/]/gu,
      '\\$&',
    );
  });
  return new RegExp(`^${source}$`, 'su');
}

/** A literal text takes the type of what it is compared with. */
function aligned(left: Compiled, right: Compiled): readonly [Compiled, Compiled] {
  return [alignedTo(left, right), alignedTo(right, left)];
}

function alignedTo(one: Compiled, other: Compiled): Compiled {
  if (!one.literal || !isText(one.type.name) || isText(other.type.name)) return one;
  const { type } = other;
  if (type.name === 'NULL' || type.name === 'JSON') return one;
  // A fraction finer than the column's is compared as it is, not rounded to the column.
  const wanted: ColumnType = type.name === 'DATETIME' ? { name: 'DATETIME', scale: 6 } : type;
  if (type.name === 'DECIMAL' || type.name === 'BOOLEAN') {
    throw notKnown(`the comparison of a text literal with ${type.name}; write a number`);
  }
  return convertTo(one, wanted, refuseInvalid);
}

function setOf(
  operand: Compiled,
  list: readonly Compiled[],
): { form: (value: Comparable) => Comparable; members: Set<Comparable>; hasNull: boolean } | null {
  if (operand.type.name === 'DECIMAL' || !list.every(({ literal }) => literal)) return null;
  const members = new Set<Comparable>();
  let hasNull = false;
  let form: ((value: Comparable) => Comparable) | undefined;
  for (const item of list) {
    if (item.type.name === 'DECIMAL' || item.type.name === 'DOUBLE') return null;
    const literal = alignedTo(item, operand);
    const forms = comparison(operand.type, literal.type);
    const value = literal.run([]);
    if (value === null) hasNull = true;
    else {
      form ??= forms.left;
      members.add(forms.right(value));
    }
  }
  return form === undefined ? null : { form, members, hasNull };
}

function flag(holds: boolean): Value {
  return holds ? 1n : 0n;
}

type Test = (row: Row) => boolean;

/** A condition of a clause: a row counts only where it is true. */
export function testOf(condition: Compiled): Test {
  const run = asCondition(condition);
  return (row) => run(row) === true;
}

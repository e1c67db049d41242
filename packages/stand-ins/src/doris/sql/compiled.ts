import type { ColumnType, Row, Value } from '../store.ts';
import { scaleOf } from './compare.ts';
import {
  type Convert,
  converter,
  isDouble,
  isMoment,
  isNumeric,
  isText,
  type OnInvalid,
} from './convert.ts';
import { MAX_PRECISION } from './decimal.ts';
import { digitsOf, isInteger, wider } from './integer.ts';
import { notKnown, refused } from './sql-error.ts';
import type { ValueType } from './syntax.ts';

/** An expression made ready once a statement, run once a row. */
export interface Compiled {
  readonly type: ValueType;
  readonly run: (row: Row) => Value;
  /** True for what the statement spells out; a text among these takes the type it is compared with. */
  readonly literal: boolean;
}

export const BOOLEAN: ColumnType = { name: 'BOOLEAN' };
export const BIGINT: ColumnType = { name: 'BIGINT' };
export const DOUBLE: ColumnType = { name: 'DOUBLE' };
export const STRING: ColumnType = { name: 'STRING' };

export function constant(type: ValueType, value: Value): Compiled {
  return { type, run: () => value, literal: true };
}

/** A value of the row. */
export function computed(type: ValueType, run: (row: Row) => Value): Compiled {
  return { type, run, literal: false };
}

/** NULL if any argument is; else what `apply` makes of them. */
export function strict(
  type: ValueType,
  args: readonly Compiled[],
  apply: (...values: NonNullable<Value>[]) => Value,
): Compiled {
  const [first, second] = args;
  if (args.length === 1 && first !== undefined) {
    return computed(type, (row) => {
      const value = first.run(row);
      return value === null ? null : apply(value);
    });
  }
  if (args.length === 2 && first !== undefined && second !== undefined) {
    return computed(type, (row) => {
      const [left, right] = [first.run(row), second.run(row)];
      return left === null || right === null ? null : apply(left, right);
    });
  }
  return computed(type, (row) => {
    const values: NonNullable<Value>[] = [];
    for (const argument of args) {
      const value = argument.run(row);
      if (value === null) return null;
      values.push(value);
    }
    return apply(...values);
  });
}

/** The expression as another type, unchanged where it has it already. */
export function convertTo(source: Compiled, type: ColumnType, onInvalid: OnInvalid): Compiled {
  if (sameType(source.type, type)) return source;
  const convert: Convert = converter(source.type, type, onInvalid);
  const run = (row: Row): Value => {
    const value = source.run(row);
    return value === null ? null : convert(value);
  };
  // A literal is converted once, and its error is that of the statement.
  return source.literal ? constant(type, run([])) : computed(type, run);
}

export const refuseInvalid: OnInvalid = (value, to) => {
  throw refused(`'${value}' cannot be cast to ${to.name}`);
};

/** As text, where a function wants text. */
export function asText(source: Compiled): Compiled {
  if (isText(source.type.name)) return source;
  return convertTo(source, STRING, refuseInvalid);
}

/** As a condition: true, false or NULL. */
export function asCondition(source: Compiled): (row: Row) => boolean | null {
  const { name } = source.type;
  if (name !== 'BOOLEAN' && name !== 'NULL' && !isInteger(name)) {
    throw notKnown(`${name} as a condition`);
  }
  return (row) => {
    const value = source.run(row);
    return value === null ? null : value !== 0n;
  };
}

/** The type that holds the values of all branches of a choice. */
export function unify(types: readonly ValueType[]): ValueType {
  return types.reduce(unifyTwo, { name: 'NULL' });
}

function unifyTwo(left: ValueType, right: ValueType): ValueType {
  if (left.name === 'NULL') return right;
  if (right.name === 'NULL' || sameType(left, right)) return left;
  if (isText(left.name) && isText(right.name)) return STRING;
  if (isNumeric(left.name) && isNumeric(right.name)) return unifyNumbers(left, right);
  if (isMoment(left.name) && isMoment(right.name)) {
    return { name: 'DATETIME', scale: Math.max(scaleOf(left), scaleOf(right)) };
  }
  throw notKnown(`the common type of ${left.name} and ${right.name}; cast one of them`);
}

export function unifyNumbers(left: ValueType, right: ValueType): ValueType {
  if (isInteger(left.name) && isInteger(right.name)) return { name: wider(left.name, right.name) };
  if (isDouble(left.name) || isDouble(right.name)) return DOUBLE;
  if (left.name === 'BOOLEAN') return right;
  if (right.name === 'BOOLEAN') return left;
  const scale = Math.max(scaleOf(left), scaleOf(right));
  const whole = Math.max(wholeDigits(left), wholeDigits(right));
  return { name: 'DECIMAL', precision: Math.min(whole + scale, MAX_PRECISION), scale };
}

function wholeDigits(type: ValueType): number {
  if (isInteger(type.name)) return digitsOf(type.name);
  return 'precision' in type ? (type.precision ?? 0) - scaleOf(type) : 0;
}

function sameType(left: ValueType, right: ValueType): boolean {
  if (left.name === 'NULL' || right.name === 'NULL') return left.name === right.name;
  return (
    left.name === right.name &&
    left.length === right.length &&
    left.precision === right.precision &&
    left.scale === right.scale
  );
}

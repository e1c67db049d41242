import type { Value } from '../store.ts';
import { isDouble, isMoment, isNumeric, isText } from './convert.ts';
import { rescale, unscaledOf } from './decimal.ts';
import { isInteger } from './integer.ts';
import { notKnown } from './sql-error.ts';
import type { ValueType } from './syntax.ts';

export type Comparable = NonNullable<Value>;

/** How values of two types compare: each side brought to one form, then the order of that form. */
interface Comparison {
  readonly left: (value: Comparable) => Comparable;
  readonly right: (value: Comparable) => Comparable;
  /** Negative, zero or positive. */
  readonly compare: (left: Comparable, right: Comparable) => number;
}

const same = (value: Comparable): Comparable => value;

/** @throws SqlError for pairs of types whose common form is in doubt; a CAST says what is meant. */
export function comparison(left: ValueType, right: ValueType): Comparison {
  if (left.name === 'NULL' || right.name === 'NULL')
    return { left: same, right: same, compare: rank };
  if (isText(left.name) && isText(right.name)) return { left: same, right: same, compare: byBytes };
  if (isNumeric(left.name) && isNumeric(right.name)) return ofNumbers(left, right);
  if (isMoment(left.name) && isMoment(right.name)) {
    return { left: momentForm, right: momentForm, compare: rank };
  }
  throw notKnown(`the comparison of ${left.name} with ${right.name}; cast one of them`);
}

/** The order of two values of one type; NULL is another's concern. */
export function order(type: ValueType): (left: Value, right: Value) => number {
  const { left: form, compare } = comparison(type, type);
  return (left, right) => (left === null || right === null ? 0 : compare(form(left), form(right)));
}

/** Strings compare as their UTF-8 bytes, which is the order of code points and not that of UTF-16. */
function byBytes(left: Comparable, right: Comparable): number {
  if (left === right) return 0;
  const [one, other] = [String(left), String(right)];
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at += 1) {
    const [a, b] = [one.charCodeAt(at), other.charCodeAt(at)];
    if (a === b) continue;
    const surrogates = Number(isSurrogate(a)) - Number(isSurrogate(b));
    return surrogates !== 0 && a >= 0xd800 && b >= 0xd800 ? surrogates : a - b;
  }
  return one.length - other.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

function ofNumbers(left: ValueType, right: ValueType): Comparison {
  if (isDouble(left.name) || isDouble(right.name))
    return { left: Number, right: Number, compare: rankDoubles };
  const scale = Math.max(scaleOf(left), scaleOf(right));
  return { left: exactForm(left, scale), right: exactForm(right, scale), compare: rank };
}

function exactForm(type: ValueType, scale: number): (value: Comparable) => Comparable {
  if (isInteger(type.name) || type.name === 'BOOLEAN') {
    if (scale === 0) return same;
    const factor = 10n ** BigInt(scale);
    return (value) => BigInt(value) * factor;
  }
  return (value) => rescale(unscaledOf(String(value)), scaleOf(type), scale);
}

/** NaN is equal to itself and greater than all others, as in the results of the server's own tests. */
function rankDoubles(left: Comparable, right: Comparable): number {
  const nans = Number(Number.isNaN(left)) - Number(Number.isNaN(right));
  return nans === 0 ? rank(left, right) : nans;
}

/** A date is its midnight; fraction digits that are all zero do not count. */
function momentForm(value: Comparable): string {
  const text = String(value);
  if (text.length === 10) return `${text} 00:00:00`;
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function rank(left: Comparable, right: Comparable): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

export function scaleOf(type: ValueType): number {
  return 'scale' in type ? (type.scale ?? 0) : 0;
}

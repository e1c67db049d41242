import type { Value } from '../store.ts';
import { scaleOf } from './compare.ts';
import { BIGINT, type Compiled, DOUBLE, strict, unifyNumbers } from './compiled.ts';
import { isDouble, isNumeric } from './convert.ts';
import { decimalText, MAX_PRECISION, rescale, unscaledOf } from './decimal.ts';
import { fits } from './integer.ts';
import { notKnown } from './sql-error.ts';
import type { ValueType } from './syntax.ts';

type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | 'DIV';

const INTEGERS: Readonly<
  Record<Exclude<ArithmeticOperator, '/'>, (left: bigint, right: bigint) => bigint>
> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '%': (left, right) => left % right,
  DIV: (left, right) => left / right,
};

const DOUBLES: Readonly<
  Record<Exclude<ArithmeticOperator, 'DIV'>, (left: number, right: number) => number>
> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
};

const DIVIDES: readonly ArithmeticOperator[] = ['/', '%', 'DIV'];

/** Integers and decimals exactly, doubles as such; division by zero is NULL. */
export function arithmetic(
  operator: ArithmeticOperator,
  left: Compiled,
  right: Compiled,
): Compiled {
  for (const { type } of [left, right]) {
    if (!isNumeric(type.name) && type.name !== 'NULL')
      throw notKnown(`${operator} of ${type.name}`);
  }
  const type = unifyNumbers(left.type, right.type);
  if (isDouble(type.name)) return ofDoubles(operator, left, right);
  if (type.name === 'DECIMAL') return ofDecimals(operator, left, right);
  if (operator === '/') return ofDoubles(operator, left, right);
  return ofIntegers(operator, left, right);
}

function ofIntegers(
  operator: Exclude<ArithmeticOperator, '/'>,
  left: Compiled,
  right: Compiled,
): Compiled {
  const large = left.type.name === 'LARGEINT' || right.type.name === 'LARGEINT';
  const name = large ? 'LARGEINT' : 'BIGINT';
  const apply = INTEGERS[operator];
  const divides = DIVIDES.includes(operator);
  return strict({ name }, [left, right], (a, b) => {
    if (divides && b === 0n) return null;
    const result = apply(BigInt(a), BigInt(b));
    // The server wraps around in silence; what relies on that is a mistake.
    if (!fits(result, name)) throw notKnown(`${a} ${operator} ${b}, which is beyond ${name}`);
    return result;
  });
}

function ofDoubles(operator: ArithmeticOperator, left: Compiled, right: Compiled): Compiled {
  if (operator === 'DIV') throw notKnown('DIV of doubles');
  const apply = DOUBLES[operator];
  const divides = DIVIDES.includes(operator);
  return strict(DOUBLE, [left, right], (a, b) => {
    const divisor = Number(b);
    return divides && divisor === 0 ? null : apply(Number(a), divisor);
  });
}

function ofDecimals(operator: ArithmeticOperator, left: Compiled, right: Compiled): Compiled {
  if (operator === '/' || operator === 'DIV') throw notKnown(`${operator} of decimals`);
  const [leftScale, rightScale] = [scaleOf(left.type), scaleOf(right.type)];
  const product = operator === '*';
  const scale = product ? leftScale + rightScale : Math.max(leftScale, rightScale);
  if (scale > MAX_PRECISION) throw notKnown(`decimals with ${scale} fraction digits`);
  const type: ValueType = { name: 'DECIMAL', precision: MAX_PRECISION, scale };
  const apply = INTEGERS[operator];
  const limit = 10n ** BigInt(MAX_PRECISION);
  return strict(type, [left, right], (a, b) => {
    const one = digits(a, leftScale, product ? leftScale : scale);
    const other = digits(b, rightScale, product ? rightScale : scale);
    if (operator === '%' && other === 0n) return null;
    const result = apply(one, other);
    if (result >= limit || result <= -limit) throw notKnown('decimals beyond 38 digits');
    return decimalText(result, scale);
  });
}

function digits(value: NonNullable<Value>, from: number, to: number): bigint {
  return rescale(unscaledOf(String(value)), from, to);
}

export function negate(operand: Compiled): Compiled {
  return arithmetic('-', { type: BIGINT, run: () => 0n, literal: true }, operand);
}

import type { Row, Value } from '../store.ts';
import { order, scaleOf } from './compare.ts';
import { BIGINT, type Compiled, DOUBLE } from './compiled.ts';
import { isDouble } from './convert.ts';
import { decimalText, divideRounded, MAX_PRECISION, rescale, unscaledOf } from './decimal.ts';
import { fits, isInteger } from './integer.ts';
import { notKnown, refused } from './sql-error.ts';
import type { ValueType } from './syntax.ts';

/** What gathers the rows of one group. */
export interface Gathering {
  add(row: Row): void;
  result(): Value;
}

export interface Aggregate {
  readonly type: ValueType;
  readonly start: () => Gathering;
}

const NAMES = new Set(['COUNT', 'SUM', 'MIN', 'MAX', 'AVG', 'GROUP_BIT_XOR', 'ANY_VALUE']);

export function isAggregate(name: string): boolean {
  return NAMES.has(name);
}

/** `args` is '*' for COUNT(*). */
export function aggregate(
  name: string,
  args: readonly Compiled[] | '*',
  distinct: boolean,
): Aggregate {
  if (name === 'COUNT') return count(args, distinct);
  if (distinct) throw notKnown(`${name}(DISTINCT ...)`);
  const [operand] = args === '*' ? [] : args;
  if (operand === undefined || args.length !== 1) throw refused(`${name} takes one argument`);
  switch (name) {
    case 'SUM':
      return sum(operand);
    case 'AVG':
      return average(operand);
    case 'MIN':
      return extreme(operand, -1);
    case 'MAX':
      return extreme(operand, 1);
    case 'ANY_VALUE':
      return fold(operand, operand.type, (kept) => kept);
    default:
      return bitXor(operand);
  }
}

function count(args: readonly Compiled[] | '*', distinct: boolean): Aggregate {
  if (args === '*') {
    return gathering(BIGINT, () => {
      let rows = 0n;
      return {
        add: () => {
          rows += 1n;
        },
        result: () => rows,
      };
    });
  }
  if (args.length !== 1 && !distinct) throw refused('COUNT takes one argument');
  return gathering(BIGINT, () => {
    const seen = new Set<string>();
    let rows = 0n;
    return {
      add: (row) => {
        const values = args.map(({ run }) => run(row));
        if (values.includes(null)) return;
        if (distinct) seen.add(keyOf(values));
        else rows += 1n;
      },
      result: () => (distinct ? BigInt(seen.size) : rows),
    };
  });
}

/** Values that are the same have the same key, and no others. */
export function keyOf(values: readonly Value[]): string {
  return JSON.stringify(values.map((value) => (value === null ? null : String(value))));
}

/** §9: the sum of integers is a BIGINT. The server lets it overflow in silence; here that is an error. */
function sum(operand: Compiled): Aggregate {
  const { type } = operand;
  if (isDouble(type.name))
    return fold(operand, DOUBLE, (total, value) => Number(total) + Number(value));
  if (type.name === 'DECIMAL') {
    const scale = scaleOf(type);
    return exactSum(operand, { name: 'DECIMAL', precision: MAX_PRECISION, scale }, (total) => {
      const text = decimalText(total, scale);
      if (total.toString().replace('-', '').length > MAX_PRECISION) overflow(text, 'DECIMAL(38)');
      return text;
    });
  }
  const name = type.name === 'LARGEINT' ? 'LARGEINT' : 'BIGINT';
  if (!isInteger(type.name) && type.name !== 'BOOLEAN') throw notKnown(`SUM of ${type.name}`);
  return exactSum(operand, { name }, (total) => {
    if (!fits(total, name)) overflow(String(total), name);
    return total;
  });
}

function overflow(total: string, name: string): never {
  throw notKnown(`what SUM gives for ${total}, which is beyond ${name}`);
}

function exactSum({ run }: Compiled, type: ValueType, finish: (total: bigint) => Value): Aggregate {
  return gathering(type, () => {
    let total: bigint | null = null;
    return {
      add: (row) => {
        const value = run(row);
        if (value === null) return;
        const exact: bigint = typeof value === 'bigint' ? value : unscaledOf(String(value));
        total = total === null ? exact : total + exact;
      },
      result: () => (total === null ? null : finish(total)),
    };
  });
}

/** Fraction digits that the average of decimals has at least. */
const AVERAGE_SCALE = 4;

/** Of decimals: a decimal; whether the last digit is rounded or cut is uncertain. Else a double. */
function average(operand: Compiled): Aggregate {
  const { type } = operand;
  const own = scaleOf(type);
  const decimal = type.name === 'DECIMAL';
  const scale = Math.max(own, AVERAGE_SCALE);
  const total = sum(operand);
  return gathering(decimal ? { name: 'DECIMAL', precision: MAX_PRECISION, scale } : DOUBLE, () => {
    const summed = total.start();
    let rows = 0n;
    return {
      add: (row) => {
        if (operand.run(row) !== null) rows += 1n;
        summed.add(row);
      },
      result: () => {
        const value = summed.result();
        if (value === null) return null;
        if (!decimal) return Number(value) / Number(rows);
        const digits = rescale(unscaledOf(String(value)), own, scale);
        return decimalText(divideRounded(digits, rows), scale);
      },
    };
  });
}

function extreme(operand: Compiled, sign: 1 | -1): Aggregate {
  const rank = order(operand.type);
  return fold(operand, operand.type, (kept, value) =>
    rank(value, kept) * sign > 0 ? value : kept,
  );
}

function bitXor(operand: Compiled): Aggregate {
  const { type } = operand;
  if (!isInteger(type.name)) throw notKnown(`GROUP_BIT_XOR of ${type.name}`);
  return fold(operand, type, (kept, value) => BigInt(kept) ^ BigInt(value));
}

type Present = NonNullable<Value>;

/** One value from two, over all values that are not NULL; NULL where there is none. */
function fold(
  { run }: Compiled,
  type: ValueType,
  join: (kept: Present, value: Present) => Present,
): Aggregate {
  return gathering(type, () => {
    let kept: Value = null;
    return {
      add: (row) => {
        const value = run(row);
        if (value !== null) kept = kept === null ? value : join(kept, value);
      },
      result: () => kept,
    };
  });
}

function gathering(type: ValueType, start: () => Gathering): Aggregate {
  return { type, start };
}

import { type Build, one, three, two } from './arguments.ts';
import { arithmetic } from './arithmetic.ts';
import { scaleOf } from './compare.ts';
import { asText, BIGINT, type Compiled, DOUBLE, STRING, strict } from './compiled.ts';
import { isDouble, isText } from './convert.ts';
import { decimalText, rescale, unscaledOf } from './decimal.ts';
import { isInteger } from './integer.ts';
import { notKnown } from './sql-error.ts';

/** Functions on numbers. */
export const NUMBER_FUNCTIONS: Readonly<Record<string, Build>> = {
  ABS: (args) => abs(one('ABS', args)),
  FLOOR: (args) => whole(one('FLOOR', args), Math.floor, -1n),
  CEIL: (args) => whole(one('CEIL', args), Math.ceil, 1n),
  ROUND: (args) => round(args),
  MOD: (args) => {
    const [left, right] = two('MOD', args);
    return arithmetic('%', left, right);
  },
  BITAND: (args) => bits('BITAND', args, (left, right) => left & right),
  BITOR: (args) => bits('BITOR', args, (left, right) => left | right),
  BITXOR: (args) => bits('BITXOR', args, (left, right) => left ^ right),
  CONV: (args) => {
    const [value, from, to] = three('CONV', args);
    return strict(STRING, [asText(value), baseOf(from), baseOf(to)], (text, source, target) =>
      conv(String(text), Number(source), Number(target)),
    );
  },
};

function abs(operand: Compiled): Compiled {
  const { type } = operand;
  if (isInteger(type.name)) {
    return strict(type.name === 'LARGEINT' ? type : BIGINT, [operand], (value) =>
      BigInt(value) < 0n ? -BigInt(value) : value,
    );
  }
  if (type.name === 'DECIMAL') {
    return strict(type, [operand], (value) => String(value).replace('-', ''));
  }
  if (isDouble(type.name)) return strict(type, [operand], (value) => Math.abs(Number(value)));
  throw notKnown(`ABS of ${type.name}`);
}

/** FLOOR and CEIL; `step` is -1 where the rest of a negative decimal counts, 1 where a positive one's does. */
function whole(operand: Compiled, ofDouble: (value: number) => number, step: 1n | -1n): Compiled {
  const { type } = operand;
  if (isInteger(type.name)) return operand;
  if (isDouble(type.name)) return strict(DOUBLE, [operand], (value) => ofDouble(Number(value)));
  if (type.name !== 'DECIMAL') throw notKnown(`FLOOR and CEIL of ${type.name}`);
  const unit = 10n ** BigInt(scaleOf(type));
  return strict({ ...type, scale: 0 }, [operand], (value) => {
    const unscaled = unscaledOf(String(value));
    const rest = unscaled % unit;
    const moves = rest !== 0n && rest > 0n === step > 0n;
    return String(unscaled / unit + (moves ? step : 0n));
  });
}

/** Halves go away from zero. A double is rounded in binary, so that its last digit is uncertain. */
function round(args: readonly Compiled[]): Compiled {
  const [operand, places] = args;
  if (operand === undefined || args.length > 2) throw notKnown('ROUND with these arguments');
  const digits = places === undefined ? 0 : literalInteger('ROUND', places);
  const { type } = operand;
  if (digits < 0) throw notKnown('ROUND to a negative number of places');
  if (isInteger(type.name)) return operand;
  if (isDouble(type.name)) {
    return strict(DOUBLE, [operand], (value) => {
      const scaled = Math.round(Math.abs(Number(value)) * 10 ** digits);
      return (Math.sign(Number(value)) * scaled) / 10 ** digits;
    });
  }
  if (type.name !== 'DECIMAL') throw notKnown(`ROUND of ${type.name}`);
  const own = scaleOf(type);
  const scale = Math.min(own, digits);
  return strict({ ...type, scale }, [operand], (value) =>
    decimalText(rescale(unscaledOf(String(value)), own, scale), scale),
  );
}

function literalInteger(name: string, argument: Compiled): number {
  const value = argument.literal ? argument.run([]) : null;
  if (typeof value !== 'bigint')
    throw notKnown(`${name} with an argument that is no literal integer`);
  return Number(value);
}

function bits(
  name: string,
  args: readonly Compiled[],
  apply: (left: bigint, right: bigint) => bigint,
): Compiled {
  const [left, right] = two(name, args);
  for (const { type } of [left, right]) {
    if (!isInteger(type.name)) throw notKnown(`${name} of ${type.name}`);
  }
  const large = left.type.name === 'LARGEINT' || right.type.name === 'LARGEINT';
  return strict(large ? { name: 'LARGEINT' } : BIGINT, [left, right], (a, b) =>
    apply(BigInt(a), BigInt(b)),
  );
}

function baseOf(argument: Compiled): Compiled {
  const base = literalInteger('CONV', argument);
  if (base < 2 || base > 36) throw notKnown(`CONV with the base ${base}`);
  return argument;
}

const MAX_UINT64 = 2n ** 64n - 1n;

/**
 * Digits of one base in another, as unsigned 64 bits: reads up to the first character that is no digit,
 * stops at the greatest value, takes a negative number as its two's complement.
 */
function conv(text: string, from: number, to: number): string {
  const [, sign, digits = ''] = /^\s*([+-]?)([0-9a-z]*)/i.exec(text) ?? [];
  let value = 0n;
  for (const digit of digits) {
    const weight = Number.parseInt(digit, 36);
    if (weight >= from) break;
    value = value * BigInt(from) + BigInt(weight);
    if (value > MAX_UINT64) value = MAX_UINT64;
  }
  const unsigned = sign === '-' ? BigInt.asUintN(64, -value) : value;
  return unsigned.toString(to).toUpperCase();
}

/** Hexadecimal digits of an integer as 64 bits, or of the bytes of a text. */
export function hex(operand: Compiled): Compiled {
  const { type } = operand;
  if (isText(type.name)) {
    return strict(STRING, [operand], (value) =>
      Buffer.from(String(value)).toString('hex').toUpperCase(),
    );
  }
  if (!isInteger(type.name) || type.name === 'LARGEINT') {
    throw notKnown(`HEX of ${type.name}`);
  }
  return strict(STRING, [operand], (value) =>
    BigInt.asUintN(64, BigInt(value)).toString(16).toUpperCase(),
  );
}

import { narrowest } from './integer.ts';
import { notKnown } from './sql-error.ts';
import type { Expression } from './syntax.ts';

/** The widest DECIMAL without `enable_decimal256` (§6). */
export const MAX_PRECISION = 38;

/** The digits of a decimal text without its point: '-1.50' is -150. */
export function unscaledOf(text: string): bigint {
  return BigInt(text.replace('.', ''));
}

export function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return unscaled.toString();
  const sign = unscaled < 0n ? '-' : '';
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** The same number with another count of fraction digits, halves rounded away from zero (§6). */
export function rescale(unscaled: bigint, from: number, to: number): bigint {
  if (to >= from) return unscaled * 10n ** BigInt(to - from);
  return divideRounded(unscaled, 10n ** BigInt(from - to));
}

/** The quotient rounded to the nearest integer, halves away from zero. `divisor` is positive. */
export function divideRounded(dividend: bigint, divisor: bigint): bigint {
  const half = divisor / 2n + (divisor % 2n);
  const quotient = dividend / divisor;
  const rest = dividend % divisor;
  if (rest >= half) return quotient + 1n;
  return -rest >= half ? quotient - 1n : quotient;
}

/** A plain number as digits and count of fraction digits; null for any other text. */
export function readDecimal(text: string): { unscaled: bigint; scale: number } | null {
  const parts =
    /^\s*([+-]?)(\d+)(?:\.(\d*))?\s*$/.exec(text) ?? /^\s*([+-]?)()\.(\d+)\s*$/.exec(text);
  if (parts === null) return null;
  const [, sign, whole = '', fraction = ''] = parts;
  const digits = BigInt(`${whole}${fraction}`);
  return { unscaled: sign === '-' ? -digits : digits, scale: fraction.length };
}

/** A number as it stands in a statement: an integer, a decimal with its own scale, or a double. */
export function literalNumber(text: string): Expression {
  if (/e/i.test(text)) return { kind: 'literal', type: { name: 'DOUBLE' }, value: Number(text) };
  const read = readDecimal(text);
  if (read === null) throw notKnown(`the number ${text}`);
  const { unscaled, scale } = read;
  if (!text.includes('.')) {
    const name = narrowest(unscaled);
    if (name === undefined) throw notKnown(`integers beyond LARGEINT: ${text}`);
    return { kind: 'literal', type: { name }, value: unscaled };
  }
  const precision = Math.max(scale, unscaled.toString().replace('-', '').length);
  if (precision > MAX_PRECISION) throw notKnown(`decimal literals beyond 38 digits: ${text}`);
  return {
    kind: 'literal',
    type: { name: 'DECIMAL', precision, scale },
    value: decimalText(unscaled, scale),
  };
}

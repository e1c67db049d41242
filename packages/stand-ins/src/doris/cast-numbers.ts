import { NotDescribed } from './refusal.ts';
import type { ColumnType } from './store.ts';

/** null: not an integer, or more than so many bits with the sign hold. */
export function integerOf(text: string, bits: bigint): bigint | null {
  if (!/^-?\d+$/.test(text)) return null;
  const value = BigInt(text);
  return BigInt.asIntN(Number(bits), value) === value ? value : null;
}

/** Excess digits of the fraction are rounded without a word (§6); excess digits before it are an error. */
export function decimalOf(text: string, type: ColumnType): string | null {
  const match = /^(-?)(\d*)(?:\.(\d*))?$/.exec(text);
  const [, sign = '', whole = '', fraction = ''] = match ?? [];
  if (match === null || whole + fraction === '') return null;
  const { precision, scale = 0 } = type;
  if (precision === undefined) throw new NotDescribed('a DECIMAL without a precision');
  const kept = BigInt(`${whole}${fraction.slice(0, scale).padEnd(scale, '0')}` || '0');
  const scaled = kept + ((fraction[scale] ?? '0') >= '5' ? 1n : 0n);
  if (scaled >= 10n ** BigInt(precision)) return null;
  const digits = String(scaled).padStart(scale + 1, '0');
  const shown = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return sign === '-' && scaled !== 0n ? `-${shown}` : shown;
}

/** NaN and the infinities are numbers (§6). */
export function doubleOf(text: string): number | null {
  const special = /^(-?)(nan|inf|infinity)$/i.exec(text);
  if (special !== null) {
    if (special[2]?.toLowerCase() === 'nan') return Number.NaN;
    return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  if (!/^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

export function floatOf(text: string): number | null {
  const value = doubleOf(text);
  if (value === null) return null;
  const rounded = Math.fround(value);
  return Number.isFinite(value) && !Number.isFinite(rounded) ? null : rounded;
}

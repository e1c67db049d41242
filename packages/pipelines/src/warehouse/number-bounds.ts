import { INTEGER_BITS, type TargetType } from './target-type.ts';

/**
 * Which numbers a type holds: those whose part before the point lies between `low` and `high`, both
 * included, and that have at most `scale` fraction digits.
 */
export interface NumberBounds {
  readonly low: bigint;
  readonly high: bigint;
  readonly scale: number;
}

export function integerBounds(bits: number): NumberBounds {
  const half = 2n ** BigInt(bits - 1);
  return { low: -half, high: half - 1n, scale: 0 };
}

export function decimalBounds(precision: number, scale: number): NumberBounds {
  const high = 10n ** BigInt(precision - scale) - 1n;
  return { low: -high, high, scale };
}

/** null for a type that holds no exact numbers. */
export function targetBounds(type: TargetType): NumberBounds | null {
  if (type.kind === 'integer') return integerBounds(INTEGER_BITS[type.name]);
  return type.kind === 'decimal' ? decimalBounds(type.precision, type.scale) : null;
}

/** The least and the greatest number in SQL. */
export function extremes({ low, high, scale }: NumberBounds): { least: string; greatest: string } {
  const fraction = scale === 0 ? '' : `.${'9'.repeat(scale)}`;
  // A low bound of a decimal without digits before the point is -0.99, and -0n has no sign.
  const least = low === 0n && scale > 0 ? '-0' : `${low}`;
  return { least: `${least}${fraction}`, greatest: `${high}${fraction}` };
}

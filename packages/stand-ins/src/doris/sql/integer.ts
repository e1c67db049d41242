import type { TypeName } from '../store.ts';

/** Bytes of the integer types, in the order in which one holds the other. */
const BYTES = { BOOLEAN: 0, TINYINT: 1, SMALLINT: 2, INT: 4, BIGINT: 8, LARGEINT: 16 } as const;

export type IntegerName = Exclude<keyof typeof BYTES, 'BOOLEAN'>;

const NAMES: readonly IntegerName[] = ['TINYINT', 'SMALLINT', 'INT', 'BIGINT', 'LARGEINT'];

export function isInteger(name: TypeName | 'NULL'): name is IntegerName {
  return (NAMES as readonly string[]).includes(name);
}

export function fits(value: bigint, name: IntegerName): boolean {
  const half = 1n << BigInt(BYTES[name] * 8 - 1);
  return value >= -half && value < half;
}

/** The narrowest type that holds the value; undefined for one that no integer type holds. */
export function narrowest(value: bigint): IntegerName | undefined {
  return NAMES.find((name) => fits(value, name));
}

export function wider(left: IntegerName, right: IntegerName): IntegerName {
  return BYTES[left] >= BYTES[right] ? left : right;
}

/** Decimal digits that a value of the type can have. */
export function digitsOf(name: IntegerName): number {
  return { TINYINT: 3, SMALLINT: 5, INT: 10, BIGINT: 19, LARGEINT: 39 }[name];
}

/** A type of Apache Doris that a column may have here. */
export type TargetType =
  | { readonly kind: 'boolean' }
  | { readonly kind: 'integer'; readonly name: IntegerName }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'float'; readonly name: 'FLOAT' | 'DOUBLE' }
  | { readonly kind: 'date' }
  | { readonly kind: 'datetime'; readonly scale: number }
  | { readonly kind: 'varchar'; readonly bytes: number }
  | { readonly kind: 'string' }
  | { readonly kind: 'json' };

type IntegerName = keyof typeof INTEGER_BITS;

/** Longest VARCHAR, in bytes; also the longest text that a key column takes. */
export const MAX_VARCHAR_BYTES = 65533;

/** Most digits of a DECIMAL without a session setting (`enable_decimal256`). */
export const MAX_DECIMAL_DIGITS = 38;

export const INTEGER_BITS = {
  TINYINT: 8,
  SMALLINT: 16,
  INT: 32,
  BIGINT: 64,
  LARGEINT: 128,
} as const;

/** As the DDL has it. */
export function printTargetType(type: TargetType): string {
  switch (type.kind) {
    case 'integer':
    case 'float':
      return type.name;
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`;
    case 'datetime':
      return `DATETIME(${type.scale})`;
    case 'varchar':
      return `VARCHAR(${type.bytes})`;
    case 'boolean':
    case 'date':
    case 'string':
    case 'json':
      return type.kind.toUpperCase();
  }
}

/**
 * Reads a type from the migration file, or as either generation prints it in information_schema.columns
 * (`decimalv3(10, 2)`, `datetimev2(6)`, `tinyint(1)`, `text`). null: none that Drover loads into.
 */
export function parseTargetType(text: string): TargetType | null {
  const [, word = '', first, second] =
    /^\s*(\w+)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?\s*$/.exec(text) ?? [];
  const name = word.toUpperCase();
  const size = first === undefined ? null : Number(first);
  if (second !== undefined && !DECIMAL_NAMES.has(name)) return null;
  if (DECIMAL_NAMES.has(name)) return decimal(size, Number(second ?? 0));
  // The MySQL protocol has no boolean: a BOOLEAN is shown as TINYINT(1), a TINYINT with another width.
  if (name === 'BOOLEAN' || name === 'BOOL' || (name === 'TINYINT' && size === 1)) {
    return { kind: 'boolean' };
  }
  if (name === 'INTEGER') return { kind: 'integer', name: 'INT' };
  if (isIntegerName(name)) return { kind: 'integer', name };
  if (name === 'VARCHAR') return varchar(size);
  if (name === 'DATETIME' || name === 'DATETIMEV2') {
    return (size ?? 0) <= 6 ? { kind: 'datetime', scale: size ?? 0 } : null;
  }
  if (size !== null) return null;
  if (name === 'FLOAT' || name === 'DOUBLE') return { kind: 'float', name };
  if (name === 'DATE' || name === 'DATEV2') return { kind: 'date' };
  if (name === 'STRING' || name === 'TEXT') return { kind: 'string' };
  return name === 'JSON' || name === 'JSONB' ? { kind: 'json' } : null;
}

const DECIMAL_NAMES = new Set(['DECIMAL', 'DECIMALV2', 'DECIMALV3']);

function decimal(precision: number | null, scale: number): TargetType | null {
  const legal =
    precision !== null && precision >= 1 && precision <= MAX_DECIMAL_DIGITS && scale <= precision;
  return legal ? { kind: 'decimal', precision, scale } : null;
}

/** A length above that of the longest VARCHAR is how a STRING is shown in places. */
function varchar(bytes: number | null): TargetType | null {
  if (bytes === null || bytes < 1) return null;
  return bytes > MAX_VARCHAR_BYTES ? { kind: 'string' } : { kind: 'varchar', bytes };
}

function isIntegerName(name: string): name is IntegerName {
  return Object.hasOwn(INTEGER_BITS, name);
}

import { decimalBounds, integerBounds, type NumberBounds } from './number-bounds.ts';
import { type SourceForm, shortForm } from './source-form.ts';
import type { SourceType } from './source-table.ts';
import { MAX_DECIMAL_DIGITS, parseTargetType } from './target-type.ts';

/** A number without a limit prints at most 131072 digits, a point, 16383 digits and a sign. */
const NUMERIC_TEXT_BYTES = 131072 + 16383 + 2;

/**
 * Numbers and truth values; null for other types.
 * @param numeric what the file says of numbers without a precision.
 */
export function numberForm(column: string, type: SourceType, numeric: string): SourceForm | null {
  const integer = INTEGERS[type.name];
  if (integer !== undefined) {
    return {
      ...shortForm(column, { text: `${column}::text`, bytes: 20, textOrder: false }),
      family: 'number',
      bounds: integer.bounds,
      nan: false,
      target: { kind: 'integer', name: integer.target },
    };
  }
  switch (type.name) {
    case 'bool':
      return {
        // The older generation knows true, false, 1 and 0, and refuses the t and f of Postgres.
        ...shortForm(`${column}::int`, { text: `${column}::text`, bytes: 5, textOrder: false }),
        family: 'boolean',
        target: { kind: 'boolean' },
      };
    case 'float4':
    case 'float8':
      return {
        ...shortForm(column, { text: `${column}::text`, bytes: 32, textOrder: false }),
        family: 'float',
        double: type.name === 'float8',
        target: { kind: 'float', name: type.name === 'float8' ? 'DOUBLE' : 'FLOAT' },
      };
    case 'money': {
      const value = `${column}::numeric`;
      return {
        ...shortForm(value, { text: `${value}::text`, bytes: 32, textOrder: false }),
        family: 'number',
        // How many fraction digits there are is a setting of the source (lc_monetary).
        bounds: null,
        nan: false,
        target: { kind: 'decimal', precision: 19, scale: 2 },
      };
    }
    case 'numeric':
      return numericForm(column, type, numeric);
    default:
      return null;
  }
}

const INTEGERS: Readonly<
  Record<string, { bounds: NumberBounds; target: 'SMALLINT' | 'INT' | 'BIGINT' }>
> = {
  int2: { bounds: integerBounds(16), target: 'SMALLINT' },
  int4: { bounds: integerBounds(32), target: 'INT' },
  int8: { bounds: integerBounds(64), target: 'BIGINT' },
  oid: { bounds: { low: 0n, high: 2n ** 32n - 1n, scale: 0 }, target: 'BIGINT' },
};

function numericForm(column: string, { precision, scale }: SourceType, wish: string): SourceForm {
  const digits = scale ?? 0;
  const plain =
    precision !== null && digits >= 0 && digits <= precision && precision <= MAX_DECIMAL_DIGITS;
  return {
    ...shortForm(column, { text: `${column}::text`, bytes: NUMERIC_TEXT_BYTES, textOrder: false }),
    family: 'number',
    bounds:
      precision !== null && digits >= 0 && digits <= precision
        ? decimalBounds(precision, digits)
        : null,
    nan: true,
    target: plain
      ? { kind: 'decimal', precision, scale: digits }
      : (parseTargetType(wish) ?? { kind: 'string' }),
  };
}

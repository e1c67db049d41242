import type { SourceType } from './source-table.ts';

type TypeLimits = Pick<SourceType, 'length' | 'precision' | 'scale'>;

const NO_LIMITS: TypeLimits = { length: null, precision: null, scale: null };

/** Length word of every varlena value, which modifiers of text and numeric count in. Source: VARHDRSZ. */
const HEADER = 4;

/** What `atttypmod` says of a type of the server's own; -1 is no modifier. */
export function typeLimits(typeName: string, modifier: number): TypeLimits {
  if (modifier < 0) return NO_LIMITS;
  switch (typeName) {
    case 'varchar':
    case 'bpchar':
      return { ...NO_LIMITS, length: modifier - HEADER };
    case 'bit':
    case 'varbit':
      return { ...NO_LIMITS, length: modifier };
    case 'numeric':
      return numericLimits(modifier - HEADER);
    case 'timestamp':
    case 'timestamptz':
    case 'time':
    case 'timetz':
      return { ...NO_LIMITS, scale: modifier };
    default:
      return NO_LIMITS;
  }
}

/** 16 bits of precision above 16 bits of scale, of which Postgres 15 and later use 11, with a sign. */
function numericLimits(packed: number): TypeLimits {
  return {
    length: null,
    precision: packed >> 16,
    scale: ((packed & 0x7ff) ^ 0x400) - 0x400,
  };
}

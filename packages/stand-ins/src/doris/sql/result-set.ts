import type { TypeName, Value } from '../store.ts';
import { scaleOf } from './compare.ts';
import { doubleText, isText } from './convert.ts';
import type { Field } from './relation.ts';
import type { ValueType } from './syntax.ts';

/** utf8mb4_general_ci, by which the client decodes names and values. */
export const CHARACTER_SET = 45;

/** Column types of the protocol, by its own numbers. */
const WIRE = {
  TINY: 1,
  SHORT: 2,
  LONG: 3,
  LONGLONG: 8,
  FLOAT: 4,
  DOUBLE: 5,
  NEWDECIMAL: 246,
  DATE: 10,
  DATETIME: 12,
  VAR_STRING: 253,
  NULL: 6,
} as const;

/** What the protocol calls a type; all values travel as text. */
const WIRE_TYPES: Readonly<Record<TypeName | 'NULL', number>> = {
  BOOLEAN: WIRE.TINY,
  TINYINT: WIRE.TINY,
  SMALLINT: WIRE.SHORT,
  INT: WIRE.LONG,
  BIGINT: WIRE.LONGLONG,
  // MySQL has no integer of 128 bits.
  LARGEINT: WIRE.VAR_STRING,
  FLOAT: WIRE.FLOAT,
  DOUBLE: WIRE.DOUBLE,
  DECIMAL: WIRE.NEWDECIMAL,
  DATE: WIRE.DATE,
  DATETIME: WIRE.DATETIME,
  CHAR: WIRE.VAR_STRING,
  VARCHAR: WIRE.VAR_STRING,
  STRING: WIRE.VAR_STRING,
  JSON: WIRE.VAR_STRING,
  NULL: WIRE.NULL,
};

/** What announces a column; the members that the driver's server side writes to the wire. */
export function columnDefinition({ name, type }: Field): Record<string, string | number> {
  return {
    catalog: 'def',
    schema: '',
    table: '',
    orgTable: '',
    name,
    orgName: name,
    characterSet: CHARACTER_SET,
    columnLength: widthOf(type),
    columnType: WIRE_TYPES[type.name],
    flags: 0,
    decimals: scaleOf(type),
  };
}

/** Makes the text of a column's values. */
export function printer({ type }: Field): (value: Value) => string | null {
  if (type.name !== 'FLOAT' && type.name !== 'DOUBLE') {
    return (value) => (value === null ? null : String(value));
  }
  const single = type.name === 'FLOAT';
  return (value) => (value === null ? null : doubleText(Number(value), single));
}

function widthOf(type: ValueType): number {
  if (isText(type.name)) return 'length' in type ? (type.length ?? 65_533) : 65_533;
  return 64;
}

import type { ColumnType, TypeName, Value } from '../store.ts';
import { decimalText, readDecimal, rescale, unscaledOf } from './decimal.ts';
import { fits, type IntegerName, isInteger } from './integer.ts';
import { hasMomentForm, readDate, readDateTime, withFraction } from './moment.ts';
import { notKnown } from './sql-error.ts';
import type { ValueType } from './syntax.ts';

type Present = NonNullable<Value>;
export type Convert = (value: Present) => Value;

/** What becomes of a text that the wanted type cannot read: NULL, or an error that this throws. */
export type OnInvalid = (value: Present, to: ColumnType) => null;

/** A CAST of a text that is no such value gives NULL; statements are not cast strictly by default. */
export const nullIfInvalid: OnInvalid = () => null;

/** Makes the conversion between two types, chosen once a statement. Conversions in doubt are errors. */
export function converter(from: ValueType, to: ColumnType, onInvalid: OnInvalid): Convert {
  if (from.name === 'NULL') return () => null;
  const { name } = to;
  if (isText(name)) return toText(from, to);
  if (isInteger(name)) return toInteger(from, to, name, onInvalid);
  switch (name) {
    case 'BOOLEAN':
      return toBoolean(from, to, onInvalid);
    case 'DECIMAL':
      return toDecimal(from, to, onInvalid);
    case 'FLOAT':
    case 'DOUBLE':
      return toDouble(from, to, onInvalid);
    case 'DATE':
      return toDate(from, to, onInvalid);
    case 'DATETIME':
      return toDateTime(from, to, onInvalid);
    case 'JSON':
      return toJson(from, to, onInvalid);
  }
}

export function isText(name: TypeName | 'NULL'): name is 'STRING' | 'VARCHAR' | 'CHAR' {
  return name === 'STRING' || name === 'VARCHAR' || name === 'CHAR';
}

/**
 * A double as text: the shortest that reads back as the same value. Which form each version prints is
 * uncertain for exponents, and unknown for what is not finite.
 */
export function doubleText(value: number, single: boolean): string {
  if (!Number.isFinite(value)) throw notKnown(`the text of the double ${value}`);
  if (!single) return String(value);
  for (let digits = 1; digits < 9; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return String(short);
  }
  return String(Number(value.toPrecision(9)));
}

function unknownCast(from: ValueType, to: ValueType): Error {
  return notKnown(`the conversion of ${from.name} to ${to.name}`);
}

function toText(from: ValueType, to: ColumnType): Convert {
  const plain = textFrom(from);
  const { length } = to;
  if (length === undefined) return plain;
  return (value) => {
    const text = plain(value);
    if (Buffer.byteLength(text) > length) throw notKnown(`cutting text to ${to.name}(${length})`);
    return text;
  };
}

function textFrom(from: ValueType): (value: Present) => string {
  if (from.name === 'BOOLEAN') throw notKnown('the text of a BOOLEAN; cast it to INT first (§9)');
  if (from.name === 'JSON') throw notKnown('the text of a JSON value; it has none to compare (§9)');
  if (isDouble(from.name)) {
    return (value) => doubleText(Number(value), from.name === 'FLOAT');
  }
  return String;
}

function toInteger(
  from: ValueType,
  to: ColumnType,
  name: IntegerName,
  onInvalid: OnInvalid,
): Convert {
  const checked = (value: bigint): bigint => {
    if (!fits(value, name))
      throw notKnown(`what ${value} becomes as ${name}, which cannot hold it`);
    return value;
  };
  if (isInteger(from.name) || from.name === 'BOOLEAN') return (value) => checked(BigInt(value));
  if (isDouble(from.name)) {
    return (value) => {
      if (!Number.isInteger(value)) throw notKnown(`the rounding of ${value} to ${name}`);
      return checked(BigInt(value));
    };
  }
  if (from.name === 'DECIMAL') return (value) => checked(wholeOf(String(value), name));
  if (!isText(from.name)) throw unknownCast(from, to);
  return (value) => {
    const text = String(value).trim();
    if (/^[+-]?\d+$/.test(text)) return checked(BigInt(text.replace('+', '')));
    if (/^[+-]?\.?\d/.test(text)) throw notKnown(`the conversion of '${text}' to ${name}`);
    return onInvalid(value, to);
  };
}

function wholeOf(text: string, name: string): bigint {
  const [whole = '', fraction = ''] = text.split('.');
  if (/[1-9]/.test(fraction)) throw notKnown(`the rounding of ${text} to ${name}`);
  return BigInt(whole);
}

/** §6: the texts that both generations accept; others differ between them. */
function toBoolean(from: ValueType, to: ColumnType, onInvalid: OnInvalid): Convert {
  if (from.name === 'BOOLEAN') return (value) => value;
  if (isInteger(from.name)) return (value) => (value === 0n ? 0n : 1n);
  if (!isText(from.name)) throw unknownCast(from, to);
  return (value) => {
    const text = String(value).toLowerCase();
    if (text === 'true' || text === '1') return 1n;
    if (text === 'false' || text === '0') return 0n;
    return onInvalid(value, to);
  };
}

function toDecimal(from: ValueType, to: ColumnType, onInvalid: OnInvalid): Convert {
  const { precision = 0, scale = 0 } = to;
  const limit = 10n ** BigInt(precision);
  const checked = (unscaled: bigint): string => {
    const text = decimalText(unscaled, scale);
    if (unscaled >= limit || unscaled <= -limit) {
      throw notKnown(
        `what ${text} becomes as DECIMAL(${precision}, ${scale}), which cannot hold it`,
      );
    }
    return text;
  };
  if (isInteger(from.name) || from.name === 'BOOLEAN') {
    return (value) => checked(rescale(BigInt(value), 0, scale));
  }
  if (from.name === 'DECIMAL') {
    const { scale: own = 0 } = from;
    return (value) => checked(rescale(unscaledOf(String(value)), own, scale));
  }
  if (isDouble(from.name)) {
    return (value) => {
      if (!(Math.abs(Number(value)) < 1e21)) throw notKnown(`${value} as DECIMAL`);
      return checked(unscaledOf(Number(value).toFixed(scale)));
    };
  }
  if (!isText(from.name)) throw unknownCast(from, to);
  return (value) => {
    const read = readDecimal(String(value));
    if (read === null) return onInvalid(value, to);
    return checked(rescale(read.unscaled, read.scale, scale));
  };
}

function toDouble(from: ValueType, to: ColumnType, onInvalid: OnInvalid): Convert {
  const narrow = to.name === 'FLOAT' ? Math.fround : Number;
  if (isText(from.name)) {
    return (value) => {
      const text = String(value).trim();
      if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return onInvalid(value, to);
      return narrow(Number(text));
    };
  }
  if (!isNumeric(from.name)) throw unknownCast(from, to);
  return (value) => narrow(Number(value));
}

export function isNumeric(name: TypeName | 'NULL'): boolean {
  return isInteger(name) || isDouble(name) || name === 'BOOLEAN' || name === 'DECIMAL';
}

export function isDouble(name: TypeName | 'NULL'): name is 'FLOAT' | 'DOUBLE' {
  return name === 'FLOAT' || name === 'DOUBLE';
}

export function isMoment(name: TypeName | 'NULL'): name is 'DATE' | 'DATETIME' {
  return name === 'DATE' || name === 'DATETIME';
}

function toDate(from: ValueType, to: ColumnType, onInvalid: OnInvalid): Convert {
  if (from.name === 'DATE') return (value) => value;
  if (from.name === 'DATETIME') return (value) => String(value).slice(0, 10);
  if (!isText(from.name)) throw unknownCast(from, to);
  return (value) => {
    const text = String(value);
    return (
      readDate(text) ?? readDateTime(text)?.whole.slice(0, 10) ?? invalidMoment(text, to, onInvalid)
    );
  };
}

function toDateTime(from: ValueType, to: ColumnType, onInvalid: OnInvalid): Convert {
  if (!isMoment(from.name) && !isText(from.name)) {
    throw unknownCast(from, to);
  }
  const { scale = 0 } = to;
  return (value) => {
    const text = String(value);
    const read = readDateTime(text);
    if (read === null) return invalidMoment(text, to, onInvalid);
    const fraction = read.fraction.padEnd(scale, '0');
    if (/[1-9]/.test(fraction.slice(scale))) {
      throw notKnown(`the rounding of '${text}' to DATETIME(${scale})`);
    }
    return withFraction(read.whole, fraction.slice(0, scale));
  };
}

/** The server reads many more forms of dates; the stand-in will not call them invalid. */
function invalidMoment(text: string, to: ColumnType, onInvalid: OnInvalid): null {
  if (/^\s*\d/.test(text) && !hasMomentForm(text)) {
    throw notKnown(`'${text}' as ${to.name}`);
  }
  return onInvalid(text, to);
}

function toJson(from: ValueType, to: ColumnType, onInvalid: OnInvalid): Convert {
  if (from.name === 'JSON') return (value) => value;
  if (!isText(from.name)) throw unknownCast(from, to);
  return (value) => {
    try {
      JSON.parse(String(value));
      return value;
    } catch {
      return onInvalid(value, to);
    }
  };
}

import { dateOf, dateTimeOf } from './cast-dates.ts';
import { decimalOf, doubleOf, floatOf, integerOf } from './cast-numbers.ts';
import { NotDescribed } from './refusal.ts';
import type { Column, ColumnType, Generation, Value } from './store.ts';

export interface CastOptions {
  readonly generation: Generation;
  /** Off, what cannot be cast becomes NULL and what is too long is cut, without a word (§2). */
  readonly strict: boolean;
  /** What a STRING may hold at most (§6: 1 MB on D24, 10 MB on D26). */
  readonly stringLimitBytes: number;
}

/** A value for the column, or why the row is left out, in the words of the error log (§3). */
export type Cast = { readonly value: Value } | { readonly reason: string };

/** Bytes of an input that the error log shows where it is too long (§3). */
const SHOWN_BYTES = 32;

/** Bytes of a key in a JSON text (§6). */
const MAX_JSON_KEY_BYTES = 255;

/** Casts a field, whose bytes are valid UTF-8, as a load does. */
export function castField(field: Buffer | null, column: Column, options: CastOptions): Cast {
  if (field === null) return nullFor(column);
  const limit = lengthLimitOf(column.type, options);
  if (limit !== null) return castString(field, limit, options);
  const text = field.toString('utf8');
  const value = parse(text, column.type, options.generation);
  if (value !== null) return { value };
  // JSON's parser turns errors into NULL even in strict mode (§6).
  if (!options.strict || column.type.name === 'JSON') return nullFor(column);
  return {
    reason: `column(${column.name}) value is incorrect while strict mode is true, src value is ${text}`,
  };
}

function nullFor(column: Column): Cast {
  return column.nullable
    ? { value: null }
    : { reason: `column(${column.name}) values is null while columns is not nullable` };
}

/** In bytes, not characters (§6); null for what is not a string. */
function lengthLimitOf(type: ColumnType, { stringLimitBytes }: CastOptions): number | null {
  if (type.name === 'STRING') return stringLimitBytes;
  if (type.name !== 'VARCHAR' && type.name !== 'CHAR') return null;
  if (type.length === undefined) throw new NotDescribed(`a ${type.name} without a length`);
  return type.length;
}

function castString(field: Buffer, limit: number, { strict }: CastOptions): Cast {
  if (field.length <= limit) return { value: field.toString('utf8') };
  if (!strict) return { value: cut(field, limit).toString('utf8') };
  const shown = cut(field, SHOWN_BYTES).toString('utf8');
  return {
    reason: `the length of input is too long than schema. first 32 bytes of input str: [${shown}] schema length: ${limit}; actual length: ${field.length}; `,
  };
}

/** The longest start of at most so many bytes that does not end inside a character. */
function cut(field: Buffer, limit: number): Buffer {
  let end = Math.min(limit, field.length);
  while (end > 0 && ((field[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return field.subarray(0, end);
}

/** null: not a value of the type. */
function parse(text: string, type: ColumnType, generation: Generation): Value {
  switch (type.name) {
    case 'BOOLEAN':
      return booleanOf(text, generation);
    case 'TINYINT':
      return integerOf(text, 8n);
    case 'SMALLINT':
      return integerOf(text, 16n);
    case 'INT':
      return integerOf(text, 32n);
    case 'BIGINT':
      return integerOf(text, 64n);
    case 'LARGEINT':
      return integerOf(text, 128n);
    case 'FLOAT':
      return floatOf(text);
    case 'DOUBLE':
      return doubleOf(text);
    case 'DECIMAL':
      return decimalOf(text, type);
    case 'DATE':
      return dateOf(text, generation);
    case 'DATETIME':
      return dateTimeOf(text, type.scale ?? 0, generation);
    case 'JSON':
      return isJson(text) ? text : null;
    case 'CHAR':
    case 'VARCHAR':
    case 'STRING':
      return text;
  }
}

/** §6: `t` and `f`, as Postgres writes them, only on D26. */
function booleanOf(text: string, generation: Generation): bigint | null {
  if (text === '1' || text === 'true') return 1n;
  if (text === '0' || text === 'false') return 0n;
  if (generation === 'D26' && text === 't') return 1n;
  if (generation === 'D26' && text === 'f') return 0n;
  return null;
}

function isJson(text: string): boolean {
  let longKey = false;
  try {
    JSON.parse(text, (key, value: unknown) => {
      longKey ||= Buffer.byteLength(key) > MAX_JSON_KEY_BYTES;
      return value;
    });
  } catch {
    return false;
  }
  return !longKey;
}

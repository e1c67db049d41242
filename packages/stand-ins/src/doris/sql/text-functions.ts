import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Value } from '../store.ts';
import { type Build, one, three, two } from './arguments.ts';
import { asText, BIGINT, type Compiled, computed, STRING, strict } from './compiled.ts';
import { isInteger } from './integer.ts';
import { hex } from './number-functions.ts';
import { notKnown, refused } from './sql-error.ts';
import { textOfHex } from './tokens.ts';

const INT = { name: 'INT' } as const;

/** Functions on text, and DATE_FORMAT. Lengths are in characters unless they say bytes. */
export const TEXT_FUNCTIONS: Readonly<Record<string, Build>> = {
  MD5: (args) => ofText('MD5', args, (text) => hash('md5', text)),
  CRC32: (args) => {
    const operand = one('CRC32', args);
    return strict(BIGINT, [asText(operand)], (text) => BigInt(crc32(String(text))));
  },
  CONCAT: (args) => {
    const texts = args.map(asText);
    return computed(STRING, (row) => {
      let joined = '';
      for (const { run } of texts) {
        const value = run(row);
        if (value === null) return null;
        joined += String(value);
      }
      return joined;
    });
  },
  CONCAT_WS: (args) => {
    const [separator, ...texts] = args.map(asText);
    if (separator === undefined) throw refused('CONCAT_WS takes a separator');
    return computed(STRING, (row) => {
      const between = separator.run(row);
      if (between === null) return null;
      const parts = texts.map(({ run }) => run(row)).filter((value) => value !== null);
      return parts.join(String(between));
    });
  },
  SUBSTR: substring,
  SUBSTRING: substring,
  LEFT: (args) => {
    const [text, count] = two('LEFT', args);
    return strict(STRING, [asText(text), integer('LEFT', count)], (value, length) =>
      slice(String(value), 0, Number(length)),
    );
  },
  RIGHT: (args) => {
    const [text, count] = two('RIGHT', args);
    return strict(STRING, [asText(text), integer('RIGHT', count)], (value, length) => {
      const all = lengthOf(String(value));
      return slice(String(value), Math.max(0, all - Number(length)), Number(length));
    });
  },
  LENGTH: (args) => {
    const operand = one('LENGTH', args);
    return strict(INT, [asText(operand)], (text) => BigInt(Buffer.byteLength(String(text))));
  },
  CHAR_LENGTH: (args) => {
    const operand = one('CHAR_LENGTH', args);
    return strict(INT, [asText(operand)], (text) => BigInt(lengthOf(String(text))));
  },
  LOWER: (args) => ofText('LOWER', args, (text) => ascii('LOWER', text).toLowerCase()),
  UPPER: (args) => ofText('UPPER', args, (text) => ascii('UPPER', text).toUpperCase()),
  REPLACE: (args) => {
    const texts = three('REPLACE', args).map(asText);
    return strict(STRING, texts, (value, old, next) =>
      old === '' ? value : String(value).replaceAll(String(old), () => String(next)),
    );
  },
  HEX: (args) => hex(one('HEX', args)),
  UNHEX: (args) => ofText('UNHEX', args, (text) => (isHex(text) ? textOfHex(text) : notHex(text))),
  CHAR: (args) => {
    const codes = args.map((argument) => integer('CHAR', argument));
    return strict(STRING, codes, (...values) => values.map(character).join(''));
  },
  DATE_FORMAT: (args) => {
    const [moment, format] = two('DATE_FORMAT', args);
    return dateFormat(moment, format);
  },
};

function ofText(
  name: string,
  args: readonly Compiled[],
  apply: (text: string) => string,
): Compiled {
  const operand = one(name, args);
  return strict(STRING, [asText(operand)], (text) => apply(String(text)));
}

/** From a position that counts from 1, or from the end if negative; 0 finds nothing. */
function substring(args: readonly Compiled[]): Compiled {
  const [operand, start, count] = args;
  if (operand === undefined || start === undefined || args.length > 3) {
    throw refused('SUBSTRING takes a text, a position and perhaps a length');
  }
  const whole = [asText(operand), integer('SUBSTRING', start)];
  if (count !== undefined) whole.push(integer('SUBSTRING', count));
  return strict(STRING, whole, (value, from, length) => {
    const text = String(value);
    const position = Number(from);
    if (position === 0) return '';
    const at = position > 0 ? position - 1 : lengthOf(text) + position;
    if (at < 0) return '';
    return slice(text, at, length === undefined ? text.length : Number(length));
  });
}

const SURROGATE = /[\ud800-\udfff]/;

/** A part of the text by characters, of which one may be two units of the string. */
function slice(text: string, start: number, count: number): string {
  const end = start + Math.max(0, count);
  return SURROGATE.test(text)
    ? Array.from(text).slice(start, end).join('')
    : text.slice(start, end);
}

function lengthOf(text: string): number {
  return SURROGATE.test(text) ? Array.from(text).length : text.length;
}

function integer(name: string, argument: Compiled): Compiled {
  if (!isInteger(argument.type.name)) throw notKnown(`${name} with a ${argument.type.name}`);
  return argument;
}

function ascii(name: string, text: string): string {
  if (/[^\0-\u007f]/.test(text)) throw notKnown(`${name} of text beyond ASCII`);
  return text;
}

function isHex(text: string): boolean {
  return /^(?:[0-9a-fA-F]{2})*$/.test(text);
}

function notHex(text: string): never {
  throw notKnown(`UNHEX of '${text}'`);
}

function character(code: NonNullable<Value>): string {
  if (BigInt(code) < 0n || BigInt(code) > 127n) throw notKnown(`CHAR(${code}), which is no UTF-8`);
  return String.fromCharCode(Number(code));
}

/** Position in `YYYY-MM-DD HH:MM:SS.ffffff` of what a letter of the format stands for. */
const FIELDS: Readonly<Record<string, readonly [number, number]>> = {
  Y: [0, 4],
  m: [5, 7],
  d: [8, 10],
  H: [11, 13],
  i: [14, 16],
  s: [17, 19],
  S: [17, 19],
  f: [20, 26],
};

function dateFormat(moment: Compiled, format: Compiled): Compiled {
  const { name } = moment.type;
  if (name !== 'DATE' && name !== 'DATETIME') throw notKnown(`DATE_FORMAT of ${name}`);
  const pattern = format.literal ? format.run([]) : null;
  if (typeof pattern !== 'string') throw notKnown('DATE_FORMAT with a format that is no literal');
  const parts = partsOf(pattern);
  return strict(STRING, [moment], (value) => {
    const text = String(value);
    const full = text.length === 10 ? `${text} 00:00:00.000000` : padFraction(text);
    return parts.map((part) => (typeof part === 'string' ? part : full.slice(...part))).join('');
  });
}

function padFraction(text: string): string {
  return (text.length === 19 ? `${text}.` : text).padEnd(26, '0');
}

function partsOf(pattern: string): readonly (string | readonly [number, number])[] {
  return (pattern.match(/%[\s\S]|[^%]+|%/g) ?? []).map((part) => {
    if (!part.startsWith('%')) return part;
    const field = FIELDS[part.slice(1)];
    if (field === undefined) throw notKnown(`${part} in DATE_FORMAT`);
    return field;
  });
}

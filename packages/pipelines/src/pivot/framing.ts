/**
 * How a narrow row travels inside the one line that the source sends per timestamp.
 *
 * A line of COPY text has the columns time, count, ships, channels, values, parted by tabs. The last
 * three are lists with one item per narrow row, parted by `SEPARATOR`, in the same order. The source's
 * COPY has already escaped tab, newline, carriage return and backslash, in exactly the form that the
 * target's COPY reads, so a value is passed on byte by byte.
 *
 * An item of the value list starts with a tag: `A`, `B`, ... for the value columns in the order of the
 * file, `NULL_TAG` where all are NULL, `MISMATCH_TAG` where the format contradicts the filled column (a
 * JSON of the row follows). A separator inside a value is doubled; a tag never is a separator, so a
 * single one ends the item. Items of the key lists are compared as whole byte strings with the list of
 * keys read in the same snapshot; a separator inside a key is replaced by `ESCAPE` `S`, an escape by
 * `ESCAPE` `E`.
 */
export const SEPARATOR = 0x01;
export const SEPARATOR_SQL = "E'\\x01'";
export const ESCAPE = 0x1b;

export const FIRST_VALUE_TAG = 0x41;
export const NULL_TAG = 0x6e;
export const MISMATCH_TAG = 0x78;

export function valueTag(index: number): string {
  return String.fromCharCode(FIRST_VALUE_TAG + index);
}

/** SQL that frames a key; the plain column where no key of the list needs it. */
export function frameKeySql(expression: string, keys: readonly string[]): string {
  if (!keys.some((key) => key.includes('\x01') || key.includes('\x1b'))) return expression;
  return `replace(replace(${expression}, E'\\x1b', E'\\x1bE'), E'\\x01', E'\\x1bS')`;
}

/** SQL that doubles the separators of a text value. The collation keeps nondeterministic ones out. */
export function frameTextSql(expression: string): string {
  return `replace((${expression}) collate "C", E'\\x01', E'\\x01\\x01')`;
}

/** The bytes that `frameKeySql` followed by COPY makes of a key. */
export function framedKey(key: string): Buffer {
  const framed = key.replaceAll('\x1b', '\x1bE').replaceAll('\x01', '\x1bS');
  return Buffer.from(copyText(framed), 'utf8');
}

/** COPY text escapes. Source: CopyAttributeOutText. */
const COPY_ESCAPES: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};

export function copyText(text: string): string {
  return text.replace(/[\b\f\n\r\t\v\\]/g, (character) => COPY_ESCAPES[character] ?? character);
}

/** What a field of COPY text stands for; null for `\N`. */
export function fromCopyText(text: string): string | null {
  if (text === '\\N') return null;
  return text.replace(/\\(.)/g, (_, letter: string) => UNESCAPES[letter] ?? letter);
}

const UNESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

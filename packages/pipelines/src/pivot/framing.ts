/**
 * How narrow rows travel. The source sends, as a binary COPY, one tuple per timestamp with the fields time,
 * ships, channels, values; ships are left out where there is only one. Nothing is turned into text on the
 * way: a value leaves the source as its type's send function writes it and enters the target's binary COPY
 * as the same bytes.
 *
 * Ships and channels are lists of texts parted by `SEPARATOR`, one per narrow row, in the order of the
 * values. They are compared as whole byte strings with the list of keys read in the same snapshot; a
 * separator inside a key is replaced by `ESCAPE` `S`, an escape by `ESCAPE` `E`. All lists of a tuple must
 * end with the same row.
 *
 * The values are one string of bytes. Each starts with a tag: the number of its value column in the order of
 * the file; with `TEXT_FORM` added where it is sent as text because its wide column is text; `NULL_TAG` where
 * all value columns are NULL; `MISMATCH_TAG` where the format contradicts the filled column. Values of a
 * type of fixed length follow as they are. Texts, values sent as text and the JSON of a mismatch follow with
 * a zero byte behind them, which no text of Postgres can contain. All others follow their length in four
 * bytes, for which the source has to write them twice.
 *
 * Putting a tag before a value costs the source as much as writing the value, so the numbers of one column,
 * `plainColumn`, come without. Where there is such a column, all other values have `MARK` before their tag:
 * no number begins with those bytes but some NaNs, and NaN never goes without its tag.
 */
export const SEPARATOR = 0x01;
export const SEPARATOR_SQL = "E'\\x01'";

export const TEXT_FORM = 0x40;
export const NULL_TAG = 0x80;
export const MISMATCH_TAG = 0x81;

export const TEXT_END = 0x00;

/** Sign and exponent of negative infinity, and more of the fraction than it has. */
export const MARK = Buffer.from([0xff, 0xff]);

/** Bytes of a binary value by type; types that are not here vary. Source: their send functions. */
const FIXED_LENGTHS: Readonly<Record<string, number>> = {
  boolean: 1,
  smallint: 2,
  integer: 4,
  bigint: 8,
  real: 4,
  'double precision': 8,
  date: 4,
  'timestamp without time zone': 8,
  'timestamp with time zone': 8,
  uuid: 16,
};

/** null where the length varies. */
export function fixedLength(type: string): number | null {
  return FIXED_LENGTHS[type] ?? null;
}

/**
 * Whether the binary form of a type is what a cast to text gives. Source: their send functions; jsonb sends a
 * version too, character(n) its padding, xml another encoding in its declaration.
 */
export function isTextType(type: string): boolean {
  return /^(text|character varying(\(\d+\))?|name|json)$/.test(type);
}

/** The value column, by index, whose values go without a tag; null where none can. */
export function plainColumn(types: readonly string[]): number | null {
  const found = types.findIndex((type) => type === 'double precision' || type === 'real');
  return found < 0 ? null : found;
}

/** What stands before a value that is not plain. */
export function tagBytes(tag: number, plain: number | null): Buffer {
  return Buffer.from(plain === null ? [tag] : [...MARK, tag]);
}

/** SQL that frames a key; the plain column where no key of the list needs it. */
export function frameKeySql(expression: string, keys: readonly string[]): string {
  if (!keys.some((key) => key.includes('\x01') || key.includes('\x1b'))) return expression;
  return `replace(replace(${expression}, E'\\x1b', E'\\x1bE'), E'\\x01', E'\\x1bS')`;
}

/** The bytes that `frameKeySql` makes of a key. */
export function framedKey(key: string): Buffer {
  return Buffer.from(key.replaceAll('\x1b', '\x1bE').replaceAll('\x01', '\x1bS'), 'utf8');
}

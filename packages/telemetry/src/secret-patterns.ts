/** A part of a text; the end is excluded. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** How keys and variables are called under which a secret stands. */
const KEY = [
  'pass(?:wor[dt]|wd|phrase|code)',
  '(?<![a-z])pass(?![a-z])',
  'pwd',
  'kennwort',
  'secret',
  'token',
  'bearer',
  'authorization',
  'credential',
  'cookie',
  '(?:api|access|private)[_-]?key',
].join('|');

const SECRET_KEY = new RegExp(KEY, 'i');

/** A name in the migration file for a value of the environment: no secret itself. */
const REFERENCE = String.raw`\$\{\w+\}`;

/** Where a text in JSON ends, also in JSON that stands in JSON. */
const END_OF_TEXT = String.raw`\\*"\s*[,}\]:]`;

const encoded = (character: string, code: string) => `(?:${character}|%(?:25){0,3}${code})`;

/**
 * The password of an address. It may hold anything, also an `@`, a blank or a quote: all is taken up to the
 * last `@` within reach. What is plainly a port is not taken for one.
 */
const IN_ADDRESS = new RegExp(
  [
    `${encoded(':', '3A')}(?:${encoded(String.raw`\\*\/`, '2F')}){2}`,
    String.raw`[^\s/?#@:[\]"'<>]{0,128}?${encoded(':', '3A')}`,
    String.raw`(?!\d{1,5}(?:[/?#][^\s@"']*)?(?:[\s"'\\,;)\]}]|$)|(?:${REFERENCE})+@)`,
    String.raw`(?<value>(?:(?!${END_OF_TEXT}|:\/\/)[^\n\r]){1,256})${encoded('@', '40')}`,
  ].join(''),
  'gimd',
);

/** What stands behind a key: in quotes, or else to the end of the line. */
const BEHIND_KEY = new RegExp(
  [
    String.raw`(?:${KEY})[\w.-]{0,64}`,
    String.raw`(?:(?:\\*["'])?\s*(?:=>|:=|[:=]|%3[AD])[ \t]*|\s+(?=\\*'))`,
    String.raw`(?![ \t]*$|[ \t]*\\*["']?${REFERENCE}\\*["']?(?:[\s,;&}\])]|$))`,
    String.raw`(?:(?<quote>\\*["'])(?<quoted>(?:(?!${closing()})[^\n\r])*)${closing()}|`,
    String.raw`(?<value>(?:(?!${END_OF_TEXT})[^\n\r])+))`,
  ].join(''),
  'gimd',
);

/** Lines below a key of YAML that are set further in than it: they are its value, too. */
const BELOW_KEY = new RegExp(
  String.raw`^(?<indent>[ \t]*)(?:- )?["']?[\w.-]{0,64}(?:${KEY})[\w.-]{0,64}["']?[ \t]*:[^\n]*(?<value>(?:(?:\n[ \t]*)*\n\k<indent>[ \t]+\S[^\n]*)+)`,
  'gimd',
);

/** The word, and whatever token follows it. */
const BEARER = /\bbearer(?:\s|%20|\+)+\\*["']?(?<value>[\w.~+/=%\\-]{4,})/dgi;

const PATTERNS = [IN_ADDRESS, BEHIND_KEY, BELOW_KEY, BEARER];

/** Whether a key or a variable is called like one that holds a secret: `password`, `PGPASSWORD`, `apiKey`. */
export function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key);
}

/** Where a text shows a secret by the looks of it: an address with a password, a telling key, a bearer token. */
export function findSecretLooking(text: string): readonly Stretch[] {
  return PATTERNS.flatMap((pattern) =>
    [...text.matchAll(pattern)].flatMap(({ indices }) => {
      const [start, end] = indices?.groups?.['value'] ?? indices?.groups?.['quoted'] ?? [0, 0];
      return start === end ? [] : [{ start, end }];
    }),
  );
}

/**
 * What `findSecretLooking` finds, as values to look for elsewhere, in each way in which it may be meant:
 * where a value ends is not always to be told. References are not among them.
 */
export function passwordsIn(text: string): readonly string[] {
  const found = findSecretLooking(text).flatMap(({ start, end }) =>
    text.slice(start, end).split('\n'),
  );
  const meant = found.flatMap((value) => [value, value.replace(/\s#.*/, ''), firstWord(value)]);
  const parts = meant.flatMap((value) => value.split(new RegExp(REFERENCE)));
  return [...new Set(parts.map((value) => value.trim()).filter((value) => value !== ''))];
}

/** As one of several on a line, in quotes or not. */
function firstWord(value: string): string {
  const [, , quoted] = /^\s*(["'])(.*?)\1/.exec(value) ?? [];
  return quoted ?? /^\s*[^\s,;&}\]]*/.exec(value)?.[0] ?? '';
}

/** The quote that a value began with, not itself escaped, where a text may end. */
function closing(): string {
  return String.raw`(?<!\\)\k<quote>(?=[\s,;}\])&]|\\*"|$)`;
}

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
 * last `@` within reach.
 * @param not.port what shows that a port stands there. @param not.beyond what it does not reach beyond.
 */
function inAddress(not: { readonly port: string; readonly beyond: string }): RegExp {
  return new RegExp(
    [
      `${encoded(':', '3A')}(?:${encoded(String.raw`\\*\/`, '2F')}){2}`,
      String.raw`[^\s/?#@:[\]"'<>]{0,128}?${encoded(':', '3A')}`,
      String.raw`(?!\d{1,5}(?:${not.port})|(?:${REFERENCE})+@)`,
      String.raw`(?<value>(?:(?!${not.beyond})[^\n\r]){1,256})${encoded('@', '40')}`,
    ].join(''),
    'gimd',
  );
}

const IN_ADDRESS = inAddress({
  port: String.raw`(?:[/?#][^\s@"']*)?(?:[\s"'\\,;)\]}]|$)|(?:\/[\w-]*)?\?[\w.]+=`,
  beyond: String.raw`${END_OF_TEXT}|:\/\/`,
});

/** On a line of its own, as in a file of settings: there is less that it could be taken for. */
const IN_ADDRESS_ALONE = inAddress({
  port: String.raw`(?:\/[\w-]*)?(?:\?[\w.]+=|\s+#|$)`,
  beyond: '$',
});

/** What may follow the quote that ends a value. */
const AFTER_QUOTE = String.raw`(?=[\s,;}\])&]|\\*"|$)`;

const END_OF_NESTED = String.raw`(?<!\\)\k<quote>${AFTER_QUOTE}`;

/** What stands behind a key: in quotes (the last sort is that of JSON in JSON), or else to the end of the line. */
const BEHIND_KEY = new RegExp(
  [
    String.raw`(?:${KEY})[\w.-]{0,64}`,
    String.raw`(?:(?:\\*["'])?\s*(?:=>|:=|[:=]|%3[AD])[ \t]*|\s+(?=\\*'))`,
    String.raw`(?![ \t]*$|[ \t]*\\*["']?${REFERENCE}\\*["']?(?:[\s,;&}\])]|$))`,
    String.raw`(?:"(?<double>(?:\\.|[^"\\\n\r])*)"${AFTER_QUOTE}`,
    String.raw`|'(?<single>(?:''|[^'\n\r])*)'${AFTER_QUOTE}`,
    String.raw`|(?<quote>\\+["'])(?<nested>(?:(?!${END_OF_NESTED})[^\n\r])*)${END_OF_NESTED}`,
    String.raw`|(?<value>[^\n\r](?:(?!${END_OF_TEXT})[^\n\r])*))`,
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
  return find(text, PATTERNS);
}

/**
 * What `findSecretLooking` finds, as values to look for elsewhere, in each way in which it may be meant:
 * where a value ends is not always to be told. References are not among them.
 */
export function passwordsIn(text: string): readonly string[] {
  const found = find(text, [...PATTERNS, IN_ADDRESS_ALONE]).flatMap(({ start, end }) =>
    text.slice(start, end).split('\n'),
  );
  const meant = found.flatMap((value) => [value, value.replace(/\s#.*/, ''), ...firstWords(value)]);
  const parts = [...meant, ...meant.map(unescaped)].flatMap((value) =>
    value.split(new RegExp(REFERENCE)),
  );
  return [...new Set(parts.map((value) => value.trim()).filter((value) => value !== ''))];
}

/** As one of several on a line, in quotes or not. */
function firstWords(value: string): readonly string[] {
  const words = [/^\s*"([^"]*)"/, /^\s*'([^']*)'/, /^\s*([^\s,;&}\]]*)/];
  return words.map((word) => word.exec(value)?.[1] ?? '');
}

/** As it stood before it was put into quotes. */
function unescaped(value: string): string {
  try {
    return JSON.parse(`"${value}"`) as string;
  } catch (error) {
    if (error instanceof SyntaxError) return value.replaceAll("''", "'");
    throw error;
  }
}

function find(text: string, patterns: readonly RegExp[]): Stretch[] {
  return patterns.flatMap((pattern) =>
    [...text.matchAll(pattern)].flatMap(({ indices }) => {
      const { value, double, single, nested } = indices?.groups ?? {};
      const [start, end] = value ?? double ?? single ?? nested ?? [0, 0];
      return start === end ? [] : [{ start, end }];
    }),
  );
}

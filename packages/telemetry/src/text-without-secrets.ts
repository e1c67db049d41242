import { findSecretLooking, passwordsIn, type Stretch } from './secret-patterns.ts';
import { spellingsOf } from './spellings.ts';

/** Shorter ones are found everywhere. */
const SHORTEST_VALUE = 4;

/** Longer values are looked for in pieces: one pattern for all of it would grow too large. */
const LONGEST_PIECE = 200;

/** Stands in place of a secret, unless a value holds some of its signs. */
export const MARK = '[secret]';

const MARKS = [MARK, '<removed>', '(hidden)'];

/**
 * How lines are broken within a value: as such, escaped for JSON, and escaped several times over. A space
 * may be lost there. Which backslashes belong to the value and which to the break is not to be told.
 */
const BREAKS = [
  /\r?\n[ \t]*/g,
  /(?:\r?\n|(?:\\r)?\\n)[ \t]*/g,
  /(?:\r?\n|(?:\\\\r)?\\\\n)[ \t]*/g,
  /(?:\r?\n|(?:\\+r)?\\+n)[ \t]*/g,
].flatMap((breaks) => ['', ' '].map((between) => ({ breaks, between })));

/**
 * A text without the values, and without what looks like a secret: a password in an address, what stands
 * behind a key such as `password`, a bearer token. A value is found in every spelling that `spellingsOf`
 * knows, also where a line is broken in the middle of it, and so are the passwords inside it, should it
 * be an address. Rather too much is taken away than too little.
 * @param values of 4 characters or more; shorter ones are left.
 */
export function textWithoutSecrets(text: string, values: readonly string[] = []): string {
  const secrets = formsOf(values);
  const stretches = [...findSecretLooking(text), ...findValues(text, secrets)];
  return replaceStretches(text, stretches, markBeside(secrets));
}

/** The values as they may be meant: decoded, trimmed, line by line, the password of an address. */
function formsOf(values: readonly string[]): readonly string[] {
  const meant = values.flatMap((value) => [
    value,
    ...value.split('\n'),
    ...passwordsIn(value),
    passwordOf(value),
  ]);
  const forms = [...meant, ...meant.map(decoded)].map((value) => value.trim());
  return [...new Set(forms)].filter((value) => value.length >= SHORTEST_VALUE);
}

function passwordOf(address: string): string {
  return URL.canParse(address) ? new URL(address).password : '';
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch (error) {
    // A percent sign that stands for itself.
    if (error instanceof URIError) return value;
    throw error;
  }
}

function findValues(text: string, values: readonly string[]): readonly Stretch[] {
  const patterns = values.flatMap(piecesOf).map(spellingsOf);
  if (patterns.length === 0) return [];
  return [unbroken(text), ...BREAKS.map((how) => joined(text, how))].flatMap((line) =>
    patterns.flatMap((pattern) => findAll(line, pattern)),
  );
}

function piecesOf(value: string): readonly string[] {
  const count = Math.ceil(value.length / LONGEST_PIECE);
  return Array.from({ length: count }, (_, index) =>
    index === count - 1
      ? value.slice(-LONGEST_PIECE)
      : value.slice(index * LONGEST_PIECE, (index + 1) * LONGEST_PIECE),
  );
}

/** A text, and where each of its characters stands in the one that it was made from. */
interface Line {
  readonly text: string;
  readonly origin: (index: number) => number;
}

function unbroken(text: string): Line {
  return { text, origin: (index) => index };
}

function joined(text: string, { breaks, between }: { breaks: RegExp; between: string }): Line {
  const parts: string[] = [];
  const origins = new Uint32Array(text.length);
  let length = 0;
  const keep = (part: string, from: number) => {
    parts.push(part);
    for (let index = 0; index < part.length; index += 1) origins[length++] = from + index;
  };
  let from = 0;
  for (const { index, 0: found } of text.matchAll(breaks)) {
    keep(text.slice(from, index), from);
    keep(between, index);
    from = index + found.length;
  }
  keep(text.slice(from), from);
  return { text: parts.join(''), origin: (index) => origins[index] ?? 0 };
}

/** Also those that overlap. */
function findAll({ text, origin }: Line, pattern: RegExp): Stretch[] {
  const found: Stretch[] = [];
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    found.push({ start: origin(match.index), end: origin(match.index + match[0].length - 1) + 1 });
    pattern.lastIndex = match.index + 1;
  }
  return found;
}

function replaceStretches(text: string, stretches: readonly Stretch[], mark: string): string {
  const parts: string[] = [];
  let done = 0;
  for (const { start, end } of [...stretches].sort((a, b) => a.start - b.start)) {
    if (end <= done) continue;
    if (start > done || done === 0) parts.push(text.slice(done, start), mark);
    done = end;
  }
  return [...parts, text.slice(done)].join('');
}

/** A mark that neither holds one of the values nor makes one together with what stands around it. */
function markBeside(values: readonly string[]): string {
  const taken = values.join('\n').toLowerCase();
  const fits = (mark: string) =>
    !taken.includes(mark.charAt(0)) &&
    !taken.includes(mark.charAt(mark.length - 1)) &&
    values.every((value) => !mark.includes(value.toLowerCase()));
  const mark = MARKS.find(fits);
  if (mark !== undefined) return mark;
  let code = '█'.charCodeAt(0);
  while (taken.includes(String.fromCharCode(code))) code += 1;
  return String.fromCharCode(code).repeat(MARK.length);
}

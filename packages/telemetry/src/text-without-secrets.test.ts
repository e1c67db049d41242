import { describe, expect, test } from 'vitest';
import { textWithoutSecrets } from './text-without-secrets.ts';

const UGLY = String.raw`p@ss"w\örd%2F'$`;
const DIGITS = '482913';
const SPACED = 'two words of it';

/** How a value comes to stand in a text. */
const WRITTEN: Record<string, (value: string) => string> = {
  'as it is': (value) => value,
  'percent-encoded': encodeURIComponent,
  'percent-encoded in small letters': (value) =>
    encodeURIComponent(value).replaceAll(/%../g, (code) => code.toLowerCase()),
  'percent-encoded sign by sign': (value) =>
    [...Buffer.from(value)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  'percent-encoded twice': (value) => encodeURIComponent(encodeURIComponent(value)),
  'as a form': (value) => new URLSearchParams([['', value]]).toString().slice(1),
  'in an address': (value) => `redis://:${encodeURI(value)}@h`,
  'in JSON': (value) => JSON.stringify(value).slice(1, -1),
  'in JSON, ASCII only': (value) =>
    JSON.stringify(value)
      .slice(1, -1)
      .replaceAll(/[^ -~]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`),
  'in JSON in JSON': (value) => JSON.stringify(JSON.stringify(value)).slice(3, -3),
  'percent-encoded in JSON': (value) => JSON.stringify(encodeURI(value)).slice(1, -1),
  'in JSON, percent-encoded': (value) => encodeURIComponent(JSON.stringify(value).slice(1, -1)),
  'as a literal of SQL': (value) => value.replaceAll("'", "''"),
  'in other capitals': (value) => value.toUpperCase(),
};

/** Neither the value nor what would lead back to it. */
function expectGone(text: string, values: readonly string[]): void {
  for (const value of values) {
    for (const write of Object.values(WRITTEN)) expect(text).not.toContain(write(value));
  }
}

describe.each([
  ['ugly', UGLY],
  ['of six digits', DIGITS],
  ['with spaces', SPACED],
  ['of backslashes', String.raw`\\\a\\b\x`],
  ['of percent signs', '%%41%25%zz'],
  ['of signs of a pattern', '.*+?^${}()|[]/'],
  ['of several lines', 'line one\nline two\r\n\tline three'],
  ['beyond the basic plane', 'clef𝄞clef'],
])('a value %s', (_, value) => {
  // Mutations, each red here: in spellings.ts without the second spelling of a character (percent), without
  // the third (\u), without LETTERS, without doubled quotes, without '\\+' for a space, without `escaped`,
  // without `(?:25){0,3}`, without the flag i, `count` in place of `count * MOST_BACKSLASHES`.
  test.each(Object.entries(WRITTEN))('is found %s', (_name, write) => {
    const text = `before ${write(value)} after`;
    const cleaned = textWithoutSecrets(text, [value]);
    expect(cleaned).toMatch(/^before (redis:\/\/:)?(\[secret\]|<removed>|█{8})(@h)? after$/);
  });

  // Mutation: without BREAKS in text-without-secrets.ts, or without one of its two patterns, or of its two
  // ways to join.
  test.each([
    ['a line is broken', '\n'],
    ['a line is broken as Windows does', '\r\n'],
    ['a line is broken and set in', '\n      '],
    ['a broken line was written as JSON', String.raw`\n`],
    ['a broken line was written as JSON twice', String.raw`\\r\\n    `],
    ['a broken line was written as JSON three times', String.raw`\\\\n`],
  ])('is found where %s in the middle of it', (_name, wrap) => {
    const written = new Set(Object.values(WRITTEN).map((write) => write(value)));
    for (const text of written) {
      for (let at = 1; at < text.length; at += 1) {
        const wrapped = textWithoutSecrets(`${text.slice(0, at)}${wrap}${text.slice(at)}`, [value]);
        expect(wrapped.replaceAll(wrap, ''), `${text} broken at ${at}`).not.toContain(text);
      }
    }
  });
});

// Mutation: without the first of BREAKS, all backslashes before an n are taken for a break of their own.
test('a value that looks like a broken line itself is found where a line is broken in it', () => {
  const value = String.raw`abc\ndef`;
  for (const written of ['abc\\nd\nef', 'abc\\\\nd\nef']) {
    expect(textWithoutSecrets(`x ${written} y`, [value])).toBe('x [secret] y');
  }
});

describe('what is looked for', () => {
  // Mutation: SHORTEST_VALUE of 1 takes every 5 out of the text.
  test('are values of four characters and more', () => {
    expect(textWithoutSecrets('abc abcd 5', ['abc', 'abcd', '5'])).toBe('abc [secret] 5');
  });

  // Mutation: without `passwordOf` or without `passwordsIn` in `formsOf`.
  test.each([
    [`postgres://drover:${UGLY}@db1/ships`, UGLY],
    [`postgres://drover:${encodeURIComponent(UGLY)}@db1/ships`, UGLY],
    [`redis://:${DIGITS}@host:6379`, DIGITS],
    [`postgres://drover:${SPACED}@db1/ships`, SPACED],
    ['postgres://u:12/s3cret@db1/ships', '12/s3cret'],
    [`postgres://u:p@ss@h/d?application_name=a@b`, 'p@ss'],
    [`postgres://u@h/d?sslmode=require&password=${encodeURIComponent(UGLY)}&x=1`, UGLY],
    [`host=db1 user=drover password=${DIGITS} dbname=ships`, DIGITS],
    [`host=db1 password='${SPACED}' dbname=ships`, SPACED],
    [`{"host":"h","password":"${DIGITS}"}`, DIGITS],
  ])('is the password inside the value, too: %s', (value, password) => {
    for (const write of Object.values(WRITTEN)) {
      expectGone(textWithoutSecrets(`login with ${write(password)} failed`, [value]), [password]);
    }
  });

  // Mutation: without `decoded` in `formsOf`.
  test('is a value that was percent-encoded to begin with', () => {
    expect(textWithoutSecrets(`login with ${UGLY}`, [encodeURIComponent(UGLY)])).toBe(
      'login with [secret]',
    );
  });

  // Mutation: without `trim` in `formsOf`.
  test('is a value without the blanks around it', () => {
    expect(textWithoutSecrets('login with s3cret.', ['  s3cret\n'])).toBe('login with [secret].');
  });

  // Mutation: without `value.split('\n')` in `formsOf`.
  test('is each line of a value of several lines', () => {
    const cleaned = textWithoutSecrets('the end is line-2-of-key', [
      'line-1-of-key\nline-2-of-key',
    ]);
    expect(cleaned).toBe('the end is [secret]');
  });

  // Mutation: `findAll` from the end of the last match on leaves "word".
  test('is taken away whole where two of them overlap', () => {
    expect(textWithoutSecrets('x pass-sword-word y', ['pass-sword', 'sword-word'])).toBe(
      'x [secret] y',
    );
    expect(textWithoutSecrets('x abcabcab y', ['abcab'])).toBe('x [secret] y');
  });

  test('may be very long', () => {
    const value = Array.from({ length: 900 }, (_, index) => index.toString(36)).join('"');
    const cleaned = textWithoutSecrets(`a ${JSON.stringify(value)} b`, [value]);
    expect(cleaned).toBe('a "[secret]" b');
  });

  // Mutation: a last piece by `slice(index * LONGEST_PIECE)` is a single letter, found everywhere.
  test('is never a piece too short to mean anything', () => {
    const value = `${'0123456789'.repeat(20)}x`;
    expect(textWithoutSecrets(`xxx ${value} xxx`, [value])).toBe('xxx [secret] xxx');
  });

  // One by one they would be divided in every way there is: this would not end.
  test('may be backslashes only, in a text of backslashes', () => {
    const text = '\\'.repeat(3000);
    expect(textWithoutSecrets(`${text}x`, [`${'\\'.repeat(30)}y`])).toBe(`${text}x`);
  });
});

describe('the mark in its place', () => {
  // Mutation: MARKS[0] for all of them.
  test.each([
    ['secret', 'the <removed> is out'],
    ['[hush]', 'the <removed> is out'],
    ['<[secret>', 'the (hidden) is out'],
  ])('does not hold the value %s itself', (value, expected) => {
    expect(textWithoutSecrets(`the ${value} is out`, [value])).toBe(expected);
  });

  // Mutations: without either of the two `taken.includes` in `markBeside`.
  test('makes none of the values together with what stands beside it', () => {
    expect(textWithoutSecrets('abcdxyz', ['abcd', ']xyz'])).toBe('<removed>xyz');
    expect(textWithoutSecrets('xyzabcd', ['abcd', 'xyz['])).toBe('xyz<removed>');
  });

  test('is found however many signs the values hold', () => {
    const values = ['[<(secret', 'remo', '████'];
    expect(textWithoutSecrets(`the ${values[0]} is out`, values)).toBe(
      `the ${'▉'.repeat(8)} is out`,
    );
  });

  test('stands once for what touches', () => {
    expect(textWithoutSecrets('abcdefgh ij', ['abcd', 'efgh'])).toBe('[secret] ij');
  });
});

/** The same numbers every time; source: mulberry32. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const SIGNS = [
  ...'abcXYZ0189 "\'\\/%@:=&;,{}[]()<>$#?+-_.~`^|*!\t\nöß€'.split(''),
  '𝄞',
  '%2F',
  '\\n',
  '${',
  '":',
  '\\u00f6',
];

// Mutations: those above, each red here as well for some seed; and without `markBeside`, or without the
// overlapping matches of `findAll`.
test.each(Array.from({ length: 400 }, (_, seed) => seed))(
  'no random value survives, whatever stands around it (seed %i)',
  (seed) => {
    const below = numbers(seed);
    const pick = <T>(from: readonly T[]): T => {
      const [one] = from.slice(below(from.length));
      if (one === undefined) throw new Error('there is nothing to pick from');
      return one;
    };
    const signs = (length: number) => Array.from({ length }, () => pick(SIGNS)).join('');
    const values = Array.from({ length: 1 + below(4) }, () => signs(4 + below(20)));
    const ways = Object.entries(WRITTEN).filter(([name]) => !name.includes('capitals'));
    const text = Array.from({ length: 12 }, () => signs(below(12)) + pick(ways)[1](pick(values)));
    const cleaned = textWithoutSecrets(text.join(''), values);
    for (const value of values.filter((one) => one.trim().length >= 4)) {
      for (const [name, write] of ways) {
        if (write(value).includes(value) && cleaned.includes(write(value))) {
          expect.fail(`${JSON.stringify(value)} is there ${name}`);
        }
        expect(cleaned.includes(write(value)), `${JSON.stringify(value)} ${name}`).toBe(false);
      }
    }
  },
);

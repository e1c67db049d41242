import { describe, expect, test } from 'vitest';
import { tokensOf } from './tokens.ts';

const texts = (sql: string) => tokensOf(sql).map(({ kind, text }) => `${kind} ${text}`);

describe('tokens', () => {
  test.each([
    ["'it''s'", "it's"],
    [String.raw`'a\'b'`, "a'b"],
    ['"a""b"', 'a"b'],
    [String.raw`'\\N'`, String.raw`\N`],
    [String.raw`'\N'`, 'N'],
    [String.raw`'\0\b\n\r\t\Z'`, '\0\b\n\r\t\u001a'],
    [String.raw`'50\% a\_b'`, String.raw`50\% a\_b`],
    ["X'c3a9'", 'é'],
    ["x''", ''],
  ])('the literal %s is the string %j', (sql, text) => {
    expect(tokensOf(sql)[0]).toMatchObject({ kind: 'string', text });
    expect(tokensOf(sql)).toHaveLength(2);
  });

  test('names keep backslashes, and doubled backticks are one', () => {
    expect(texts(String.raw`${'`'}a\n${'``'}b${'`'}`)).toEqual([
      `name ${String.raw`a\n`}\`b`,
      'end ',
    ]);
  });

  test('words, numbers and symbols are cut apart; comments are dropped', () => {
    expect(texts('SELECT a.b<=>-1.5e3 -- rest\n/* more\n */ , .5 # end')).toEqual([
      'word SELECT',
      'word a',
      'symbol .',
      'word b',
      'symbol <=>',
      'symbol -',
      'number 1.5e3',
      'symbol ,',
      'number .5',
      'end ',
    ]);
  });

  test.each([
    ["'open"],
    ['`open'],
    [String.raw`'open\'`],
    ['SELECT \u0001'],
    ["X'ff'"],
    ["X'abc'"],
  ])('%j is refused', (sql) => {
    expect(() => tokensOf(sql)).toThrow(/errCode = 2, detailMessage = /);
  });
});

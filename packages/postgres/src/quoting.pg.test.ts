import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { arrayLiteral, identifier, literal } from './quoting.ts';
import { Session } from './session.ts';

const HOSTILE = [
  '',
  "'",
  "''",
  '"',
  '\\',
  "\\'",
  '\\\\',
  "\\'; drop table x; --",
  '$$',
  "E'\\n'",
  '\n\r\t\v\b\u0001\u007f',
  '\u2028\u2029\ufeff',
  'ä漢字👩‍🚀',
  '{"a":"b"}',
  '{a,"b\\"c"}',
  '%s ?1 $1 :name',
  "/* */ -- '",
];

describe('what is quoted', () => {
  let session: Session;
  beforeAll(async () => {
    session = await Session.open(inject('postgresUrl'), {
      side: 'test',
      applicationName: 'quoting',
    });
  });
  afterAll(() => session.close());

  // Mutation: without the escape form for backslashes the second setting changes them.
  test.each(['on', 'off'])(
    'literals arrive to the letter, standard_conforming_strings %s',
    async (setting) => {
      await session.script(`set standard_conforming_strings = ${setting}`);
      for (const text of HOSTILE) {
        const [row] = await session.query(`select ${literal(text)}::text as value`);
        expect(row?.['value']).toBe(text);
      }
      const [row] = await session.query(
        `select array_to_json(${arrayLiteral(HOSTILE, 'text')})::text as value`,
      );
      expect(JSON.parse(String(row?.['value']))).toEqual(HOSTILE);
      await session.script('set standard_conforming_strings = on');
    },
  );

  test('identifiers name the column that they say', async () => {
    for (const name of HOSTILE.filter((text) => text !== '')) {
      const [row] = await session.query(`select 1 as ${identifier(name)}`);
      expect(Object.keys(row ?? {})).toEqual([name]);
    }
  });

  test('what Postgres cannot hold is refused before it is sent', () => {
    expect(() => identifier('')).toThrow(TypeError);
    expect(() => identifier('a\0b')).toThrow(TypeError);
    expect(() => literal('a\0b')).toThrow(TypeError);
  });
});

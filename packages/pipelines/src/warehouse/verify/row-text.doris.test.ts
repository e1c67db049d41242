import { randomUUID } from 'node:crypto';
import { openStatements } from '@drover/doris';
import { identifier, literal, openDatabase } from '@drover/postgres';
import { type DorisStandIn, startDorisStandIn } from '@drover/stand-ins';
import { scratchDatabase } from '@drover/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { targetLiteral } from '../target-literal.ts';
import { rowText, sourceRowText, targetRowText } from './row-text.ts';

let doris: DorisStandIn;
beforeAll(async () => {
  doris = await startDorisStandIn();
});
afterAll(async () => {
  await doris[Symbol.asyncDispose]();
});

const HOSTILE = [
  '',
  null,
  ':',
  '1:',
  "'",
  '\\',
  '\\N',
  'a|b',
  'é',
  '名',
  '𝄞',
  ' ',
  '\n',
  '~',
  'NULL',
];

/** More than one call of concat takes, and more than two. */
const WIDE = Array.from({ length: 230 }, (_, index) => HOSTILE[index % HOSTILE.length] ?? null);

function rows(): (string | null)[][] {
  const value = fc.oneof(
    fc.constantFrom(...HOSTILE),
    // Postgres holds no zero character.
    fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', '')),
  );
  return [WIDE, ...fc.sample(fc.array(value, { minLength: 1, maxLength: 40 }), 40)];
}

describe('the text of a row', () => {
  // Mutations: length() instead of octet_length(); concat_ws; more arguments than a call takes.
  test('is made by Postgres as it is defined', async () => {
    await using database = await scratchDatabase(inject('postgresUrl'));
    for (const row of rows()) {
      const values = row.map((value) =>
        value === null ? 'null::text' : `${literal(value)}::text`,
      );
      const [found] = await database.sql.query(`select ${sourceRowText(values, true)} as text`);
      expect(found?.['text']).toBe(rowText(row));
    }
  });

  test('is made by Doris as it is defined', async () => {
    const statements = openStatements(
      {
        fe: [doris.feUrl],
        be: [],
        via: 'auto',
        queryPort: doris.mysqlPort,
        user: doris.user,
        password: doris.password,
        tls: false,
      },
      { max: 1, timeoutSeconds: 60 },
    );
    for (const row of rows()) {
      const values = row.map((value) =>
        value === null ? 'CAST(NULL AS STRING)' : targetLiteral(value),
      );
      const [found] = await statements.query(`SELECT ${targetRowText(values)} AS text`);
      expect(found?.['text']).toBe(rowText(row));
    }
    await statements.close();
  });

  // Mutation: octet_length of the text as it is stored.
  test('has the lengths that UTF-8 gives where the source keeps another encoding', async () => {
    const name = `drover_test_${randomUUID().slice(0, 8)}`;
    const server = openDatabase(inject('postgresUrl'), {
      side: 'test',
      applicationName: 'drover test',
      max: 1,
    });
    await server.query(
      `create database ${identifier(name)} template template0 encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'`,
    );
    const url = new URL(inject('postgresUrl'));
    url.pathname = `/${name}`;
    const latin = openDatabase(url.href, { side: 'test', applicationName: 'drover test', max: 1 });
    const [found] = await latin.query(
      `select ${sourceRowText(["'é'::text", "'ab'::text"], false)} as text, octet_length('é') as stored`,
    );
    expect(found).toEqual({ text: rowText(['é', 'ab']), stored: '1' });
    await latin.close();
    await server.query(`drop database ${identifier(name)}`);
    await server.close();
  });
});

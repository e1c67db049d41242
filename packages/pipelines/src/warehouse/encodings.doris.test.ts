import { openDatabase } from '@drover/postgres';
import { scratchDatabase } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { targetIdentifier } from './names.ts';
import { warehouseFixture } from './testing/warehouse-fixture.ts';

/** Longest STRING of the older generation, in bytes. */
const LIMIT = 1_048_576;

describe('a source that keeps its texts', () => {
  test.each([
    { encoding: 'LATIN1', character: 'é', bytes: 2 },
    { encoding: 'EUC_JP', character: '名', bytes: 3 },
    // Which is any bytes to the server; these are UTF-8.
    { encoding: 'SQL_ASCII', character: 'é', bytes: 2 },
  ])('in $encoding arrives in UTF-8, whose bytes count', async ({ encoding, character, bytes }) => {
    await using server = await scratchDatabase(inject('postgresUrl'));
    const name = `${new URL(server.url).pathname.slice(1)}_encoded`;
    await server.sql.query(
      `create database ${name} template template0 encoding '${encoding}' lc_collate 'C' lc_ctype 'C'`,
    );
    const url = new URL(server.url);
    url.pathname = `/${name}`;
    const sql = openDatabase(url.href, { side: 'test', applicationName: 'drover test', max: 1 });
    const most = Math.floor(LIMIT / bytes);
    try {
      await sql.query('create schema shop');
      await sql.query('create table shop.words (word text primary key, note varchar(12))');
      await sql.query(
        `insert into shop.words values ('${character}', '\\N'), ('z', '"${character}\\"'), ('', null)`,
      );
      await sql.query('create table shop.long (id int primary key, note text)');
      await sql.query(
        `insert into shop.long values (1, repeat('${character}', ${most})), (2, repeat('${character}', ${most + 1}))`,
      );
      await using fixture = await warehouseFixture({
        generation: 'D24',
        setup: 'select 1',
        source: { connection: url.href },
      });
      const run = await fixture.run();
      const place = targetIdentifier(fixture.database);
      expect(await fixture.target.query(`SELECT * FROM ${place}.words ORDER BY word`)).toEqual([
        { word: '', note: null },
        { word: 'z', note: `"${character}\\"` },
        { word: character, note: '\\N' },
      ]);
      const long = await fixture.target.query(
        `SELECT id, LENGTH(note) AS bytes, MD5(note) AS md5 FROM ${place}.\`long\``,
      );
      const [hash] = await fixture.source.sql.query(`select md5(repeat('${character}', ${most}))`);
      expect(long).toEqual([{ id: '1', bytes: String(most * bytes), md5: hash?.['md5'] }]);
      const rejects = run.settled.flatMap((settled) => settled.rejects);
      expect(rejects.map(({ key, rule }) => ({ key, rule }))).toEqual([
        { key: { id: '2' }, rule: 'text-too-long' },
      ]);
      const verdicts = await fixture.verify(run);
      expect(verdicts.map(({ wrong }) => wrong)).toEqual([0, 0]);
      expect(verdicts.reduce((sum, { explained }) => sum + explained, 0)).toBe(1);
    } finally {
      await sql.close();
      await server.sql.query(`drop database ${name} with (force)`);
    }
  });
});

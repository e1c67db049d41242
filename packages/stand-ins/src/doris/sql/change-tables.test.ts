import { describe, expect, test } from 'vitest';
import { type Front, openFront } from './testing/front.ts';

const REST = `UNIQUE KEY(id) DISTRIBUTED BY HASH(id) PROPERTIES ("replication_num" = "1")`;

async function twoTables(): Promise<Front> {
  const front = await openFront();
  for (const [name, id] of [
    ['a', 1n],
    ['b', 2n],
  ] as const) {
    await front.run(`CREATE TABLE ${name} (id INT NOT NULL) ${REST}`);
    front.fill(name, [[id]]);
  }
  return front;
}

const tables = async (front: Front) => (await front.rows('SHOW TABLES')).flat();

describe('databases', () => {
  test('are made once, and dropped once', async () => {
    await using front = await openFront();
    await front.run('CREATE DATABASE `shop`');
    expect(await front.refusal('CREATE DATABASE shop')).toMatchObject({ errno: 1007 });
    await front.run('CREATE DATABASE IF NOT EXISTS shop');
    expect(await front.rows("SHOW DATABASES LIKE 'sh_p'")).toEqual([['shop']]);
    expect(await front.rows('SHOW DATABASES')).toEqual([['d'], ['information_schema'], ['shop']]);
    await front.run('DROP DATABASE shop');
    expect(await front.refusal('DROP DATABASE shop')).toMatchObject({ errno: 1008 });
    await front.run('DROP DATABASE IF EXISTS shop');
    expect(await front.refusal('CREATE DATABASE `a b`')).toMatchObject({ errno: 1102 });
    expect(await front.refusal('SHOW TABLES FROM shop')).toMatchObject({ errno: 1049 });
    expect(await front.refusal(`CREATE TABLE shop.t (id INT NOT NULL) ${REST}`)).toMatchObject({
      errno: 1049,
    });
  });
});

describe('tables', () => {
  test('are made once; their names have a case', async () => {
    await using front = await twoTables();
    const sql = `CREATE TABLE a (id INT NOT NULL) ${REST}`;
    expect(await front.refusal(sql)).toMatchObject({ errno: 1050 });
    await front.run(sql.replace('TABLE a', 'TABLE IF NOT EXISTS a'));
    expect(await front.value('SELECT COUNT(*) FROM a')).toBe('1');
    expect(await front.refusal('SELECT * FROM A')).toMatchObject({ errno: 1146 });
    await front.run(sql.replace('TABLE a', 'TABLE A'));
    expect(await tables(front)).toEqual(['A', 'a', 'b']);
  });

  test('are dropped', async () => {
    await using front = await twoTables();
    await front.run('DROP TABLE a FORCE');
    expect(await tables(front)).toEqual(['b']);
    expect(await front.refusal('DROP TABLE a')).toMatchObject({ errno: 1051 });
    await front.run('DROP TABLE IF EXISTS d.a');
    expect(await front.refusal('SELECT * FROM a')).toMatchObject({
      errno: 1146,
      message: 'errCode = 2, detailMessage = Table [a] does not exist in database [d].',
    });
  });

  test('are emptied', async () => {
    await using front = await twoTables();
    await front.run('TRUNCATE TABLE d.a');
    expect(await front.value('SELECT COUNT(*) FROM a')).toBe('0');
    expect(await front.refusal('TRUNCATE TABLE nix')).toMatchObject({ errno: 1146 });
  });

  test('are renamed to a name that is free and allowed', async () => {
    await using front = await twoTables();
    await front.run('ALTER TABLE a RENAME c');
    expect(await tables(front)).toEqual(['b', 'c']);
    expect(await front.rows('SELECT id FROM c')).toEqual([[1]]);
    expect(await front.refusal('ALTER TABLE c RENAME b')).toMatchObject({ errno: 1105 });
    expect(await front.refusal('ALTER TABLE c RENAME `x y`')).toMatchObject({ errno: 1103 });
    expect(front.table('c').definition.name).toBe('c');
  });

  test('swap their rows by REPLACE', async () => {
    for (const properties of ['', " PROPERTIES('swap' = 'true')"]) {
      await using front = await twoTables();
      await front.run(`ALTER TABLE a REPLACE WITH TABLE b${properties}`);
      expect(await front.rows('SELECT id FROM a')).toEqual([[2]]);
      expect(await front.rows('SELECT id FROM b')).toEqual([[1]]);
    }
  });

  test('are replaced without a swap: the other name is gone', async () => {
    await using front = await twoTables();
    await front.run("ALTER TABLE a REPLACE WITH TABLE b PROPERTIES('swap' = 'false')");
    expect(await front.rows('SELECT id FROM a')).toEqual([[2]]);
    expect(await tables(front)).toEqual(['a']);
    expect(await front.refusal('ALTER TABLE a REPLACE WITH TABLE b')).toMatchObject({
      errno: 1146,
    });
    expect(await front.refusal('ALTER TABLE b REPLACE WITH TABLE a')).toMatchObject({
      errno: 1146,
    });
    expect(
      await front.refusal("ALTER TABLE a REPLACE WITH TABLE a PROPERTIES('other' = 'x')"),
    ).toMatchObject({ errno: 1105 });
  });

  test('get a nullable column at the end, NULL in the rows that are there', async () => {
    await using front = await twoTables();
    await front.run("ALTER TABLE a ADD COLUMN `note` VARCHAR(9) NULL COMMENT 'late'");
    expect(await front.rows('SELECT * FROM a')).toEqual([[1, null]]);
    front.fill('a', [[1n, 'x']]);
    expect(await front.rows('SELECT * FROM a')).toEqual([[1, 'x']]);
    expect(await front.refusal('ALTER TABLE a ADD COLUMN NOTE INT')).toMatchObject({ errno: 1060 });
    for (const sql of ['c INT NOT NULL', 'c INT AFTER id', 'c TIME', '`[` INT']) {
      expect(await front.refusal(`ALTER TABLE a ADD COLUMN ${sql}`)).not.toBeNull();
    }
  });
});

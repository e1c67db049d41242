import { createConnection } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { connect, GENERATIONS, LOGIN, openFront } from './testing/front.ts';

describe('a session', () => {
  test('is refused with 1045 for a wrong password, a missing one and a wrong user', async () => {
    await using front = await openFront();
    const { port } = front;
    for (const login of [
      { ...LOGIN, password: 'other' },
      { ...LOGIN, password: '' },
      { ...LOGIN, user: 'nobody' },
    ]) {
      const attempt = createConnection({ host: '127.0.0.1', port, ...login });
      await expect(attempt).rejects.toMatchObject({ errno: 1045 });
    }
  });

  test('is refused with 1049 for a database that is not there', async () => {
    await using front = await openFront();
    await expect(connect(front.port, 'nowhere')).rejects.toMatchObject({ errno: 1049 });
  });

  test('may begin without a database, use one, and no other session sees that', async () => {
    await using front = await openFront();
    const other = await connect(front.port);
    const [before] = await other.query({ sql: 'SELECT DATABASE()', rowsAsArray: true });
    expect(before).toEqual([[null]]);
    await expect(other.query('SHOW TABLES')).rejects.toMatchObject({ errno: 1046 });
    await expect(other.query('USE nowhere')).rejects.toMatchObject({ errno: 1049 });
    await other.query('USE INFORMATION_SCHEMA');
    const [schema] = await other.query({ sql: 'SELECT DATABASE()', rowsAsArray: true });
    expect(schema).toEqual([['information_schema']]);
    await expect(other.query('SELECT TABLE_NAME FROM tables')).resolves.toBeDefined();
    await other.query('USE `d`');
    await expect(other.query('SHOW TABLES')).resolves.toBeDefined();
    await other.changeUser({ ...LOGIN, database: 'd' }).catch(() => undefined);
    expect(await front.value('SELECT DATABASE()')).toBe('d');
  });

  test('speaks the text protocol only, and goes on after an error', async () => {
    await using front = await openFront();
    await expect(front.connection.execute('SELECT 1')).rejects.toThrow(
      'errCode = 2, detailMessage = the stand-in does not know prepared statements',
    );
    await expect(front.connection.execute("SET time_zone = 'UTC'")).rejects.toThrow('prepared');
    expect(await front.value('SELECT 1')).toBe(1);
    await front.connection.ping();
  });

  test('has an id that CONNECTION_ID tells, as the greeting did', async () => {
    await using front = await openFront();
    await using other = await front.another();
    expect(await front.value('SELECT CONNECTION_ID()')).toBe(String(front.connection.threadId));
    expect(await other.value('SELECT CONNECTION_ID()')).not.toBe(
      await front.value('SELECT CONNECTION_ID()'),
    );
  });

  test('is ended from another one by KILL, which knows no other ids', async () => {
    await using front = await openFront();
    const victim = await connect(front.port, 'd');
    await front.run(`KILL ${victim.threadId}`);
    await expect(victim.query('SELECT 1')).rejects.toThrow();
    expect(await front.refusal('KILL 4711')).toMatchObject({ errno: 1094 });
    expect(await front.refusal('KILL QUERY 4711')).toMatchObject({ errno: 1094 });
  });

  test('loses its statement to KILL QUERY and keeps working', async () => {
    await using front = await openFront();
    await front.run(
      "CREATE TABLE t (id BIGINT NOT NULL) UNIQUE KEY(id) DISTRIBUTED BY HASH(id) PROPERTIES('replication_num'='1')",
    );
    front.fill(
      't',
      Array.from({ length: 300_000 }, (_, id) => [BigInt(id)]),
    );
    await using killer = await front.another();
    const long = front.refusal('SELECT MAX(MD5(CAST(id AS STRING))) FROM t');
    const state = { settled: false };
    void long.finally(() => {
      state.settled = true;
    });
    while (!state.settled) await killer.run(`KILL QUERY ${front.connection.threadId}`);
    expect(await long).toMatchObject({ errno: 1317 });
    expect(await front.value('SELECT COUNT(*) FROM t')).toBe('300000');
  });

  test('ends when the front closes', async () => {
    const front = await openFront();
    await front[Symbol.asyncDispose]();
    await expect(front.connection.query('SELECT 1')).rejects.toThrow();
    await expect(connect(front.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('variables', () => {
  test('are set for the session, several at once, and selected with @@', async () => {
    await using front = await openFront();
    await using other = await front.another();
    await front.run("SET time_zone = '+02:00', SESSION query_timeout = 7, @@sql_mode = ''");
    await front.run('SET NAMES utf8mb4');
    expect(await front.rows('SELECT @@time_zone, @@query_timeout, @@session.sql_mode')).toEqual([
      ['+02:00', '7', ''],
    ]);
    expect(await other.value('SELECT @@query_timeout')).toBe('900');
    expect(await front.rows("SHOW VARIABLES LIKE 'query_time%'")).toEqual([['query_timeout', '7']]);
  });

  test.each([
    ['SET no_such_variable = 1', 1193],
    ['SELECT @@no_such_variable', 1193],
    ["SET time_zone = 'Nowhere/Land'", 1298],
    ["SET enable_decimal256 = 'perhaps'", 1231],
    ['SET query_timeout = soon', 1232],
    ["SET version_comment = 'x'", 1238],
    ['SET GLOBAL query_timeout = 1', 1105],
    ['SET NAMES latin1', 1105],
    ["SET sql_mode = 'NO_BACKSLASH_ESCAPES'", 1105],
  ])('%s is refused with %i', async (sql, errno) => {
    await using front = await openFront();
    expect(await front.refusal(sql)).toMatchObject({ errno });
  });

  test('enable_unicode_name_support is off in D24 and on in D26', async () => {
    const defaults = await Promise.all(
      GENERATIONS.map(async (generation) => {
        await using front = await openFront({ generation });
        return await front.value('SELECT @@enable_unicode_name_support');
      }),
    );
    expect(defaults).toEqual(['0', '1']);
  });

  test('the version tells the generation', async () => {
    await using front = await openFront({ generation: 'D24' });
    expect(await front.rows('SELECT VERSION(), @@version_comment')).toEqual([
      ['5.7.99', 'Doris version doris-3.0.2'],
    ]);
  });
});

test.each([
  ['LOAD DATA INFILE 1'],
  ['SELECT 1; SELECT 2'],
  ['SELECT FROBNICATE(1)'],
  ['SELECT 1 UNION ALL SELECT 2'],
  ['SELECT * FROM a JOIN b'],
  ['SELECT * FROM a, b'],
  ['SELECT (SELECT 1)'],
  ['SELECT ROW_NUMBER() OVER ()'],
  ["SELECT 'a' || 'b'"],
  ['SHOW PROCESSLIST'],
  ['SELECT /*+ SET_VAR(query_timeout = 1) */ 1'],
  ['SELECT /*!40101 1 */'],
  ['ALTER TABLE t DROP COLUMN c'],
  ['ALTER TABLE t RENAME COLUMN a b'],
  ['ALTER TABLE t RENAME ROLLUP a b'],
  ['SELECT * FROM information_schema.partitions'],
  ['SELECT'],
  [''],
])('what is not known is an error: %s', async (sql) => {
  await using front = await openFront();
  const { errno, message } = (await front.refusal(sql)) ?? {};
  expect(errno).toBe(1105);
  expect(message).toMatch(/the stand-in does not know|Syntax error/);
});

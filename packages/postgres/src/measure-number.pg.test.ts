import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { openDatabase } from './database.ts';
import { measureNumber } from './measure-number.ts';

const database = openDatabase(inject('postgresUrl'), {
  side: 'source',
  applicationName: 'drover test',
  max: 2,
});
const schema = `drover_test_${randomUUID().slice(0, 8)}`;
const measure = (sql: string) => measureNumber(database, sql);

beforeAll(async () => {
  await database.query(`create schema "${schema}"`);
  await database.query(`create sequence "${schema}".numbers`);
});
afterAll(async () => {
  await database.query(`drop schema "${schema}" cascade`);
  await database.close();
});

describe('measuring by a query', () => {
  test.each([
    ['select 1', 1],
    ['select 42::int8;', 42],
    ['  select -0.5::numeric ;\n', -0.5],
    ['select 1e300::float8', 1e300],
    ['select 1 as drover -- and a comment', 1],
    ['select 3 as measured', 3],
    ['with numbers as (select 7 as number) select max(number) from numbers', 7],
    ['values (5)', 5],
    [`select count(*) from pg_stat_activity where application_name = 'nobody has this'`, 0],
  ])('%j gives its number', async (sql, number) => {
    expect(await measure(sql)).toBe(number);
  });

  test.each([
    ['select 1 where false', 'no row'],
    ['select generate_series(1, 1000000)', 'several rows'],
    ['select 1, 2', 'something else'],
    ['select 1 as a, 2 as a', 'something else'],
    ['select null::int', 'something else'],
    [`select 's3cret'`, 'something else'],
    [`select interval '1 hour'`, 'something else'],
    ['select true', 'something else'],
    [`select 'NaN'::float8`, 'something else'],
    [`select 'infinity'::float8`, 'something else'],
    [`select '(1)'`, 'something else'],
  ])('%j is refused: it gives %s', async (sql, given) => {
    const failure = expect(measure(sql)).rejects;
    await failure.toMatchObject({
      code: 'FILE_INVALID',
      message: expect.stringContaining(`gave ${given}, where one number is needed`),
    });
    await failure.not.toMatchObject({ message: expect.stringContaining('s3cret') });
  });

  // Mutation: without `read only` in measure-number.ts the sequence goes on.
  test('writes nothing', async () => {
    await expect(measure(`select nextval('"${schema}".numbers')`)).rejects.toMatchObject({
      code: 'READ_ONLY_SERVER',
    });
  });

  // Mutation: without the parameter in measure-number.ts the table is there.
  test('takes no second statement', async () => {
    const table = `"${schema}".made`;
    const second = `select 1) as one; commit; create table ${table} (a int); select (1`;
    for (const sql of [second, 'select 1; select 2']) {
      await expect(measure(sql)).rejects.toMatchObject({ context: { sqlstate: '42601' } });
    }
    const [row] = await database.query('select to_regclass($1) as made', [table]);
    expect(row?.['made']).toBeNull();
  });

  // Mutation: with `set` in place of `set local` in measure-number.ts the next statement is read-only, or ends.
  test('leaves the connection as it was', async () => {
    await Promise.allSettled([measure('select 1'), measure('select nonsense')]);
    const settings = await Promise.all(
      [1, 2].map(() =>
        database.query(
          `select current_setting('statement_timeout') as timeout, current_setting('transaction_read_only') as ro from pg_sleep(0.05)`,
        ),
      ),
    );
    for (const [row] of settings) expect(row).toEqual({ timeout: '0', ro: 'off' });
  });

  // Mutation: without `statement_timeout` in measure-number.ts it takes as long as it likes.
  test('gives up a query that takes too long', async () => {
    await expect(measureNumber(database, 'select 1 from pg_sleep(60)', 50)).rejects.toMatchObject({
      code: 'STATEMENT_TIMEOUT',
    });
  });

  test('says what the server says of a query that is wrong', async () => {
    await expect(measure('select count(*) from nowhere')).rejects.toMatchObject({
      code: 'UNDEFINED_OBJECT',
      message: expect.stringContaining('relation "nowhere" does not exist'),
    });
  });
});

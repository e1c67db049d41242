import type { SqlExecutor } from '@drover/core';
import { scratchDatabase } from '@drover/testkit';
import { expect, inject, test } from 'vitest';
import { TargetCatalogue } from './target-table.ts';

// Mutations: with a version that never matches in target-table.ts the second reading asks for columns; without
// `attname`, `atttypid` or `atttypmod` in the hash one of the changes goes unnoticed.
test('columns are read again when, and only when, a table has changed', async () => {
  await using database = await scratchDatabase(inject('postgresUrl'));
  let queries = 0;
  const sql: SqlExecutor = {
    query(text, values) {
      queries += 1;
      return database.sql.query(text, values);
    },
  };
  const catalogue = new TargetCatalogue('wide');
  const columns = async () => {
    queries = 0;
    const table = (await catalogue.read(sql, ['t', 'other'])).get('t');
    return { queries, columns: table?.columns.map(({ name, type }) => `${name} ${type}`) };
  };
  await database.sql.query('create schema wide');
  expect(await columns()).toEqual({ queries: 1, columns: undefined });
  await database.sql.query('create table wide.t (a int, b varchar(10))');
  expect(await columns()).toEqual({
    queries: 2,
    columns: ['a integer', 'b character varying(10)'],
  });
  expect(await columns()).toEqual({
    queries: 1,
    columns: ['a integer', 'b character varying(10)'],
  });
  for (const [change, expected] of [
    ['add column c text', ['a integer', 'b character varying(10)', 'c text']],
    ['rename column a to d', ['d integer', 'b character varying(10)', 'c text']],
    ['alter column b type varchar(20)', ['d integer', 'b character varying(20)', 'c text']],
    ['alter column d type int8', ['d bigint', 'b character varying(20)', 'c text']],
    ['drop column c', ['d bigint', 'b character varying(20)']],
  ] as const) {
    await database.sql.query(`alter table wide.t ${change}`);
    expect(await columns()).toEqual({ queries: 2, columns: expected });
    expect((await columns()).queries).toBe(1);
  }
  await database.sql.query('drop table wide.t; create table wide.t (d bigint, b varchar(20))');
  expect((await columns()).queries).toBe(2);
  await database.sql.query('drop table wide.t');
  expect(await columns()).toEqual({ queries: 1, columns: undefined });
});

import type { SqlExecutor } from '@drover/core';
import { insertNarrowRows, narrowRow, scratchDatabase, signal } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { pivotFixture } from './testing/pivot-fixture.ts';
import { addColumns } from './wide-table.ts';

const server = inject('postgresUrl');
const ADD = { schema: 'public', table: 't', columns: [{ name: '/a"b', type: 'text' }] };

const columnsOf = async (sql: SqlExecutor) =>
  (
    await sql.query(
      `select attname from pg_attribute where attrelid = 'public.t'::regclass and attnum > 0 order by attnum`,
    )
  ).map((row) => row['attname']);

describe('columns that are added to a table', () => {
  test('come all in one statement, and once more does no harm', async () => {
    await using database = await scratchDatabase(server);
    await database.sql.query('create table public.t (created_time timestamp)');
    const columns = [...ADD.columns, { name: 'c', type: 'bigint' }];
    const { signal: never } = new AbortController();
    for (let turn = 0; turn < 2; turn += 1) {
      await addColumns(database.sql, { ...ADD, columns, signal: never, random: () => 0 });
      expect(await columnsOf(database.sql)).toEqual(['created_time', '/a"b', 'c']);
    }
  });

  // Mutation: without the retry in `addColumns` (wide-table.ts) the first refusal ends it.
  test('wait for whoever holds the table without holding up those who read it', async () => {
    await using database = await scratchDatabase(server);
    const { sql } = database;
    await sql.query('create table public.t (created_time timestamp)');
    const [held, refused] = [signal(), signal()];
    const reader = sql.transaction(async (transaction) => {
      await transaction.query('select from public.t');
      held.give();
      await refused.given;
      // Nobody queues for the lock between two tries: another reader is not kept waiting.
      await sql.query('select from public.t');
    });
    await held.given;
    const { signal: never } = new AbortController();
    const random = () => {
      refused.give();
      return 0;
    };
    await addColumns(sql, { ...ADD, signal: never, random });
    await reader;
    expect(await columnsOf(sql)).toEqual(['created_time', '/a"b']);
  });

  test('are given up when the attempt is stopped', async () => {
    await using database = await scratchDatabase(server);
    const { sql } = database;
    await sql.query('create table public.t (created_time timestamp)');
    const stop = new AbortController();
    await sql.transaction(async (transaction) => {
      await transaction.query('select from public.t');
      const random = () => {
        stop.abort();
        return 0;
      };
      await expect(addColumns(sql, { ...ADD, signal: stop.signal, random })).rejects.toThrow();
    });
    expect(await columnsOf(sql)).toEqual(['created_time']);
  });

  test('fail at once for a reason that does not pass', async () => {
    await using database = await scratchDatabase(server);
    const { signal: never } = new AbortController();
    const random = () => {
      throw new Error('it was tried again');
    };
    await expect(addColumns(database.sql, { ...ADD, signal: never, random })).rejects.toMatchObject(
      { code: 'UNDEFINED_OBJECT' },
    );
  });
});

describe('secondary indexes', () => {
  for (const buildIndexes of ['before', 'after'] as const) {
    test(`are built ${buildIndexes} the data, in the tables that have their columns, and once`, async () => {
      const secondaryIndexes = [
        { columns: ['/a', 'created_time'] },
        { columns: ['created_time'], using: 'brin' },
        { columns: ['/absent'] },
      ];
      await using fixture = await pivotFixture(server, {
        target: { buildIndexes, secondaryIndexes },
      });
      const { sql } = fixture.database;
      const at = { ship: 'A', channel: '/a', time: '2026-01-01 00:00:00' };
      await insertNarrowRows(sql, [narrowRow(at, 'Integer', '1')]);
      const indexes = async () =>
        (
          await sql.query(
            `select indexname from pg_indexes where schemaname = 'wide' and indexname not like '%_pkey' order by 1`,
          )
        ).map((row) => row['indexname']);
      const all = [
        'tbl_data_timeseries_A_brin_created_time_idx',
        'tbl_data_timeseries_A_btree_/a_created_time_idx',
      ];
      await fixture.run({ phases: ['prepare'] });
      expect(await indexes()).toEqual(buildIndexes === 'before' ? all : []);
      for (let turn = 0; turn < 2; turn += 1) {
        await fixture.run();
        expect(await indexes()).toEqual(all);
      }
    });
  }
});

import type { SqlExecutor } from '@drover/core';
import { readWideTables } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { asChunk, pivotFixture } from './testing/pivot-fixture.ts';

const server = inject('postgresUrl');
const TABLE = 'tenant.tbl_data_timeseries';

/** Tables of other shapes than production's; each is moved and verified. */
const SHAPES: readonly { name: string; spec?: object; setUp: readonly string[] }[] = [
  {
    name: 'no index at all',
    setUp: [
      `alter table ${TABLE} drop constraint tbl_data_timeseries_pkey`,
      'drop index tenant.tbl_data_timeseries_created_time_idx',
    ],
  },
  {
    name: 'no index on time, ships apart by the primary key',
    setUp: ['drop index tenant.tbl_data_timeseries_created_time_idx'],
  },
  {
    name: 'ships that are numbers, channels of limited length, times with a zone',
    setUp: [
      `alter table ${TABLE} alter ship_id type integer using length(ship_id), alter data_channel_id type varchar(60), alter created_time type timestamptz using created_time at time zone 'UTC'`,
    ],
  },
  {
    name: 'ships that are uuids',
    setUp: [`alter table ${TABLE} alter ship_id type uuid using md5(ship_id)::uuid`],
  },
  {
    name: 'a partitioned table',
    setUp: [
      `alter table ${TABLE} rename to old`,
      `create table ${TABLE} (like tenant.old including defaults, primary key (ship_id, data_channel_id, created_time)) partition by range (created_time)`,
      `create table tenant.p1 partition of ${TABLE} for values from (minvalue) to ('2026-01-01 00:30:00')`,
      `create table tenant.p2 partition of ${TABLE} for values from ('2026-01-01 00:30:00') to (maxvalue)`,
      `create index on ${TABLE} (created_time desc)`,
      `insert into ${TABLE} select * from tenant.old`,
    ],
  },
  {
    name: 'a view',
    setUp: [
      `alter table ${TABLE} rename to old`,
      `create view ${TABLE} as select * from tenant.old`,
    ],
  },
  {
    name: 'channels under a collation that takes letters of either case for the same',
    setUp: [
      `create collation public.either_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
      `alter table ${TABLE} drop constraint tbl_data_timeseries_pkey`,
      `alter table ${TABLE} alter data_channel_id type text collate public.either_case, alter value_format type text collate public.either_case, alter ship_id type text collate public.either_case`,
      `create index on ${TABLE} (ship_id, data_channel_id, created_time)`,
    ],
  },
  {
    name: 'other names, a decimal and a date as values',
    spec: {
      source: {
        schema: 'tenant',
        table: 'Other "Table"',
        columns: {
          entity: 'Vessel',
          channel: 'tag',
          time: 'at',
          format: 'kind',
          order: 'id',
          values: {
            Decimal: 'num',
            Integer: 'long_v',
            String: 'str_v',
            Boolean: 'bool_v',
            Day: 'day',
          },
        },
      },
    },
    setUp: [
      `alter table ${TABLE} rename to "Other ""Table"""`,
      `alter table tenant."Other ""Table""" add column day date, alter double_v type numeric using double_v::numeric`,
      `alter table tenant."Other ""Table""" rename ship_id to "Vessel"`,
      `alter table tenant."Other ""Table""" rename data_channel_id to tag`,
      `alter table tenant."Other ""Table""" rename created_time to at`,
      `alter table tenant."Other ""Table""" rename value_format to kind`,
      `alter table tenant."Other ""Table""" rename double_v to num`,
      `insert into tenant."Other ""Table""" ("Vessel", tag, at, kind, day) values ('A', '/day', '2026-01-01 00:59:00', 'Day', '0044-03-15 BC')`,
    ],
  },
];

async function fill(sql: SqlExecutor): Promise<void> {
  await sql.query(
    `insert into ${TABLE} (ship_id, data_channel_id, created_time, value_format, double_v, long_v, str_v, bool_v)
     select ship, '/' || format || '/' || letter, timestamp '2026-01-01' + step * interval '10 minutes', format,
       case format when 'Decimal' then step + 0.25 end, case format when 'Integer' then step end,
       case format when 'String' then 'text ' || step end, case format when 'Boolean' then step % 2 = 0 end
     from unnest(array['A', 'BB', 'CCC']) ship, unnest(array['Decimal', 'Integer', 'String', 'Boolean']) format,
       unnest(array['x', 'X']) letter, generate_series(0, 5) step`,
  );
}

describe('a source of another shape', () => {
  for (const { name, spec = {}, setUp } of SHAPES) {
    test(`is moved and verified: ${name}`, async () => {
      await using fixture = await pivotFixture(server, { chunk: { length: '20m' }, ...spec });
      const { sql } = fixture.database;
      await fill(sql);
      for (const statement of setUp) await sql.query(statement);
      const gate = await fixture.run();
      const total = gate.settled.reduce((sum, { receipt }) => sum + receipt.loaded, 0);
      const extra = name.startsWith('other names') ? 1 : 0;
      expect(total).toBe(3 * 8 * 6 + extra);
      expect(gate.settled.flatMap((one) => one.rejects)).toEqual([]);

      const tables = Object.values(await readWideTablesOf(sql));
      expect(tables).toHaveLength(3);
      const cells = tables
        .flatMap((rows) => Object.values(rows))
        .flatMap((row) => Object.values(row));
      expect(cells).toHaveLength(3 * 8 * 6 + extra);

      const { anchor } = await fixture.pipeline.open({
        log: fixture.moveContext().log,
        options: {},
        cutoffs: new Map(),
        kind: 'full',
        watermarks: new Map(),
        migrationId: 'test',
        unsettled: [],
      });
      for (const chunk of await fixture.plan('data', anchor)) {
        const verdict = await fixture.pipeline.verify(
          asChunk('verify', chunk),
          fixture.verifyContext(),
        );
        expect(verdict).toMatchObject({ wrong: 0, stale: 0 });
      }
    });
  }
});

/** The time column has another name in one of the shapes. */
async function readWideTablesOf(sql: SqlExecutor) {
  const renamed = await sql.query(
    `select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid
     where relname like 'tbl_data_timeseries_%' and attname = 'at' and relkind = 'r'`,
  );
  for (const { relname } of renamed) {
    await sql.query(`alter table wide."${relname}" rename at to created_time`);
  }
  const tables = await readWideTables(sql, 'wide', 'tbl_data_timeseries_');
  for (const { relname } of renamed) {
    await sql.query(`alter table wide."${relname}" rename created_time to at`);
  }
  return tables;
}

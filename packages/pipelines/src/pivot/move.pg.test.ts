import { insertNarrowRows, narrowRow, plainPivot, readWideTables } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { pivotFixture } from './testing/pivot-fixture.ts';
import { HOSTILE_CHANNELS, tortureRows } from './testing/torture.ts';

const server = inject('postgresUrl');
const EIGHT_SHIPS = Array.from({ length: 8 }, (_, index) => `SHIP${index + 1}`);
const THREE_GROUPS = [
  { name: 'texts', channels: { glob: '/text/**' } },
  { name: 'numbers', channels: { regex: ['^/Decimal/', '^/Integer/', '^/Boolean/'] } },
  { name: 'rest', channels: { list: ['/moment', '/nothing'] } },
];

const groupOf = (channel: string) =>
  channel.startsWith('/text/')
    ? 'texts'
    : /^\/(Decimal|Integer|Boolean)\//.test(channel)
      ? 'numbers'
      : 'rest';
const tableOf = (ship: string, channel: string) =>
  `tbl_data_timeseries_${ship}_${groupOf(channel)}`;

describe('moving one chunk', () => {
  for (const columnType of ['native', 'text'] as const) {
    for (const travel of ['together', 'apart'] as const) {
      test(`is exact for the torture set: 8 ships, 24 tables, ${columnType} columns, ships ${travel}`, async () => {
        await using fixture = await pivotFixture(server, {
          target: { columnType },
          groups: THREE_GROUPS,
          chunk: { length: '100000000d', ships: travel },
        });
        const { sql } = fixture.database;
        const rows = tortureRows(EIGHT_SHIPS);
        await insertNarrowRows(sql, rows);

        const gate = await fixture.run();

        const tables = await readWideTables(sql, 'wide', 'tbl_data_timeseries_');
        expect(Object.keys(tables)).toHaveLength(24);
        expect(tables).toEqual(plainPivot(rows, tableOf));
        const moved = gate.settled.reduce((sum, { receipt }) => sum + receipt.read, 0);
        expect(moved).toBe(rows.length);
      });
    }
  }

  test('keeps texts of megabytes', async () => {
    await using fixture = await pivotFixture(server);
    const rows = EIGHT_SHIPS.slice(0, 3).flatMap((ship) =>
      ['x', '\\', '\n', '日'].map((unit) =>
        narrowRow(
          { ship, channel: `/big/${unit.charCodeAt(0)}`, time: '2026-01-01 00:00:00' },
          'String',
          unit.repeat(3_000_000 / Buffer.byteLength(unit)),
        ),
      ),
    );
    for (const row of rows) await insertNarrowRows(fixture.database.sql, [row]);
    await fixture.run();
    expect(await readWideTables(fixture.database.sql, 'wide', 'tbl')).toEqual(
      plainPivot(rows, (ship) => `tbl_data_timeseries_${ship}`),
    );
  });

  test('moving twice leaves what moving once leaves, and replaces what is there', async () => {
    await using fixture = await pivotFixture(server, { chunk: { length: '1h' } });
    const { sql } = fixture.database;
    const at = { ship: 'A', channel: '/c', time: '2026-01-01 00:00:00' };
    await insertNarrowRows(sql, [
      narrowRow(at, 'Integer', '1'),
      narrowRow({ ...at, time: '2026-01-01 00:00:15' }, 'Integer', '2'),
    ]);
    await fixture.run();
    await sql.query(`update tenant.tbl_data_timeseries set long_v = 7 where long_v = 1`);
    await sql.query(`delete from tenant.tbl_data_timeseries where long_v = 2`);
    await fixture.run();
    await fixture.run();
    expect(await readWideTables(sql, 'wide', 'tbl')).toEqual({
      tbl_data_timeseries_A: { '2026-01-01 00:00:00': { '/c': '7' } },
    });
  });

  test('takes channel ids to the letter', async () => {
    await using fixture = await pivotFixture(server);
    const rows = HOSTILE_CHANNELS.map((channel) =>
      narrowRow({ ship: "o'Ship \\ \t", channel, time: '2026-01-01 00:00:00' }, 'String', channel),
    );
    await insertNarrowRows(fixture.database.sql, rows);
    await fixture.run();
    const [table] = Object.values(await readWideTables(fixture.database.sql, 'wide', 'tbl'));
    expect(Object.keys(table?.['2026-01-01 00:00:00'] ?? {}).sort()).toEqual(
      [...HOSTILE_CHANNELS].sort(),
    );
  });
});

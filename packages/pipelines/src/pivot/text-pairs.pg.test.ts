import { insertNarrowRows, narrowRow, readWideTables } from '@drover/testkit';
import { expect, inject, test } from 'vitest';
import { pivotFixture } from './testing/pivot-fixture.ts';

// Mutation: with the pair as `ship || \x01 || channel` in source-query.ts the bigint comes as text, a reject.
test('a channel asked for as text is told apart from one whose name and ship join to the same letters', async () => {
  await using fixture = await pivotFixture(inject('postgresUrl'));
  const at = (ship: string, channel: string, second: number) => ({
    ship,
    channel,
    time: `2026-01-01 00:00:0${second}`,
  });
  await insertNarrowRows(fixture.database.sql, [
    narrowRow(at('A', 'B\x01C', 1), 'Integer', '1'),
    narrowRow(at('A', 'B\x01C', 2), 'Decimal', '2.5'),
    narrowRow(at('A\x01B', 'C', 1), 'Integer', '3'),
    narrowRow(at('A 1 B', 'C', 1), 'Integer', '4'),
  ]);
  const gate = await fixture.run();
  expect(gate.settled.flatMap((one) => one.rejects)).toEqual([]);
  expect(await readWideTables(fixture.database.sql, 'wide', 'tbl_data_timeseries_')).toEqual({
    tbl_data_timeseries_A: {
      '2026-01-01 00:00:01': { 'B\x01C': '1' },
      '2026-01-01 00:00:02': { 'B\x01C': '2.5' },
    },
    'tbl_data_timeseries_A\x01B': { '2026-01-01 00:00:01': { C: '3' } },
    'tbl_data_timeseries_A 1 B': { '2026-01-01 00:00:01': { C: '4' } },
  });
  const [column] = await fixture.database.sql.query(
    `select format_type(atttypid, atttypmod) as type from pg_catalog.pg_attribute a
     join pg_catalog.pg_class c on c.oid = a.attrelid
     where relname = $1 and attname = 'C'`,
    ['tbl_data_timeseries_A\x01B'],
  );
  expect(column).toEqual({ type: 'bigint' });
});

import { insertNarrowRows, type NarrowRow, narrowRow, readWideTables } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { pivotFixture } from './testing/pivot-fixture.ts';

const server = inject('postgresUrl');
const T = '2026-01-01 00:00:00';
const at = (channel: string, time = T, ship = 'A') => ({ ship, channel, time });
const wide = (fixture: Awaited<ReturnType<typeof pivotFixture>>) =>
  readWideTables(fixture.database.sql, 'wide', 'tbl_data_timeseries_');

const GOOD = narrowRow(at('/good'), 'Integer', '1');

/** Each kind of row that contradicts itself, and the rule by which it is set aside. */
const MISMATCHES: readonly { name: string; row: NarrowRow; rule: string }[] = [
  {
    name: 'a format whose column is empty while another is filled',
    row: { ...at('/bad'), format: 'Decimal', long: '5' },
    rule: 'format-mismatch',
  },
  {
    name: 'a format that nobody knows',
    row: { ...at('/bad'), format: 'Complex', double: '5' },
    rule: 'format-mismatch',
  },
  {
    name: 'a format in other letters',
    row: { ...at('/bad'), format: 'decimal', double: '5' },
    rule: 'format-mismatch',
  },
  {
    name: 'no format',
    row: { ...at('/bad'), format: null, str: 'x\x01y\\' },
    rule: 'format-mismatch',
  },
];

describe('a value whose format contradicts the filled column', () => {
  for (const { name, row, rule } of MISMATCHES) {
    test(`is a reject, never a silent NULL: ${name}`, async () => {
      await using fixture = await pivotFixture(server);
      await insertNarrowRows(fixture.database.sql, [GOOD, row]);
      const gate = await fixture.run();
      expect(await wide(fixture)).toEqual({ tbl_data_timeseries_A: { [T]: { '/good': '1' } } });
      const { receipt, rejects } = gate.settled.find((one) => one.receipt.read > 0) ?? {};
      expect(receipt).toMatchObject({ read: 2, loaded: 1, rejected: 1, skipped: 0 });
      expect(rejects).toMatchObject([
        { rule, rows: 1, key: { ship: 'A', time: T, channel: '/bad' }, column: '/bad' },
      ]);
      expect(rejects?.[0]?.row).toEqual({
        value_format: row.format,
        double_v: row.double ?? null,
        long_v: row.long ?? null,
        str_v: row.str ?? null,
        bool_v: row.bool ?? null,
      });
    });
  }

  test('with mismatch: null is NULL and counted', async () => {
    await using fixture = await pivotFixture(server, { mismatch: 'null' });
    await insertNarrowRows(fixture.database.sql, [
      GOOD,
      ...MISMATCHES.slice(0, 1).map((one) => one.row),
    ]);
    const gate = await fixture.run();
    expect(await wide(fixture)).toEqual({ tbl_data_timeseries_A: { [T]: { '/good': '1' } } });
    expect(gate.settled.find((one) => one.receipt.read > 0)?.receipt).toMatchObject({
      read: 2,
      loaded: 2,
      rejected: 0,
      nulled: 1,
    });
  });

  test('of another format than the column has become is a reject of its own rule', async () => {
    await using fixture = await pivotFixture(server, { chunk: { length: '1h' } });
    const { sql } = fixture.database;
    await insertNarrowRows(sql, [narrowRow(at('/c'), 'Integer', '1')]);
    await fixture.run();
    await insertNarrowRows(sql, [
      narrowRow(at('/c', '2026-01-01 00:00:15'), 'Decimal', '2.5'),
      narrowRow(at('/c', '2026-01-01 00:00:30'), 'Integer', '3'),
    ]);
    const gate = await fixture.run({ phases: ['data'] });
    expect(await wide(fixture)).toEqual({
      tbl_data_timeseries_A: { [T]: { '/c': '1' }, '2026-01-01 00:00:30': { '/c': '3' } },
    });
    expect(gate.settled[0]?.rejects).toMatchObject([
      { rule: 'type-mismatch', row: { value_format: 'Decimal', double_v: '2.5' } },
    ]);
  });

  test('is no matter for a channel that had several formats from the start: its column is text', async () => {
    await using fixture = await pivotFixture(server);
    const rows = [
      narrowRow(at('/c'), 'Integer', '1'),
      narrowRow(at('/c', '2026-01-01 00:00:15'), 'Decimal', '2.5'),
    ];
    await insertNarrowRows(fixture.database.sql, rows);
    await fixture.run();
    expect(await wide(fixture)).toEqual({
      tbl_data_timeseries_A: { [T]: { '/c': '1' }, '2026-01-01 00:00:15': { '/c': '2.5' } },
    });
  });
});

describe('a row without any value', () => {
  test('is a cell that is NULL, and makes a wide row where it is alone', async () => {
    await using fixture = await pivotFixture(server);
    await insertNarrowRows(fixture.database.sql, [narrowRow(at('/c'), 'Integer', null)]);
    const gate = await fixture.run();
    expect(await wide(fixture)).toEqual({ tbl_data_timeseries_A: { [T]: {} } });
    expect(gate.settled.find((one) => one.receipt.read > 0)?.receipt).toMatchObject({
      loaded: 1,
      written: 1,
      nulled: 0,
    });
  });
});

describe('duplicates where no key forbids them', () => {
  const rows = [
    narrowRow(at('/c'), 'Integer', '1'),
    narrowRow(at('/d'), 'Integer', '9'),
    narrowRow(at('/c'), 'Integer', '2'),
    narrowRow(at('/c'), 'Integer', '3'),
  ];
  for (const [policy, value] of [
    ['last', '3'],
    ['first', '1'],
  ] as const) {
    test(`the ${policy} counts, the others are skipped`, async () => {
      await using fixture = await pivotFixture(
        server,
        { duplicates: policy },
        { table: { key: false } },
      );
      await insertNarrowRows(fixture.database.sql, rows);
      const gate = await fixture.run();
      expect(await wide(fixture)).toEqual({
        tbl_data_timeseries_A: { [T]: { '/c': value, '/d': '9' } },
      });
      expect(gate.settled.find((one) => one.receipt.read > 0)?.receipt).toMatchObject({
        read: 4,
        loaded: 2,
        skipped: 2,
      });
    });
  }

  test('with reject all of them are set aside, and the cell stays empty', async () => {
    await using fixture = await pivotFixture(
      server,
      { duplicates: 'reject' },
      { table: { key: false } },
    );
    await insertNarrowRows(fixture.database.sql, rows);
    const gate = await fixture.run();
    expect(await wide(fixture)).toEqual({ tbl_data_timeseries_A: { [T]: { '/d': '9' } } });
    const settled = gate.settled.find((one) => one.receipt.read > 0);
    expect(settled?.receipt).toMatchObject({ read: 4, loaded: 1, rejected: 3 });
    const values = settled?.rejects.map((one) => one.row?.['long_v']);
    expect(values?.sort()).toEqual(['1', '2', '3']);
    expect(settled?.rejects.every((one) => one.rule === 'duplicate')).toBe(true);
  });
});

describe('a channel outside the groups', () => {
  const groups = [
    { name: 'one', channels: { list: ['/a'] } },
    { name: 'two', channels: { glob: '/b*' } },
  ];
  const rows = [
    narrowRow(at('/a'), 'Integer', '1'),
    narrowRow(at('/b1'), 'Integer', '2'),
    narrowRow(at('/x'), 'Integer', '3'),
  ];
  const run = async (outside: object) => {
    const fixture = await pivotFixture(server, { groups, outside });
    await insertNarrowRows(fixture.database.sql, rows);
    const gate = await fixture.run();
    return { fixture, settled: gate.settled.find((one) => one.receipt.read > 0) };
  };
  const one = { tbl_data_timeseries_A_one: { [T]: { '/a': '1' } } };

  test('is added to the last group by default', async () => {
    const { fixture } = await run({});
    await using _ = fixture;
    expect(await wide(fixture)).toEqual({
      ...one,
      tbl_data_timeseries_A_two: { [T]: { '/b1': '2', '/x': '3' } },
    });
  });

  test('is added to the group that is named', async () => {
    const { fixture } = await run({ group: 'one' });
    await using _ = fixture;
    expect(await wide(fixture)).toEqual({
      tbl_data_timeseries_A_one: { [T]: { '/a': '1', '/x': '3' } },
      tbl_data_timeseries_A_two: { [T]: { '/b1': '2' } },
    });
  });

  test('is skipped and counted with ignore', async () => {
    const { fixture, settled } = await run({ policy: 'ignore' });
    await using _ = fixture;
    expect(await wide(fixture)).toEqual({
      ...one,
      tbl_data_timeseries_A_two: { [T]: { '/b1': '2' } },
    });
    expect(settled?.receipt).toMatchObject({ read: 3, loaded: 2, skipped: 1 });
  });

  test('is a reject with reject', async () => {
    const { fixture, settled } = await run({ policy: 'reject' });
    await using _ = fixture;
    expect(settled?.receipt).toMatchObject({ read: 3, loaded: 2, rejected: 1 });
    expect(settled?.rejects).toMatchObject([
      {
        rule: 'channel-outside-groups',
        key: { channel: '/x' },
        row: { value_format: 'Integer', long_v: '3' },
      },
    ]);
  });
});

describe('a channel that cannot be a column', () => {
  for (const channel of ['', 'created_time', 'ctid', 'x'.repeat(64), 'é'.repeat(32)]) {
    test(`has its rows rejected, whatever the groups say: "${channel.slice(0, 12)}"`, async () => {
      await using fixture = await pivotFixture(server, {
        groups: [{ name: 'all', channels: { glob: '**' } }],
        outside: { policy: 'add' },
      });
      await insertNarrowRows(fixture.database.sql, [GOOD, narrowRow(at(channel), 'String', 'v')]);
      const gate = await fixture.run();
      const settled = gate.settled.find((one) => one.receipt.read > 0);
      expect(settled?.receipt).toMatchObject({ read: 2, loaded: 1, rejected: 1 });
      expect(settled?.rejects).toMatchObject([{ rule: 'channel-name', key: { channel } }]);
    });
  }
});

describe('a row without ship, channel or time', () => {
  test('is a reject of a chunk of its own', async () => {
    await using fixture = await pivotFixture(server, {}, { table: { key: false } });
    await insertNarrowRows(fixture.database.sql, [
      GOOD,
      { ...GOOD, ship: null },
      { ...GOOD, channel: null },
      { ...GOOD, time: null },
    ]);
    const gate = await fixture.run();
    expect(await wide(fixture)).toEqual({ tbl_data_timeseries_A: { [T]: { '/good': '1' } } });
    const read = gate.settled.reduce((sum, { receipt }) => sum + receipt.read, 0);
    expect(read).toBe(4);
    const rejects = gate.settled.flatMap((one) => one.rejects);
    expect(rejects).toHaveLength(3);
    expect(rejects.every((one) => one.rule === 'null-key')).toBe(true);
  });
});

describe('a wide row that does not fit a page', () => {
  const columns = Array.from({ length: 700 }, (_, index) => `/c${String(index).padStart(3, '0')}`);
  const filled = (time: string, value: string) =>
    columns.map((channel) => narrowRow(at(channel, time), 'String', value));

  test('is a reject of that ship, time and group; the others are loaded', async () => {
    await using fixture = await pivotFixture(server);
    const times = Array.from({ length: 6 }, (_, index) => `2026-01-01 00:00:0${index}`);
    for (const [index, time] of times.entries()) {
      // 700 values of 18 bytes cannot be moved out of line and take 13 kB.
      await insertNarrowRows(
        fixture.database.sql,
        filled(time, index % 3 === 1 ? 'x'.repeat(18) : 'short'),
      );
    }
    const gate = await fixture.run();
    const tables = await wide(fixture);
    expect(Object.keys(tables['tbl_data_timeseries_A'] ?? {}).sort()).toEqual(
      times.filter((_, index) => index % 3 !== 1),
    );
    const settled = gate.settled.find((one) => one.receipt.read > 0);
    expect(settled?.receipt).toMatchObject({
      read: 4200,
      loaded: 2800,
      rejected: 1400,
      written: 4,
    });
    const rejects = settled?.rejects ?? [];
    expect(new Set(rejects.map((one) => one.key['time']))).toEqual(
      new Set(['2026-01-01 00:00:01', '2026-01-01 00:00:04']),
    );
    expect(rejects).toHaveLength(2);
    expect(rejects.every((one) => one.rule === 'row-too-large' && one.rows === 700)).toBe(true);
    expect(settled?.rejects[0]?.row?.['/c699']).toBe('x'.repeat(18));
  });
});

describe('a timestamp whose line is too long', () => {
  const MB = 1_000_000;

  test('is read ship by ship', async () => {
    await using fixture = await pivotFixture(server, {}, { maxTupleBytes: 3 * MB });
    const rows = ['A', 'B', 'C', 'D'].map((ship) =>
      narrowRow(at('/c', T, ship), 'String', ship.repeat(MB)),
    );
    await insertNarrowRows(fixture.database.sql, rows);
    const gate = await fixture.run();
    const tables = await wide(fixture);
    expect(Object.values(tables).map((table) => table[T]?.['/c']?.length)).toEqual([
      MB,
      MB,
      MB,
      MB,
    ]);
    expect(gate.settled.flatMap((one) => one.rejects)).toEqual([]);
  });

  test('is a reject where one ship alone is too long; its neighbours are loaded', async () => {
    await using fixture = await pivotFixture(server, {}, { maxTupleBytes: 3 * MB });
    const rows = [
      narrowRow(at('/c', T, 'A'), 'String', 'a'.repeat(4 * MB)),
      narrowRow(at('/d', T, 'A'), 'Integer', '1'),
      narrowRow(at('/c', '2026-01-01 00:00:15', 'A'), 'String', 'x'),
      narrowRow(at('/c', T, 'B'), 'String', 'b'),
    ];
    await insertNarrowRows(fixture.database.sql, rows);
    const gate = await fixture.run();
    expect(await wide(fixture)).toEqual({
      tbl_data_timeseries_A: { '2026-01-01 00:00:15': { '/c': 'x' } },
      tbl_data_timeseries_B: { [T]: { '/c': 'b' } },
    });
    const settled = gate.settled.find((one) => one.receipt.read > 0);
    expect(settled?.receipt).toMatchObject({ read: 4, loaded: 2, rejected: 2 });
    expect(settled?.rejects).toMatchObject([
      { rule: 'time-too-long', rows: 2, key: { ship: 'A', time: T } },
    ]);
  });
});

describe('too many rejects', () => {
  test('park the chunk, and nothing of it is written', async () => {
    await using fixture = await pivotFixture(server, { rejects: { max: 2 } });
    const bad = [0, 1, 2].map((second) => ({
      ...at('/bad', `2026-01-01 00:00:0${second}`),
      format: 'Decimal',
      long: '5',
    }));
    await insertNarrowRows(fixture.database.sql, [GOOD, ...bad]);
    await expect(fixture.run()).rejects.toMatchObject({ code: 'TOO_MANY_REJECTS', policy: 'park' });
    expect(await wide(fixture)).toEqual({ tbl_data_timeseries_A: {} });
  });

  test('are kept without their rows where the file says so', async () => {
    await using fixture = await pivotFixture(server, { rejects: { keepRows: false } });
    await insertNarrowRows(fixture.database.sql, [{ ...at('/bad'), format: 'Decimal', long: '5' }]);
    const gate = await fixture.run();
    expect(gate.settled.flatMap((one) => one.rejects)).toMatchObject([
      { row: null, key: { channel: '/bad' } },
    ]);
  });
});

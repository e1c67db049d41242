import { type NarrowRow, narrowRow } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { levelsOf, telling } from '../../check/testing/findings.ts';
import { checkFixture, goodRows } from './testing/check-fixture.ts';

const server = inject('postgresUrl');
const time = '2026-01-01 00:00:00';
const at = (channel: string, ship = 'A') => ({ ship, channel, time });

describe('a channel that cannot be a column', () => {
  const NAMES = [
    ['', 'the channel id is empty'],
    ['created_time', 'the channel is named like the time column, created_time'],
    ...['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid'].map((name) => [
      name,
      `${name} is a system column of Postgres`,
    ]),
    ['x'.repeat(64), 'the channel id has 64 bytes, a column name at most 63'],
    ['é'.repeat(32), 'the channel id has 64 bytes, a column name at most 63'],
  ] as const;

  // Mutation: without a line of `columnNameFault` in `layout.ts` its name is missing here.
  test('is a warning of its own each, and its neighbours are none', async () => {
    await using fixture = await checkFixture(server);
    const fine = ['CTID', 'Created_Time', 'oid', ' ', 'x'.repeat(63), 'é'.repeat(31), 'select'];
    await fixture.insert(
      [...NAMES.map(([name]) => name ?? ''), ...fine].map((name) =>
        narrowRow(at(name), 'Integer', '1'),
      ),
    );
    const findings = (await fixture.check()).filter((one) => one.level !== 'info');
    expect(findings.map(({ rule, level }) => `${level} ${rule}`)).toEqual(
      NAMES.map(() => 'warning channel-name'),
    );
    expect(new Map(findings.map((one) => [one.subject, one.reason]))).toEqual(
      new Map(
        NAMES.map(([name, reason]) => [`channel "${name}"`, `${reason}; its rows become rejects`]),
      ),
    );
    expect(findings[0]?.fix).toBe(
      'Write it under another data_channel_id in tenant.tbl_data_timeseries, or leave its rows among the rejects.',
    );
  });

  test('because it would be cut to the name of another is told for both; ids that differ in case are none', async () => {
    await using fixture = await checkFixture(server);
    const start = 'x'.repeat(63);
    await fixture.insert(
      [`${start}1`, `${start}2`, start, '/a', '/A'].map((name) =>
        narrowRow(at(name), 'Integer', '1'),
      ),
    );
    expect(levelsOf(await fixture.check(), 'channel-name')).toEqual([
      `warning channel "${start}1"`,
      `warning channel "${start}2"`,
    ]);
  });

  test('is found though it has no row among the newest', async () => {
    await using fixture = await checkFixture(server);
    const old = { ...at('ctid'), time: '2020-01-01 00:00:00' };
    await fixture.insert([...goodRows(), narrowRow(old, 'Integer', '1')]);
    expect(levelsOf(await fixture.check(), 'channel-name')).toEqual(['warning channel "ctid"']);
  });
});

describe('a channel that no group has', () => {
  for (const [policy, what] of [
    ['ignore', 'skipped'],
    ['reject', 'rejected'],
  ]) {
    test(`is a warning where its rows are ${what}`, async () => {
      await using fixture = await checkFixture(server);
      await fixture.insert(goodRows());
      const groups = [{ name: '1', channels: { list: ['/decimal', '/string'] } }];
      const findings = await fixture.check({ groups, outside: { policy } });
      expect(findings.filter((one) => one.level !== 'info')).toEqual([
        {
          level: 'warning',
          rule: 'channel-outside-groups',
          subject: '2 channels',
          reason: `no group has them, so their rows are ${what}: /boolean, /integer`,
          fix: 'Add them to one of the groups 1, or set outside.policy: add.',
        },
      ]);
      expect(telling(await fixture.check({ groups }))).toEqual([]);
    });
  }
});

describe('a name of a table', () => {
  test('that is too long, or empty, is an error', async () => {
    await using fixture = await checkFixture(server);
    const long = 's'.repeat(44);
    await fixture.insert([
      narrowRow(at('/a', long), 'Integer', '1'),
      narrowRow(at('/a', long.slice(1)), 'Integer', '1'),
      narrowRow(at('/a', ''), 'Integer', '1'),
    ]);
    const findings = await fixture.check();
    expect(levelsOf(findings, 'table-name-long')).toEqual([`error ship ${long}`]);
    const bare = await fixture.check({ target: { table: '{ship}' } });
    expect(telling(bare)).toEqual(['table-name-empty']);
    expect(bare.find((one) => one.rule === 'table-name-empty')?.fix).toContain('now {ship}');
  });

  test('that two tables would share is an error', async () => {
    await using fixture = await checkFixture(server);
    await fixture.insert([
      narrowRow(at('/a', 'A'), 'Integer', '1'),
      narrowRow(at('/a', 'A1'), 'Integer', '1'),
    ]);
    const groups = ['1', '11'].map((name) => ({ name, channels: { list: [`/${name}`] } }));
    const findings = await fixture.check({ groups, target: { table: 't{ship}{group}' } });
    expect(findings.filter((one) => one.level !== 'info')).toEqual([
      {
        level: 'error',
        rule: 'table-name-twice',
        subject: 'ship A1, group 1',
        reason: 'table name "tA11" is also that of ship A, group 11',
        fix: 'Part {ship} and {group} in target.table, now t{ship}{group}, by something that no name has.',
      },
    ]);
  });

  // Mutation: without `isSource` in `check-layout.ts` the source would be taken for an old wide table.
  test('that is the source itself is an error, also where the tables would be dropped', async () => {
    await using fixture = await checkFixture(server);
    await fixture.insert([
      narrowRow(at('/a', 'timeseries'), 'Integer', '1'),
      narrowRow(at('/a', 'B'), 'Integer', '1'),
    ]);
    const target = { schema: 'tenant', table: 'tbl_data_{ship}' };
    for (const dropTables of [false, true]) {
      const findings = await fixture.check({ target }, { options: { dropTables } });
      expect(findings.filter((one) => one.level !== 'info')).toEqual([
        {
          level: 'error',
          rule: 'target-is-source',
          subject: 'ship timeseries',
          reason: 'its table would be tenant.tbl_data_timeseries, which is the source itself',
          fix: 'Change target.schema, or target.table, now tbl_data_{ship}.',
        },
      ]);
    }
  });

  test('that the source has too, but in another database, is no trouble', async () => {
    await using fixture = await checkFixture(server);
    await using other = await checkFixture(server);
    await other.sql.query('drop table tenant.tbl_data_timeseries');
    await fixture.insert([narrowRow(at('/a', 'timeseries'), 'Integer', '1')]);
    const target = { connection: other.url, schema: 'tenant', table: 'tbl_data_{ship}' };
    expect(telling(await fixture.check({ target }))).toEqual([]);
  });
});

describe('formats', () => {
  const rows: NarrowRow[] = [
    { ...at('/strange'), format: 'Complex', double: '1' },
    { ...at('/stranger'), format: 'flag', bool: 'true' },
    { ...at('/none'), format: null, str: 'x' },
  ];

  // Mutation: with no format `unknown` in `check-layout.ts` nothing says which lines to add.
  test('that the file does not know are a warning with the lines to add', async () => {
    await using fixture = await checkFixture(server);
    await fixture.insert([...goodRows(), ...rows]);
    const findings = (await fixture.check()).filter((one) => one.level !== 'info');
    expect(findings).toEqual([
      {
        level: 'warning',
        rule: 'format-unknown',
        subject: '3 of 27 sampled rows',
        reason:
          'source.columns.values does not say which column holds the values of format NULL, Complex, flag; they become rejects',
        fix: 'Add to source.columns.values: "Complex": double_v, "flag": bool_v. Fill value_format where it is NULL, or leave the rows as they are.',
      },
    ]);
    const values = { Decimal: 'double_v', Integer: 'long_v', String: 'str_v', Boolean: 'bool_v' };
    const mended = {
      source: { columns: { values: { ...values, Complex: 'double_v', flag: 'bool_v' } } },
    };
    await fixture.sql.query(
      `update tenant.tbl_data_timeseries set value_format = 'String' where value_format is null`,
    );
    expect(telling(await fixture.check(mended))).toEqual([]);
  });

  test('that contradict the filled column are a warning that names both', async () => {
    await using fixture = await checkFixture(server);
    await fixture.insert([...goodRows(), { ...at('/wrong'), format: 'Decimal', long: '5' }]);
    const findings = await fixture.check({ mismatch: 'null' });
    expect(findings.filter((one) => one.level !== 'info')).toEqual([
      {
        level: 'warning',
        rule: 'format-mismatch',
        subject: '1 of 25 sampled rows',
        reason:
          'the column that their format names is empty but another is filled (Decimal has long_v); they become NULL',
        fix: 'Correct value_format in the source, or see `mismatch`; channels: /wrong.',
      },
    ]);
  });

  test('of several kinds for one channel are told, because its column is text', async () => {
    await using fixture = await checkFixture(server);
    await fixture.insert([...goodRows(), narrowRow(at('/decimal', 'C'), 'String', 'off')]);
    const findings = await fixture.check();
    expect(telling(findings)).toEqual([]);
    expect(findings.find((one) => one.rule === 'format-mixed')).toMatchObject({
      level: 'info',
      subject: '1 channels',
      reason: expect.stringContaining('/decimal') as string,
    });
    const text = await fixture.check({ target: { columnType: 'text' } });
    expect(levelsOf(text, 'format-mixed')).toEqual([]);
  });
});

import type { MovedRecord, Verdict } from '@drover/core';
import { insertNarrowRows, type MemoryGate, narrowRow } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { chooseHashing } from './hashing.ts';
import { asChunk, type PivotFixture, pivotFixture } from './testing/pivot-fixture.ts';
import { tortureRows } from './testing/torture.ts';

const server = inject('postgresUrl');
const SHIPS = ['A', 'B'];
const EVERYTHING = { ships: SHIPS, from: null, to: null };
const GROUPS = [
  { name: 'texts', channels: { glob: '/text/**' } },
  { name: 'rest', channels: { glob: '**' } },
];
const TEXTS = 'wide."tbl_data_timeseries_A_texts"';
const REST = 'wide."tbl_data_timeseries_A_rest"';

async function verify(
  fixture: PivotFixture,
  gate?: MemoryGate,
  range: object = EVERYTHING,
): Promise<Verdict> {
  const moved: MovedRecord = {
    receipts: gate?.settled.map((one) => one.receipt) ?? [],
    rejects: gate?.settled.flatMap((one) => one.rejects) ?? [],
  };
  const chunk = asChunk('verify', {
    ordinal: 0,
    stream: '',
    range: range as never,
    estimatedRows: 0,
    originId: null,
  });
  return fixture.pipeline.verify(chunk, fixture.verifyContext({ moved: async () => moved }));
}

async function movedTorture(columnType: 'native' | 'text', spec: object = {}) {
  const fixture = await pivotFixture(server, { groups: GROUPS, target: { columnType }, ...spec });
  const rows = tortureRows(SHIPS);
  await insertNarrowRows(fixture.database.sql, rows);
  const gate = await fixture.run();
  return { fixture, rows, gate };
}

describe('verification', () => {
  for (const columnType of ['native', 'text'] as const) {
    test(`finds nothing after a move of the torture set into ${columnType} columns, and says how much it compared`, async () => {
      const { fixture, rows, gate } = await movedTorture(columnType);
      await using _ = fixture;
      expect(await verify(fixture, gate)).toEqual({
        compared: rows.length,
        wrong: 0,
        stale: 0,
        explained: 0,
        differences: [],
      });
    });
  }

  /** One fault each, and where it must be found. */
  const FAULTS: readonly {
    name: string;
    sql: string;
    found: readonly {
      kind: string;
      time: string;
      channel?: string;
      source: string | null;
      target: string | null;
    }[];
  }[] = [
    {
      name: 'a float that differs in its last bit',
      sql: `update ${REST} set "/Decimal/3" = 0.10000000000000002 where "/Decimal/3" = 0.1`,
      found: [
        {
          kind: 'different',
          time: '2026-01-03 00:00:00',
          channel: '/Decimal/3',
          source: '0.1',
          target: '0.10000000000000002',
        },
      ],
    },
    {
      name: '0 in place of -0',
      sql: `update ${REST} set "/Decimal/1" = 0 where "/Decimal/1" is not null`,
      found: [
        {
          kind: 'different',
          time: '2026-01-03 00:00:00',
          channel: '/Decimal/1',
          source: '-0',
          target: '0',
        },
      ],
    },
    {
      name: 'a number in place of NaN',
      sql: `update ${REST} set "/Decimal/12" = 1 where "/Decimal/12" = 'NaN'`,
      found: [
        {
          kind: 'different',
          time: '2026-01-03 00:00:00',
          channel: '/Decimal/12',
          source: 'NaN',
          target: '1',
        },
      ],
    },
    {
      name: 'an empty text in place of nothing, and nothing in place of an empty text',
      sql: `update ${TEXTS} set "/text/0" = null, "/text/1" = ''`,
      found: [
        {
          kind: 'missing',
          time: '2026-01-01 00:00:00',
          channel: '/text/0',
          source: '',
          target: null,
        },
        {
          kind: 'different',
          time: '2026-01-01 00:00:00',
          channel: '/text/1',
          source: ' ',
          target: '',
        },
      ],
    },
    {
      name: 'values of two channels exchanged',
      sql: `update ${TEXTS} set "/text/11" = "/text/12", "/text/12" = "/text/11"`,
      found: [
        {
          kind: 'different',
          time: '2026-01-01 00:00:00',
          channel: '/text/11',
          source: '\x1bS\x1bE',
          target: '\t',
        },
        {
          kind: 'different',
          time: '2026-01-01 00:00:00',
          channel: '/text/12',
          source: '\t',
          target: '\x1bS\x1bE',
        },
      ],
    },
    {
      name: 'values of two rows exchanged',
      sql: `update ${REST} set "/moment" = case "/moment" when 0 then 1 else 0 end where "/moment" in (0, 1)`,
      found: [
        {
          kind: 'different',
          time: '2026-01-31 08:15:30',
          channel: '/moment',
          source: '0',
          target: '1',
        },
        {
          kind: 'different',
          time: '2026-01-31 08:15:30.1',
          channel: '/moment',
          source: '1',
          target: '0',
        },
      ],
    },
    {
      name: 'a row that lies a microsecond beside its time',
      sql: `update ${REST} set created_time = created_time + interval '2 microseconds' where created_time = '2026-01-31 08:15:30.123457'`,
      found: [
        {
          kind: 'missing',
          time: '2026-01-31 08:15:30.123457',
          channel: '/moment',
          source: '3',
          target: null,
        },
        {
          kind: 'extra',
          time: '2026-01-31 08:15:30.123459',
          channel: '/moment',
          source: null,
          target: '3',
        },
      ],
    },
    {
      name: 'a row that is missing',
      sql: `delete from ${REST} where created_time = 'infinity'`,
      found: [{ kind: 'missing', time: 'infinity', channel: '/moment', source: '9', target: null }],
    },
    {
      name: 'a row too many',
      sql: `insert into ${REST} (created_time, "/moment") values ('0045-01-01 BC', 77)`,
      found: [
        {
          kind: 'extra',
          time: '0045-01-01 00:00:00 BC',
          channel: '/moment',
          source: null,
          target: '77',
        },
      ],
    },
    {
      name: 'a row too many without any value',
      sql: `insert into ${REST} (created_time) values ('2020-01-01')`,
      found: [
        {
          kind: 'extra',
          time: '2020-01-01 00:00:00',
          source: null,
          target: 'a row without values',
        },
      ],
    },
    {
      name: 'a value in a column of another group',
      sql: `alter table ${REST} add column "/text/0" text; update ${REST} set "/text/0" = 'x' where created_time = '-infinity'`,
      found: [{ kind: 'extra', time: '-infinity', channel: '/text/0', source: null, target: 'x' }],
    },
    {
      name: 'a channel whose column is gone',
      sql: `alter table ${TEXTS} drop column "/text/33"`,
      found: [
        {
          kind: 'missing',
          time: '2026-01-01 00:00:00',
          channel: '/text/33',
          source: '{"a":"b\\n"}',
          target: null,
        },
      ],
    },
  ];

  for (const { name, sql, found } of FAULTS) {
    test(`finds, down to the cell, ${name}`, async () => {
      const { fixture, gate } = await movedTorture('native');
      await using _ = fixture;
      for (const statement of sql.split('; ')) await fixture.database.sql.query(statement);
      const verdict = await verify(fixture, gate);
      expect(verdict).toMatchObject({ wrong: found.length, stale: 0, explained: 0 });
      const places = verdict.differences.map(({ key, kind, source, target }) => ({
        kind,
        ship: key['ship'],
        time: key['time'],
        channel: key['channel'],
        source,
        target,
      }));
      const byPlace = (one: { time: unknown; channel?: unknown }) =>
        `${String(one.time)} ${String(one.channel)}`;
      const sorted = <T extends { time: unknown; channel?: unknown }>(list: readonly T[]) =>
        [...list].sort((a, b) => (byPlace(a) < byPlace(b) ? -1 : 1));
      expect(sorted(places)).toEqual(
        sorted(found.map((one) => ({ ship: 'A', channel: undefined, ...one }))),
      );
    });
  }

  test('of one table that is gone counts every cell and names as many as were asked for', async () => {
    const { fixture, rows, gate } = await movedTorture('native');
    await using _ = fixture;
    await fixture.database.sql.query(`drop table ${TEXTS}`);
    const verdict = await verify(fixture, gate);
    const lost = rows.filter((row) => row.ship === 'A' && row.channel?.startsWith('/text/')).length;
    expect(verdict.wrong).toBe(lost);
    expect(verdict.differences.length).toBe(Math.min(100, lost));
  });

  test('looks at nothing outside its range', async () => {
    const { fixture, gate } = await movedTorture('native');
    await using _ = fixture;
    await fixture.database.sql.query(`delete from ${REST} where created_time = '1970-01-01'`);
    const before = { ships: SHIPS, from: '1970-01-01 00:00:00.000001', to: null };
    const exactly = { ships: SHIPS, from: '1970-01-01 00:00:00', to: '1970-01-01 00:00:00.000001' };
    expect((await verify(fixture, gate, before)).wrong).toBe(0);
    expect((await verify(fixture, gate, exactly)).wrong).toBe(1);
  });

  test('calls a value stale, not wrong, where the source row was written after the move', async () => {
    const { fixture, gate } = await movedTorture('native');
    await using _ = fixture;
    await fixture.database.sql.query(
      `update tenant.tbl_data_timeseries set long_v = -5 where ship_id = 'A' and data_channel_id = '/moment' and long_v = 4`,
    );
    await fixture.database.sql.query(`update ${REST} set "/moment" = 99 where "/moment" = 5`);
    const verdict = await verify(fixture, gate);
    expect(verdict).toMatchObject({ wrong: 1, stale: 1 });
    expect(
      verdict.differences.map(({ stale, source, target }) => ({ stale, source, target })),
    ).toEqual(
      expect.arrayContaining([
        { stale: true, source: '-5', target: '4' },
        { stale: false, source: '5', target: '99' },
      ]),
    );
  });

  test('explains what is missing by the rejects on record, and only that', async () => {
    await using fixture = await pivotFixture(server);
    const at = (second: number) => ({
      ship: 'A',
      channel: '/c',
      time: `2026-01-01 00:00:0${second}`,
    });
    await insertNarrowRows(fixture.database.sql, [
      narrowRow(at(0), 'Integer', '1'),
      { ...at(1), format: 'Integer', double: '2' },
      narrowRow(at(2), 'Integer', '3'),
      narrowRow({ ...at(3), channel: '/d' }, 'String', 'x'),
    ]);
    const gate = await fixture.run();
    const only = { ships: ['A'], from: null, to: null };
    expect(await verify(fixture, gate, only)).toMatchObject({ wrong: 0, explained: 0 });
    // A mismatch has no value to miss; a row that was too large has.
    await fixture.database.sql.query(`delete from wide."tbl_data_timeseries_A" where "/c" = 3`);
    expect(await verify(fixture, gate, only)).toMatchObject({ wrong: 1, explained: 0 });
    const reject = {
      key: { ship: 'A', time: '2026-01-01 00:00:02', table: 'tbl_data_timeseries_A', group: '' },
      rule: 'row-too-large',
      column: null,
      reason: '',
      rows: 1,
      row: null,
    };
    const [settled] = gate.settled;
    if (settled === undefined) throw new Error('Nothing was settled.');
    gate.settled.push({ receipt: settled.receipt, rejects: [reject] });
    expect(await verify(fixture, gate, only)).toMatchObject({
      wrong: 0,
      explained: 1,
      differences: [],
    });
  });

  for (const duplicates of ['last', 'first', 'reject'] as const) {
    test(`agrees with the mover about duplicates: ${duplicates}`, async () => {
      await using fixture = await pivotFixture(server, { duplicates }, { table: { key: false } });
      const at = { ship: 'A', channel: '/c', time: '2026-01-01 00:00:00' };
      await insertNarrowRows(fixture.database.sql, [
        narrowRow(at, 'Integer', '1'),
        narrowRow(at, 'Integer', '2'),
        narrowRow({ ...at, channel: '/d' }, 'Integer', '3'),
      ]);
      const gate = await fixture.run();
      const only = { ships: ['A'], from: null, to: null };
      expect(await verify(fixture, gate, only)).toMatchObject({ wrong: 0, differences: [] });
    });
  }

  test('agrees with the mover about values of several formats in a text column', async () => {
    await using fixture = await pivotFixture(server);
    const at = (second: number) => ({
      ship: 'A',
      channel: '/c',
      time: `2026-01-01 00:00:0${second}`,
    });
    await insertNarrowRows(fixture.database.sql, [
      narrowRow(at(0), 'Integer', '1'),
      narrowRow(at(1), 'Boolean', 'true'),
      narrowRow(at(2), 'Decimal', '-0'),
    ]);
    const gate = await fixture.run();
    const only = { ships: ['A'], from: null, to: null };
    expect(await verify(fixture, gate, only)).toMatchObject({ wrong: 0, compared: 3 });
    await fixture.database.sql.query(
      `update wide."tbl_data_timeseries_A" set "/c" = '0' where "/c" = '-0'`,
    );
    const verdict = await verify(fixture, gate, only);
    expect(verdict.differences).toMatchObject([{ kind: 'different', source: '-0', target: '0' }]);
  });
});

describe('the golden rows', () => {
  test('choose the fast hash where both servers agree, and md5 where they do not', async () => {
    await using fixture = await pivotFixture(server);
    const { sql } = fixture.database;
    expect(await chooseHashing(sql, sql)).toBe('native');
    const other = {
      query: async (text: string) => {
        const rows = await sql.query(text);
        return text.includes('md5') ? rows : rows.map((row) => ({ ...row, float: '1' }));
      },
    };
    expect(await chooseHashing(sql, other)).toBe('md5');
    const broken = { query: async () => [{ time: '0' }] };
    await expect(chooseHashing(sql, broken)).rejects.toMatchObject({ code: 'DIGEST_UNRELIABLE' });
  });
});

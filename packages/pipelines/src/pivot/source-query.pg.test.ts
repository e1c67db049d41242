import { Session } from '@drover/postgres';
import { describe, expect, inject, test } from 'vitest';
import { asChunk, type PivotFixture, pivotFixture } from './testing/pivot-fixture.ts';
import { binaryRow, copyOf } from './testing/tuple-stream.ts';

const server = inject('postgresUrl');
const TABLE = 'tenant.tbl_data_timeseries';
const WIDE = 'wide."tbl_data_timeseries_A"';

/** All kinds of NaN, what is next to them, and what begins like the frames of others. */
const NUMBERS = {
  'double precision': [
    '7ff8000000000000',
    'fff8000000000000',
    'ffffffffffffffff',
    'ffff000000000000',
    'fff0000000000001',
    '7ff0000000000001',
    'fff0000000000000',
    '7ff0000000000000',
    'ffefffffffffffff',
    '7fefffffffffffff',
    'ff00000000000000',
    '8000000000000000',
    '0000000000000000',
    '0000000000000001',
    '8181818181818181',
    '0101010101010101',
  ],
  real: [
    '7fc00000',
    'ffc00000',
    'ffffffff',
    'ffff0000',
    'ff800000',
    'ff7fffff',
    '80000000',
    '00000001',
  ],
};

/** On a server that compiles every query, if it is one that compiles; and on one that compiles none. */
const RUNS = [
  ['double precision', 'compiled', ['set jit = on', 'set jit_above_cost = 0']],
  ['double precision', 'interpreted', ['set jit = off']],
  ['real', 'interpreted', ['set jit = off']],
] as const;

async function inDatabase(fixture: PivotFixture, settings: readonly string[]): Promise<void> {
  const { pathname } = new URL(fixture.database.url);
  for (const setting of settings) {
    await fixture.database.sql.query(`alter database "${pathname.slice(1)}" ${setting}`);
  }
}

describe('numbers of any bits arrive as they are', () => {
  for (const [type, how, settings] of RUNS) {
    // Mutation: with `is not null` for the comparison with infinity (source-query.ts) NaNs are taken for tags.
    test(`${type}, by a query that is ${how}`, async () => {
      await using fixture = await pivotFixture(server);
      const { sql, url } = fixture.database;
      await inDatabase(fixture, settings);
      await sql.query(`alter table ${TABLE} alter double_v type ${type}`);
      await using session = await Session.open(url, { side: 'source', applicationName: 'test' });
      const numbers = NUMBERS[type];
      const rows = numbers.map((number, second) => {
        const micros = Buffer.alloc(8);
        micros.writeBigInt64BE(BigInt(second) * 1_000_000n);
        const texts = ['A', '/d', 'Decimal'].map((text) => Buffer.from(text));
        return binaryRow([...texts, micros, Buffer.from(number, 'hex')]);
      });
      const copy = session.copyIn();
      const into = `copy ${TABLE} (ship_id, data_channel_id, value_format, created_time, double_v) from stdin (format binary)`;
      await copy.send(into, copyOf(rows), () => {});
      await copy.finish();
      await sql.query(
        `insert into ${TABLE} (ship_id, data_channel_id, created_time, value_format, str_v, long_v)
         select 'A', channel, created_time, format, case format when 'String' then E'\\x01' end, case format when 'Integer' then -1 end
         from ${TABLE}, (values ('/a', 'String'), ('/b', 'Integer'), ('/e', 'String')) as other(channel, format)`,
      );
      await fixture.run();
      const found = await sql.query(
        `select encode(${type === 'real' ? 'float4send' : 'float8send'}("/d"), 'hex') as number,
           "/a" = E'\\x01' and "/b" = -1 and "/e" = E'\\x01' as others from ${WIDE} order by created_time`,
      );
      expect(found).toEqual(numbers.map((number) => ({ number, others: 't' })));
    });
  }
});

describe('value columns of types whose texts end', () => {
  const columns = [
    ['t', 'text', `E'\\x01 \\\\ é' || repeat('x', 40)`],
    ['v', 'varchar(9)', `''`],
    ['c', 'char(5)', `'a'`],
    ['j', 'json', `'{"a":  1}'`],
    ['b', 'jsonb', `'{"a": [1, "\\\\u00e9"]}'`],
    ['n', 'numeric', `'-1e-20'`],
    ['l', 'text[]', `array['', null, 'x']`],
    ['x', 'xml', `'<a/>'`],
    ['y', 'bytea', `'\\x00ff00'`],
  ] as const;
  const values = Object.fromEntries(columns.map(([name]) => [name.toUpperCase(), name]));

  for (const columnType of ['native', 'text']) {
    // Mutation: with `text` but no `$` in `isTextType` (framing.ts) the list ends at its first zero byte; with
    // `character` or `jsonb` in it, their texts have padding or a version with them.
    test(`or whose length goes ahead: all arrive in columns of type ${columnType}, and are verified`, async () => {
      await using fixture = await pivotFixture(server, {
        source: { columns: { values: { ...values, Decimal: 'double_v', Other: 'other' } } },
        target: { columnType },
      });
      const { sql } = fixture.database;
      for (const [name, type] of columns) {
        await sql.query(`alter table ${TABLE} add column "${name}" ${type}`);
      }
      await sql.query(`alter table ${TABLE} add column other text`);
      for (const [name, type, value] of columns) {
        await sql.query(
          `insert into ${TABLE} (ship_id, data_channel_id, created_time, value_format, "${name}", other)
           select 'A', channel, timestamp '2026-01-01' + second * interval '1 second',
             case second when 1 then 'Other' else $1 end, case second when 0 then (${value})::${type} end, case second when 1 then 'NaN' end
           from (values ('/own/' || $1, 0), ('/own/' || $1, 2), ('/mixed/' || $1, 0), ('/mixed/' || $1, 1)) as at(channel, second)`,
          [name.toUpperCase()],
        );
      }
      await fixture.run();
      for (const [name] of columns) {
        const [found] = await sql.query(
          `select own."/own/${name.toUpperCase()}"::text = n."${name}"::text as own, own."/mixed/${name.toUpperCase()}" = n."${name}"::text as mixed,
             (select "/mixed/${name.toUpperCase()}" from ${WIDE} where created_time = '2026-01-01 00:00:01') as other
           from ${WIDE} own, ${TABLE} n where own.created_time = '2026-01-01' and n."${name}" is not null and n.data_channel_id like '/own%'`,
        );
        expect({ name, ...found }).toEqual({ name, own: 't', mixed: 't', other: 'NaN' });
      }
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
        expect(verdict).toMatchObject({ wrong: 0 });
      }
    });
  }
});

// Mutation: without the format's name in the first case of `formatCaseSql` (source-query.ts), or without its
// collation, the second and third row are taken for numbers.
test('the format says which value counts, to the letter, not which column is filled', async () => {
  await using fixture = await pivotFixture(server);
  const { sql } = fixture.database;
  await sql.query(
    `create collation public.either_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
  );
  await sql.query(`alter table ${TABLE} alter value_format type text collate public.either_case`);
  const insert = (rows: string) =>
    sql.query(
      `insert into ${TABLE} (ship_id, data_channel_id, created_time, value_format, double_v, long_v) values ${rows}`,
    );
  await insert(`('A', '/d', '2026-01-01 00:00:00', 'Decimal', 0.5, null)`);
  await fixture.run({ phases: ['prepare'] });
  await insert(
    `('A', '/d', '2026-01-01 00:00:01', 'Integer', 1, null),
     ('A', '/d', '2026-01-01 00:00:02', 'decimal', 2, null),
     ('A', '/d', '2026-01-01 00:00:03', 'Decimal', 3, 4),
     ('A', '/d', '2026-01-01 00:00:04', 'Decimal', 'NaN', 4)`,
  );
  const gate = await fixture.run({ phases: ['data'] });
  expect(gate.settled.flatMap((one) => one.rejects)).toMatchObject([
    { rule: 'format-mismatch', row: { value_format: 'Integer', double_v: '1', long_v: null } },
    { rule: 'format-mismatch', row: { value_format: 'decimal', double_v: '2', long_v: null } },
  ]);
  expect(await sql.query(`select "/d"::text as d from ${WIDE} order by created_time`)).toEqual(
    ['0.5', '3', 'NaN'].map((d) => ({ d })),
  );
});

/** Whether the query may be compiled, by what the server has set and what indexes there are. */
const COMPILED = [
  { jit: 'on', timeIndex: true, expected: 'on' },
  { jit: 'off', timeIndex: true, expected: 'off' },
  { jit: 'on', timeIndex: false, expected: 'off' },
];

for (const { jit, timeIndex, expected } of COMPILED) {
  // Mutation: with `jit = on` for its default in COMPILE_SETTINGS (source-query.ts) the second is on; without
  // `jit = off` in SOURCE_SETTINGS, or without the condition on the index in transfer.ts, the third.
  test(`the query has jit ${expected} where the server has it ${jit}, ${timeIndex ? 'with' : 'without'} an index on time`, async () => {
    await using fixture = await pivotFixture(
      server,
      { target: { columnType: 'text' } },
      { table: { timeIndex } },
    );
    const { sql } = fixture.database;
    await inDatabase(fixture, [`set jit = ${jit}`]);
    // A value whose text is the setting at the moment.
    await sql.query(`create type public.setting as enum ('jit')`);
    await sql.query(
      `create function public.now_set(public.setting) returns text stable language sql as $$ select current_setting('jit') $$`,
    );
    await sql.query(
      'create cast (public.setting as text) with function public.now_set(public.setting)',
    );
    await sql.query(`alter table ${TABLE} alter str_v type public.setting using null`);
    await sql.query(
      `insert into ${TABLE} (ship_id, data_channel_id, created_time, value_format, str_v) values ('A', '/s', '2026-01-01', 'String', 'jit')`,
    );
    await fixture.run();
    expect(await sql.query(`select "/s" as jit from ${WIDE}`)).toEqual([{ jit: expected }]);
  });
}

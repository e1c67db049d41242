import { type ScratchDatabase, scratchDatabase } from '@drover/testkit';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type ColumnCase, movedColumn } from './testing/moved-column.ts';

const server = inject('postgresUrl');

let database: ScratchDatabase;

beforeAll(async () => {
  database = await scratchDatabase(server);
  for (const statement of [
    `create type public.mood as enum ('sad', 'it''s', 'a "b" \\ c')`,
    'create type public.pair as (a int, b text)',
    'create domain public.code as varchar(5)',
    `create domain public."Code 2" as public.code check (value <> 'x')`,
    'create domain public.list as int[]',
    'create schema ext',
    'create extension hstore schema ext',
    'create extension citext schema ext',
  ]) {
    await database.sql.query(statement);
  }
});

afterAll(async () => {
  await database[Symbol.asyncDispose]();
});

/** A value, what COPY prints of it, and the canonical text where it is another. */
type Moved = readonly [value: string, printed: string, canonical?: string];

interface TypeCase extends ColumnCase {
  readonly target: string;
  readonly moved: readonly Moved[];
  /** Floats and parsed JSON have no canonical text. */
  readonly canonical?: false;
}

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('hex');

const UGLY_TEXTS: readonly Moved[] = [
  '',
  ' ',
  '\\N',
  'NULL',
  `it's "quoted"`,
  'back\\slash',
  'two\r\nlines\n',
  'tab\t, comma',
  '\u{1F40E}\u0301\uFEFF',
  '\u0001\u001f\u007f',
].map((text): Moved => [text, text]);

const CASES: readonly TypeCase[] = [
  {
    type: 'bool',
    target: 'BOOLEAN',
    moved: [
      ['t', '1'],
      ['f', '0'],
    ],
  },
  { type: 'bool', exception: { type: 'tinyint' }, target: 'TINYINT', moved: [['t', '1']] },
  { type: 'bool', exception: { type: 'STRING' }, target: 'STRING', moved: [['t', 'true']] },
  {
    type: 'int2',
    target: 'SMALLINT',
    moved: [
      ['-32768', '-32768'],
      ['32767', '32767'],
    ],
  },
  { type: 'int4', target: 'INT', moved: [['-2147483648', '-2147483648']] },
  {
    type: 'int8',
    target: 'BIGINT',
    moved: [
      ['-9223372036854775808', '-9223372036854775808'],
      ['9007199254740993', '9007199254740993'],
    ],
  },
  { type: 'oid', target: 'BIGINT', moved: [['4294967295', '4294967295']] },
  { type: 'int4', exception: { type: 'LARGEINT' }, target: 'LARGEINT', moved: [['-1', '-1']] },
  {
    type: 'int4',
    exception: { type: 'DECIMAL(12,2)' },
    target: 'DECIMAL(12,2)',
    moved: [['-7', '-7', '-7.00']],
  },
  {
    type: 'numeric(10,2)',
    target: 'DECIMAL(10,2)',
    moved: [
      ['1.5', '1.50'],
      ['-99999999.99', '-99999999.99'],
      ['0', '0.00'],
      ['-0.001', '0.00'],
    ],
  },
  {
    type: 'numeric(38,38)',
    target: 'DECIMAL(38,38)',
    moved: [[`0.${'9'.repeat(38)}`, `0.${'9'.repeat(38)}`]],
  },
  { type: 'numeric(38)', target: 'DECIMAL(38,0)', moved: [['9'.repeat(38), '9'.repeat(38)]] },
  {
    type: 'numeric(39,2)',
    target: 'STRING',
    moved: [[`${'9'.repeat(37)}.99`, `${'9'.repeat(37)}.99`]],
  },
  { type: 'numeric(3,5)', target: 'STRING', moved: [['0.00123', '0.00123']] },
  { type: 'numeric(3,-2)', target: 'STRING', moved: [['12345', '12300']] },
  {
    type: 'numeric',
    target: 'STRING',
    moved: [
      ['1.500', '1.500'],
      ['1e-1022', `0.${'0'.repeat(1021)}1`],
      ['9'.repeat(1000), '9'.repeat(1000)],
      [
        `-${'9'.repeat(131072)}.${'9'.repeat(16383)}`,
        `-${'9'.repeat(131072)}.${'9'.repeat(16383)}`,
      ],
      ['NaN', 'NaN'],
    ],
  },
  {
    type: 'numeric',
    types: { numeric: 'DECIMAL(38,9)' },
    target: 'DECIMAL(38,9)',
    moved: [
      ['1.5', '1.500000000'],
      ['1.0000000000000', '1.000000000'],
    ],
  },
  { type: 'numeric(3,-2)', exception: { type: 'INT' }, target: 'INT', moved: [['12345', '12300']] },
  {
    type: 'float4',
    target: 'FLOAT',
    canonical: false,
    moved: [
      ['0.1', '0.1'],
      ['-0', '-0'],
      ['NaN', 'NaN'],
      ['-Infinity', '-Infinity'],
      ['1e-45', '1e-45'],
    ],
  },
  {
    type: 'float8',
    target: 'DOUBLE',
    canonical: false,
    moved: [
      ['0.1', '0.1'],
      ['5e-324', '5e-324'],
      ['1.7976931348623157e308', '1.7976931348623157e+308'],
    ],
  },
  {
    type: 'money',
    target: 'DECIMAL(19,2)',
    moved: [
      ['-12345.67', '-12345.67'],
      ['0', '0.00'],
    ],
  },
  { type: 'varchar(255)', target: 'VARCHAR(1020)', moved: UGLY_TEXTS },
  { type: 'varchar(16383)', target: 'VARCHAR(65532)', moved: [['x', 'x']] },
  { type: 'varchar(16384)', target: 'STRING', moved: [['x', 'x']] },
  { type: 'varchar', target: 'STRING', moved: [['x', 'x']] },
  {
    type: 'char(3)',
    target: 'VARCHAR(12)',
    moved: [
      ['a', 'a'],
      ['', ''],
      [' a', ' a'],
    ],
  },
  { type: 'text', target: 'STRING', moved: UGLY_TEXTS },
  { type: 'name', target: 'VARCHAR(255)', moved: [['"x"', '"x"']] },
  {
    type: '"char"',
    target: 'VARCHAR(8)',
    moved: [
      ['x', 'x'],
      ['', ''],
    ],
  },
  { type: 'ext.citext', target: 'STRING', moved: [['aB', 'aB']] },
  { type: 'public.code', target: 'VARCHAR(20)', moved: [['\u{1F40E}', '\u{1F40E}']] },
  { type: 'public."Code 2"', target: 'VARCHAR(20)', moved: [['', '']] },
  {
    type: 'uuid',
    target: 'VARCHAR(36)',
    moved: [['A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11']],
  },
  {
    type: 'public.mood',
    target: 'VARCHAR(255)',
    moved: [
      ["it's", "it's"],
      ['a "b" \\ c', 'a "b" \\ c'],
    ],
  },
  {
    type: 'date',
    target: 'DATE',
    moved: [
      ['0001-01-01', '0001-01-01'],
      ['9999-12-31', '9999-12-31'],
    ],
  },
  {
    type: 'date',
    exception: { type: 'string' },
    target: 'STRING',
    moved: [
      ['0044-03-15 BC', '0044-03-15 BC'],
      ['infinity', 'infinity'],
    ],
  },
  {
    type: 'timestamp',
    target: 'DATETIME(6)',
    moved: [
      ['2026-01-01 00:00:00', '2026-01-01 00:00:00', '2026-01-01 00:00:00.000000'],
      ['0001-01-01 00:00:00.000001', '0001-01-01 00:00:00.000001'],
      ['9999-12-31 23:59:59.999999', '9999-12-31 23:59:59.999999'],
    ],
  },
  {
    type: 'timestamp(3)',
    target: 'DATETIME(3)',
    moved: [['2026-01-01 00:00:00.1', '2026-01-01 00:00:00.1', '2026-01-01 00:00:00.100000']],
  },
  {
    type: 'timestamp(0)',
    target: 'DATETIME(0)',
    moved: [['2026-01-01 00:00:00.4', '2026-01-01 00:00:00', '2026-01-01 00:00:00.000000']],
  },
  {
    type: 'timestamptz',
    target: 'DATETIME(6)',
    moved: [
      ['2026-03-29 02:30:00.123456+02', '2026-03-29 00:30:00.123456'],
      ['0001-01-01 00:00:00+00', '0001-01-01 00:00:00', '0001-01-01 00:00:00.000000'],
    ],
  },
  {
    type: 'timestamptz',
    exception: { type: 'VARCHAR(40)' },
    target: 'VARCHAR(40)',
    moved: [
      ['infinity', 'infinity'],
      ['2026-01-01 01:00:00+01', '2026-01-01 00:00:00'],
    ],
  },
  {
    type: 'time',
    target: 'VARCHAR(64)',
    moved: [
      ['24:00:00', '24:00:00'],
      ['00:00:00.000001', '00:00:00.000001'],
    ],
  },
  { type: 'timetz', target: 'VARCHAR(64)', moved: [['23:59:60+15:59', '24:00:00+15:59']] },
  {
    type: 'interval',
    target: 'VARCHAR(64)',
    moved: [
      ['1 year -2 days 03:04:05.6', 'P1Y-2DT3H4M5.6S'],
      [
        '-178000000 years -11 mons -2147483648 days -2562047788:00:54.775807',
        'P-178000000Y-11M-2147483648DT-2562047788H-54.775807S',
      ],
    ],
  },
  {
    type: 'bytea',
    target: 'STRING',
    moved: [
      [`\\x${ALL_BYTES}`, ALL_BYTES],
      ['', ''],
    ],
  },
  {
    type: 'inet',
    target: 'VARCHAR(64)',
    moved: [
      ['::ffff:1.2.3.4/128', '::ffff:1.2.3.4/128'],
      ['10.0.0.1/8', '10.0.0.1/8'],
    ],
  },
  { type: 'cidr', target: 'VARCHAR(64)', moved: [['10.0.0.0/8', '10.0.0.0/8']] },
  { type: 'macaddr', target: 'VARCHAR(64)', moved: [['08002b010203', '08:00:2b:01:02:03']] },
  {
    type: 'macaddr8',
    target: 'VARCHAR(64)',
    moved: [['08002b0102030405', '08:00:2b:01:02:03:04:05']],
  },
  { type: 'pg_lsn', target: 'VARCHAR(64)', moved: [['16/B374D848', '16/B374D848']] },
  { type: 'bit', target: 'VARCHAR(1)', moved: [['1', '1']] },
  { type: 'bit(9)', target: 'VARCHAR(9)', moved: [['101010101', '101010101']] },
  {
    type: 'varbit',
    target: 'STRING',
    moved: [
      ['0010', '0010'],
      ['', ''],
    ],
  },
  {
    type: 'int4range',
    target: 'STRING',
    moved: [
      ['[1,5]', '[1,6)'],
      ['empty', 'empty'],
    ],
  },
  {
    type: 'tstzrange',
    target: 'STRING',
    moved: [['[2026-01-01 01:00+01,)', '["2026-01-01 00:00:00+00",)']],
  },
  { type: 'int4multirange', target: 'STRING', moved: [['{[1,2],[5,6)}', '{[1,3),[5,6)}']] },
  { type: 'xml', target: 'STRING', moved: [['<a b="1">\n</a>', '<a b="1">\n</a>']] },
  { type: 'tsvector', target: 'STRING', moved: [[`'it''s' b:1A`, `'b':1A 'it''s'`]] },
  { type: 'point', target: 'STRING', moved: [['(0.1,-0)', '(0.1,-0)']] },
  { type: 'polygon', target: 'STRING', moved: [['((0,0),(1,1))', '((0,0),(1,1))']] },
  { type: 'int2vector', target: 'STRING', moved: [['1 2', '1 2']] },
  {
    type: 'json',
    target: 'STRING',
    moved: [
      ['{"a":1, "a" : 1.0}', '{"a":1, "a" : 1.0}'],
      ['"\\u0000"', '"\\u0000"'],
      ['null', 'null'],
    ],
  },
  {
    type: 'jsonb',
    target: 'STRING',
    moved: [
      ['{"b":1,"a":2,"a":1.0}', '{"a": 1.0, "b": 1}'],
      ['1e400', `1${'0'.repeat(400)}`],
    ],
  },
  {
    type: 'jsonb',
    types: { json: 'json' },
    target: 'JSON',
    canonical: false,
    moved: [['{"a": [1, null]}', '{"a": [1, null]}']],
  },
  {
    type: 'int4[]',
    target: 'STRING',
    moved: [
      ['{{1,NULL},{3,4}}', '[[1,null],[3,4]]'],
      ['[0:1]={1,2}', '[1,2]'],
      ['{}', '[]'],
    ],
  },
  {
    type: 'text[]',
    target: 'STRING',
    moved: [['{"a\\"b","\\\\N",NULL,"NULL"}', '["a\\"b","\\\\N",null,"NULL"]']],
  },
  {
    type: 'float8[]',
    target: 'STRING',
    moved: [['{NaN,0.1,-Infinity}', '["NaN",0.1,"-Infinity"]']],
  },
  {
    type: 'timestamptz[]',
    target: 'STRING',
    moved: [['{"2026-01-01 01:00+01"}', '["2026-01-01T00:00:00+00:00"]']],
  },
  { type: 'public.mood[]', target: 'STRING', moved: [[`{sad,"it's"}`, `["sad","it's"]`]] },
  { type: 'public.list', target: 'STRING', moved: [['{1,2}', '[1,2]']] },
  {
    type: 'public.pair',
    target: 'STRING',
    moved: [
      ['(1,"a""b\\\\")', '{"a":1,"b":"a\\"b\\\\"}'],
      ['(,)', '{"a":null,"b":null}'],
    ],
  },
  { type: 'ext.hstore', target: 'STRING', moved: [['a=>"1", b=>NULL', '{"a": "1", "b": null}']] },
];

describe('each type arrives as the type and in the text that hold it unchanged', () => {
  for (const { target, moved, canonical, ...column } of CASES) {
    const how = column.exception === undefined ? '' : ` as ${JSON.stringify(column.exception)}`;
    test(`${column.type}${how}${column.types === undefined ? '' : ` with ${JSON.stringify(column.types)}`}: ${target}`, async () => {
      const { plan, move } = await movedColumn(database.sql, column);
      expect(plan).toMatchObject({ type: target, nullable: true, isKey: false });
      const rows = await move([...moved.map(([value]) => value), null]);
      expect(rows.map((row) => row.value)).toEqual([...moved.map(([, printed]) => printed), null]);
      expect(rows.map((row) => row.rules)).toEqual(rows.map(() => []));
      expect(plan.canonical === null).toBe(canonical === false);
      expect(rows.map((row) => row.canonical)).toEqual([
        ...moved.map(([, printed, text]) => (canonical === false ? null : (text ?? printed))),
        null,
      ]);
    });
  }
});

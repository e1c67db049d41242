import { identifier, openDatabase } from '@drover/postgres';
import { type ScratchDatabase, scratchDatabase } from '@drover/testkit';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type ColumnCase, movedColumn } from './testing/moved-column.ts';

const server = inject('postgresUrl');

let database: ScratchDatabase;

beforeAll(async () => {
  database = await scratchDatabase(server);
  await database.sql.query('create extension citext schema public');
});

afterAll(async () => {
  await database[Symbol.asyncDispose]();
});

/** A value and the rules that it breaks. */
type Judged = readonly [value: string | null, ...rules: string[]];

const HORSE = '\u{1F40E}';
const DATE = 'date-out-of-range';
const NUMBER = 'number-out-of-range';
const FRACTION = 'fraction-too-long';
const NAN = 'not-a-number';
const LONG = 'text-too-long';

const CASES: readonly (ColumnCase & { readonly judged: readonly Judged[] })[] = [
  {
    type: 'date',
    judged: [
      ['0044-03-15 BC', DATE],
      ['0001-12-31 BC', DATE],
      ['0001-01-01'],
      ['9999-12-31'],
      ['10000-01-01', DATE],
      ['5874897-12-31', DATE],
      ['infinity', DATE],
      ['-infinity', DATE],
      [null],
    ],
  },
  {
    type: 'timestamp',
    judged: [
      ['0001-12-31 23:59:59.999999 BC', DATE],
      ['0001-01-01 00:00:00'],
      ['9999-12-31 23:59:59.999999'],
      ['10000-01-01 00:00:00', DATE],
      ['infinity', DATE],
      ['-infinity', DATE],
      [null],
    ],
  },
  {
    type: 'timestamptz',
    judged: [
      // What counts is the year in UTC.
      ['0001-01-01 00:30:00+01', DATE],
      ['0001-12-31 23:30:00-01 BC'],
      ['9999-12-31 23:30:00-01', DATE],
      ['10000-01-01 00:30:00+01'],
      ['infinity', DATE],
      ['-infinity', DATE],
      [null],
    ],
  },
  {
    type: 'timestamp',
    exception: { type: 'DATETIME(3)' },
    judged: [
      ['2026-01-01 00:00:00.123'],
      ['2026-01-01 00:00:00.1230'],
      ['2026-01-01 00:00:00.123001', FRACTION],
      ['infinity', DATE],
      [null],
    ],
  },
  {
    type: 'numeric(10,2)',
    judged: [['99999999.99'], ['-99999999.99'], ['NaN', NAN], [null]],
  },
  {
    type: 'numeric',
    types: { numeric: 'DECIMAL(5,2)' },
    judged: [
      ['999.99'],
      ['-999.99'],
      ['999.990'],
      ['999.994', FRACTION],
      ['999.995', FRACTION],
      ['1000', NUMBER],
      ['-1000', NUMBER],
      ['1000.001', NUMBER, FRACTION],
      ['1e-1022', FRACTION],
      ['1e100000', NUMBER],
      ['Infinity', NUMBER],
      ['-Infinity', NUMBER],
      ['NaN', NAN],
      ['-0'],
      [null],
    ],
  },
  {
    type: 'numeric(12,4)',
    exception: { type: 'DECIMAL(10,4)' },
    judged: [['999999.9999'], ['1000000', NUMBER], ['NaN', NAN]],
  },
  {
    type: 'numeric(10,4)',
    exception: { type: 'DECIMAL(12,2)' },
    judged: [['999999.99'], ['0.001', FRACTION], ['NaN', NAN]],
  },
  {
    type: 'numeric',
    exception: { type: 'TINYINT' },
    judged: [['127'], ['-128'], ['128', NUMBER], ['-129', NUMBER], ['127.5', FRACTION], [null]],
  },
  {
    type: 'int8',
    exception: { type: 'INT' },
    judged: [['2147483647'], ['2147483648', NUMBER], ['-2147483648'], ['-2147483649', NUMBER]],
  },
  {
    type: 'int4',
    exception: { type: 'DECIMAL(3,3)' },
    judged: [['0'], ['1', NUMBER], ['-1', NUMBER]],
  },
  { type: 'money', judged: [['92233720368547758.07'], ['-92233720368547758.08'], [null]] },
  {
    type: 'text',
    stringBytes: 1048576,
    judged: [
      ['x'.repeat(1048576)],
      ['x'.repeat(1048577), LONG],
      [HORSE.repeat(262144)],
      [`${HORSE.repeat(262144)}x`, LONG],
      [''],
      [null],
    ],
  },
  { type: 'text', stringBytes: 10485760, judged: [['x'.repeat(1048577)]] },
  {
    type: 'varchar(20000)',
    stringBytes: 65536,
    judged: [[HORSE.repeat(16384)], [HORSE.repeat(16385), LONG]],
  },
  { type: 'varchar(20000)', stringBytes: 80000, judged: [[HORSE.repeat(20000)]] },
  {
    type: 'text',
    exception: { type: 'VARCHAR(4)' },
    judged: [['abcd'], ['abcde', LONG], [HORSE], [`${HORSE}a`, LONG]],
  },
  { type: 'int4', exception: { type: 'VARCHAR(4)' }, judged: [['1234'], ['-1234', LONG]] },
  {
    type: 'char(9)',
    exception: { type: 'VARCHAR(4)' },
    judged: [['abcd'], ['abcd     '], ['abcde', LONG]],
  },
  { type: 'bytea', stringBytes: 8, judged: [['\\x00000000'], ['\\x0000000000', LONG], [null]] },
  { type: 'xml', stringBytes: 8, judged: [['<abcde/>'], ['<abcdef/>', LONG]] },
  { type: 'int4[]', stringBytes: 8, judged: [['{1,2}'], ['{1,2,3,4}', LONG], [null]] },
  { type: 'text', key: 'primary key', judged: [['x'.repeat(65533)], ['x'.repeat(65534), LONG]] },
  {
    type: 'text',
    key: 'file',
    judged: [['x'], [''], [null, 'key-null']],
  },
  { type: 'int4', key: 'file', judged: [['0'], [null, 'key-null']] },
  {
    type: 'numeric',
    key: 'file',
    judged: [['NaN'], ['9'.repeat(65533)], ['9'.repeat(65534), LONG]],
  },
  { type: 'public.citext', key: 'file', judged: [['x'.repeat(65533)], ['x'.repeat(65534), LONG]] },
  {
    type: 'jsonb',
    types: { json: 'json' },
    judged: [
      [JSON.stringify({ a: [{ ['k'.repeat(255)]: 1 }] })],
      [JSON.stringify({ a: [{ ['k'.repeat(256)]: 1 }] }), 'json-key-too-long'],
      [JSON.stringify([{ a: { b: [{ [HORSE.repeat(64)]: 1 }] } }]), 'json-key-too-long'],
      [JSON.stringify({ a: [{ [HORSE.repeat(63)]: 1 }] })],
      // A long text before a colon is no key.
      [JSON.stringify([`${'k'.repeat(300)}" : `])],
      [JSON.stringify({ a: 'k'.repeat(300) })],
      ['1e308'],
      ['-1.7976931348623157e308'],
      ['{"a": [1e309]}', 'json-number-out-of-range'],
      ['[-1e400]', 'json-number-out-of-range'],
      [JSON.stringify(['1e400', '1'.repeat(400)])],
      ['1e-400'],
      ['null'],
      [null],
    ],
  },
  {
    type: 'json',
    types: { json: 'json' },
    judged: [
      ['"\\u0000"', 'json-unicode'],
      ['{"a\\u0000": 1}', 'json-unicode'],
      ['"\\\\u0000"'],
      ['"\\\\\\u0000"', 'json-unicode'],
      ['"\\ud83d\\udc0e"'],
      ['"\\ud83d"', 'json-unicode'],
      ['"\\udc0e\\ud83d"', 'json-unicode'],
      ['"\\ud83d\\\\\\udc0e"', 'json-unicode'],
      ['"\\\\ud83d"'],
      [`{"${'\\u00e9'.repeat(127)}a": 1}`],
      [`{"${'\\u00e9'.repeat(128)}": 1}`, 'json-key-too-long'],
      [`{"${'k'.repeat(256)}": "\\u0000"}`, 'json-unicode'],
      ['{"a": 1, "a": 1e999999}', 'json-number-out-of-range'],
      [`[${'1'.repeat(200000)}]`, 'json-number-out-of-range'],
      ['[1e+0308, 12e299]'],
      [`{"${'a" : "'.replaceAll('"', '\\"').repeat(60)}": 1}`, 'json-key-too-long'],
      [null],
    ],
  },
  {
    type: 'jsonb',
    types: { json: 'json' },
    stringBytes: 8,
    judged: [['[1, 2]'], ['[1, 2, 3]', LONG]],
  },
];

describe('exactly the values that the target cannot hold break a rule', () => {
  for (const { judged, ...column } of CASES) {
    const { type, ...rest } = column;
    test(`${type} ${JSON.stringify(rest)}`, async () => {
      const { move } = await movedColumn(database.sql, column);
      const rows = await move(judged.map(([value]) => value));
      expect(rows.map((row) => row.rules)).toEqual(judged.map(([, ...rules]) => rules));
    });
  }
});

describe('an agreement takes the place of the rule', () => {
  const agreed: readonly (ColumnCase & {
    readonly agreement: string;
    readonly moved: readonly (readonly [string, string | null])[];
    readonly left?: readonly string[];
  })[] = [
    {
      type: 'date',
      agreement: 'null',
      moved: [
        ['0044-03-15 BC', null],
        ['infinity', null],
        ['2026-01-01', '2026-01-01'],
      ],
    },
    {
      type: 'date',
      agreement: 'clamp',
      moved: [
        ['0044-03-15 BC', '0001-01-01'],
        ['-infinity', '0001-01-01'],
        ['infinity', '9999-12-31'],
        ['5874897-12-31', '9999-12-31'],
        ['2026-01-01', '2026-01-01'],
      ],
    },
    {
      type: 'timestamptz',
      agreement: 'clamp',
      moved: [
        ['infinity', '9999-12-31 23:59:59.999999'],
        ['0044-03-15 00:00:00+00 BC', '0001-01-01 00:00:00.000000'],
      ],
    },
    {
      type: 'timestamp',
      exception: { type: 'DATETIME(3)' },
      agreement: 'clamp',
      moved: [
        ['2026-01-01 00:00:00.1235', '2026-01-01 00:00:00.124000'],
        ['9999-12-31 23:59:59.9999', '9999-12-31 23:59:59.999000'],
        ['infinity', '9999-12-31 23:59:59.999000'],
      ],
    },
    {
      type: 'numeric',
      types: { numeric: 'DECIMAL(5,2)' },
      agreement: 'clamp',
      left: ['not-a-number'],
      moved: [
        ['1000', '999.99'],
        ['-Infinity', '-999.99'],
        ['999.995', '999.99'],
        ['0.005', '0.01'],
        ['-0.015', '-0.02'],
        ['1.5', '1.50'],
      ],
    },
    {
      type: 'numeric(5,2)',
      agreement: 'null',
      moved: [
        ['NaN', null],
        ['1.5', '1.50'],
      ],
    },
    {
      type: 'int4',
      exception: { type: 'TINYINT' },
      agreement: 'clamp',
      moved: [
        ['128', '127'],
        ['-2147483648', '-128'],
        ['5', '5'],
      ],
    },
    {
      type: 'text',
      exception: { type: 'VARCHAR(5)' },
      agreement: 'truncate',
      moved: [
        ['abcde', 'abcde'],
        ['abcdef', 'abcde'],
        [`a${HORSE}${HORSE}`, `a${HORSE}`],
        [`ab${HORSE}`, 'ab'],
        [`abc${HORSE}`, 'abc'],
        [`abcd${HORSE}`, 'abcd'],
        ['abcdé', 'abcd'],
        ['abcé', 'abcé'],
        ['ab€', 'ab€'],
        ['abc€', 'abc'],
        ['abcde\u0301', 'abcde'],
      ],
    },
    {
      type: 'text',
      exception: { type: 'VARCHAR(2)' },
      agreement: 'truncate',
      moved: [
        [HORSE, ''],
        ['€', ''],
        ['éé', 'é'],
      ],
    },
    {
      type: 'bytea',
      exception: { type: 'VARCHAR(5)' },
      agreement: 'truncate',
      moved: [
        ['\\x0102', '0102'],
        ['\\x010203', '0102'],
      ],
    },
    {
      type: 'jsonb',
      stringBytes: 8,
      agreement: 'null',
      moved: [
        ['[1, 2]', '[1, 2]'],
        ['[1, 2, 3]', null],
      ],
    },
  ];
  for (const { agreement, moved, left = [], ...column } of agreed) {
    test(`${agreement}: ${JSON.stringify(column)}`, async () => {
      const exception = { ...column.exception, misfit: agreement };
      const { plan, move } = await movedColumn(database.sql, { ...column, exception });
      expect(plan.misfits.map(({ rule }) => rule)).toEqual(left);
      const rows = await move(moved.map(([value]) => value));
      expect(rows.map((row) => row.canonical)).toEqual(moved.map(([, text]) => text));
      expect(rows.map((row) => row.rules)).toEqual(moved.map(() => []));
    });
  }

  test('what the file says of all columns leaves those alone to which it cannot apply', async () => {
    const types = { misfit: 'truncate' } as const;
    const date = await movedColumn(database.sql, { type: 'date', types });
    expect(date.plan.misfits.map(({ rule }) => rule)).toEqual([DATE]);
    const text = await movedColumn(database.sql, { type: 'text', types });
    expect(text.plan.misfits).toEqual([]);
    const json = await movedColumn(database.sql, { type: 'json', types });
    expect(json.plan.misfits.map(({ rule }) => rule)).toEqual([LONG]);
    const key = await movedColumn(database.sql, { type: 'text', types, key: 'primary key' });
    expect(key.plan.misfits.map(({ rule }) => rule)).toEqual([LONG]);
  });
});

describe('a database in another encoding', () => {
  test('is judged by the bytes that its texts have in UTF-8', async () => {
    const url = new URL(database.url);
    url.pathname += '_latin1';
    const name = identifier(url.pathname.slice(1));
    await database.sql.query(
      `create database ${name} template template0 encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'`,
    );
    const latin1 = openDatabase(url.href, { side: 'test', applicationName: 'test', max: 1 });
    try {
      const column = { type: 'text', exception: { type: 'VARCHAR(4)' } };
      const strict = await movedColumn(latin1, column);
      const rows = await strict.move(['éé', 'ééé', 'abcd', 'abcdé']);
      expect(rows.map(({ rules }) => rules)).toEqual([[], [LONG], [], [LONG]]);
      const exception = { ...column.exception, misfit: 'truncate' };
      const cut = await movedColumn(latin1, { ...column, exception });
      const texts = await cut.move(['éé', 'ééé', 'aéé', 'abcd', 'abcdé']);
      expect(texts.map(({ value }) => value)).toEqual(['éé', 'éé', 'aé', 'abcd', 'abcd']);
    } finally {
      await latin1.close();
      await database.sql.query(`drop database ${name}`);
    }
  });
});

import { literal } from '@drover/postgres';
import { describe, expect, test } from 'vitest';
import {
  describeRoundTrip,
  GENERATIONS,
  idOf,
  rejected,
  type TypeCase,
} from './testing/round-trip.ts';
import { warehouseFixture } from './testing/warehouse-fixture.ts';

const HORSE = '\u{1F40E}';

/** What the file agrees upon for values that do not fit, column by column. */
const AGREED: readonly TypeCase[] = [
  {
    type: 'date',
    exception: { misfit: 'clamp' },
    values: [
      ["'0044-03-15 BC'", '0001-01-01'],
      ["'5874897-12-31'", '9999-12-31'],
      ["'infinity'", '9999-12-31'],
      ["'-infinity'", '0001-01-01'],
      ["'2026-01-01'", '2026-01-01'],
      ['null', null],
    ],
  },
  {
    type: 'timestamptz',
    exception: { misfit: 'null' },
    values: [
      ["'infinity'", null],
      ["'10000-01-01Z'", null],
      ["'10000-01-01 00:30:00+01'", '9999-12-31 23:30:00.000000'],
    ],
  },
  {
    type: 'timestamp',
    exception: { type: 'DATETIME(0)', misfit: 'clamp' },
    values: [
      ["'infinity'", '9999-12-31 23:59:59'],
      ["'9999-12-31 23:59:59.6'", '9999-12-31 23:59:59'],
      ["'2026-01-01 00:00:00.5'", '2026-01-01 00:00:01'],
      ["'0001-12-31 23:59:59.9 BC'", '0001-01-01 00:00:00'],
    ],
  },
  {
    type: 'numeric',
    exception: { type: 'DECIMAL(5,2)', misfit: 'clamp' },
    values: [
      ["'999.995'", '999.99'],
      ["'-1e100'", '-999.99'],
      ["'Infinity'", '999.99'],
      ["'1.005'", '1.01'],
      ["'-1.005'", '-1.01'],
      // Nothing is near NaN.
      ["'NaN'", rejected('not-a-number')],
      ['null', null],
    ],
  },
  {
    type: 'numeric',
    exception: { type: 'DECIMAL(38,9)', misfit: 'null' },
    values: [
      ["'NaN'", null],
      ["'1e30'", null],
      ["'0.0000000001'", null],
      ["'0.000000001'", '0.000000001'],
    ],
  },
  {
    type: 'int8',
    exception: { type: 'SMALLINT', misfit: 'clamp' },
    values: [
      ['9223372036854775807', '32767'],
      ['-9223372036854775808', '-32768'],
      ['32767', '32767'],
    ],
  },
  {
    type: 'text',
    exception: { type: 'VARCHAR(5)', misfit: 'truncate' },
    values: [
      ["'abcdef'", 'abcde'],
      // Not within a character.
      [literal(`ab${HORSE}`), 'ab'],
      [literal(`${HORSE}${HORSE}`), HORSE],
      [literal(`${HORSE}x${HORSE}`), `${HORSE}x`],
      ["'\\N'", '\\N'],
      [`'abc"\\\\d'`, 'abc"\\'],
      ["''", ''],
    ],
  },
  {
    type: 'text',
    exception: { type: 'VARCHAR(5)', misfit: 'null' },
    values: [
      ["'abcdef'", null],
      ["'abcde'", 'abcde'],
    ],
  },
  {
    type: 'bytea',
    exception: { type: 'VARCHAR(5)', misfit: 'truncate' },
    values: [
      ["'\\x010203'", '0102'],
      ["'\\x0102'", '0102'],
    ],
  },
  {
    type: 'jsonb',
    exception: { type: 'VARCHAR(8)', misfit: 'null' },
    values: [
      [`'{"a": 12}'`, null],
      [`'{"a": 1}'`, '{"a": 1}'],
    ],
  },
  // A value that was agreed to be cut elsewhere is none here.
  {
    type: 'text',
    exception: { type: 'VARCHAR(5)' },
    values: [["'abcdef'", rejected('text-too-long')]],
  },
];

describeRoundTrip('a value that does not fit', { cases: AGREED });

describeRoundTrip('a value under an agreement for all columns', {
  types: { misfit: 'null', numeric: 'DECIMAL(10,2)' },
  cases: [
    {
      type: 'numeric',
      values: [
        ["'1e9'", null],
        ["'NaN'", null],
        ["'0.5'", '0.50'],
      ],
    },
    { type: 'date', values: [["'infinity'", null]] },
  ],
});

describe.each(GENERATIONS)('a text in generation %s', (generation) => {
  test('may be as long as a STRING, and not a byte longer', async () => {
    const limit = { D24: 1_048_576, D26: 10_485_760 }[generation];
    await using fixture = await warehouseFixture({
      generation,
      setup: `
        create table shop.long (id int primary key, wide text, bytes bytea);
        insert into shop.long (id, wide) values (1, repeat('${HORSE}', ${limit / 4})), (2, repeat('${HORSE}', ${limit / 4}) || 'x');
        insert into shop.long (id, bytes) values (4, decode(repeat('5c', ${limit / 2 + 1}), 'hex'))`,
    });
    const run = await fixture.run();
    const rejects = run.settled.flatMap((settled) => settled.rejects);
    const rules = new Map(
      rejects.map(({ row, rule, column }) => [idOf(row, 'id'), [rule, column]]),
    );
    expect(rules).toEqual(
      new Map([
        ['2', ['text-too-long', 'wide']],
        ['4', ['text-too-long', 'bytes']],
      ]),
    );
    const rows = await fixture.target.query(
      `SELECT id, LENGTH(wide) AS bytes, MD5(wide) AS md5 FROM ${fixture.database}.\`long\``,
    );
    expect(rows).toEqual(
      await fixture.source.sql.query(
        'select id, octet_length(wide) as bytes, md5(wide) as md5 from shop.long where id = 1',
      ),
    );
    const [verdict] = await fixture.verify(run);
    expect(verdict).toMatchObject({ compared: 3, wrong: 0, stale: 0, explained: 2 });
  });
});

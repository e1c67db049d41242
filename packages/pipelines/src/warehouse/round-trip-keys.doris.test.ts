import type { Verdict } from '@drover/core';
import { literal } from '@drover/postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { targetIdentifier } from './names.ts';
import { type Arrival, idOf, rejected } from './testing/round-trip.ts';
import {
  type WarehouseFixture,
  type WarehouseRun,
  warehouseFixture,
} from './testing/warehouse-fixture.ts';

interface KeyCase {
  readonly type: string;
  /** In the source, and what arrives. */
  readonly keys: readonly (readonly [text: string, arrival: Arrival])[];
}

const asWritten = (type: string, ...texts: readonly string[]): KeyCase => ({
  type,
  keys: texts.map((text) => [text, text] as const),
});

const HORSE = '\u{1F40E}';
const OUTSIDE = rejected('date-out-of-range');

const UGLY = [
  '',
  ' ',
  'a',
  'A',
  'b',
  'B',
  'é',
  'e',
  'f',
  '"',
  '\\',
  '\\N',
  "'",
  '\n',
  '\r',
  ',',
  '名',
  HORSE,
  '\uFFFD',
  'a ',
  'a\t',
];

const CASES: readonly KeyCase[] = [
  {
    type: 'bool',
    keys: [
      ['false', '0'],
      ['true', '1'],
    ],
  },
  asWritten('int2', '-32768', '-1', '0', '1', '32767'),
  asWritten(
    'int8',
    '-9223372036854775808',
    '-1',
    '0',
    '9223372036854775806',
    '9223372036854775807',
  ),
  asWritten('oid', '0', '2147483648', '4294967295'),
  asWritten('numeric(10,2)', '-99999999.99', '-0.01', '0.00', '0.01', '99999999.99'),
  asWritten('numeric', '-10', '-9', '0', '9', '10', 'NaN', 'Infinity', '0.000000000000000000001'),
  asWritten('float8', '-Infinity', '-10', '-9.5', '-0', '5e-324', '9', '1e+22', 'NaN'),
  asWritten('float4', '0.1', '-0.1', '1e-45', 'Infinity'),
  {
    type: 'money',
    keys: [
      ['-0.01', '-0.01'],
      ['0', '0.00'],
      ['92233720368547758.07', '92233720368547758.07'],
    ],
  },
  {
    type: 'date',
    keys: [
      ['-infinity', OUTSIDE],
      ['0044-03-15 BC', OUTSIDE],
      ['0001-01-01', '0001-01-01'],
      ['1999-12-31', '1999-12-31'],
      ['9999-12-31', '9999-12-31'],
      ['10000-01-01', OUTSIDE],
      ['infinity', OUTSIDE],
    ],
  },
  {
    type: 'timestamp',
    keys: [
      ['-infinity', OUTSIDE],
      ['0001-12-31 23:59:59.999999 BC', OUTSIDE],
      ['0001-01-01', '0001-01-01 00:00:00.000000'],
      ['2026-01-01 00:00:00.000001', '2026-01-01 00:00:00.000001'],
      ['2026-01-01 00:00:00.000002', '2026-01-01 00:00:00.000002'],
      ['9999-12-31 23:59:59.999999', '9999-12-31 23:59:59.999999'],
      ['infinity', OUTSIDE],
    ],
  },
  {
    type: 'timestamptz',
    keys: [
      ['0001-01-01 00:30:00+01', OUTSIDE],
      ['0001-01-01 00:00:00Z', '0001-01-01 00:00:00.000000'],
      ['2026-03-29 01:30:00+01', '2026-03-29 00:30:00.000000'],
      ['9999-12-31 23:59:59.999999Z', '9999-12-31 23:59:59.999999'],
      ['10000-01-01Z', OUTSIDE],
    ],
  },
  {
    type: 'timestamp(0)',
    keys: [
      ['2026-01-01 00:00:00', '2026-01-01 00:00:00'],
      ['2026-01-01 00:00:01', '2026-01-01 00:00:01'],
      ['9999-12-31 23:59:59', '9999-12-31 23:59:59'],
    ],
  },
  asWritten('time', '00:00:00', '00:00:00.000001', '09:00:00', '10:00:00', '24:00:00'),
  asWritten('timetz', '00:00:00+00', '10:00:00-15:59', '24:00:00+15:59:59'),
  asWritten('interval', 'P-1D', 'PT0S', 'PT9H', 'PT10H', 'P1Y'),
  asWritten(
    'uuid',
    '00000000-0000-0000-0000-000000000000',
    '7fffffff-0000-0000-0000-000000000000',
    '80000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
  ),
  {
    type: 'inet',
    keys: [
      ['9.0.0.1', '9.0.0.1/32'],
      ['10.0.0.0/8', '10.0.0.0/8'],
      ['::1', '::1/128'],
    ],
  },
  asWritten('macaddr', '00:00:00:00:00:09', '00:00:00:00:00:0a'),
  asWritten('pg_lsn', '0/9', '0/10', 'FFFFFFFF/0'),
  asWritten('text', ...UGLY),
  asWritten('text collate "C"', ...UGLY),
  asWritten('text collate "und-x-icu"', ...UGLY),
  asWritten('text collate shop.capitals', 'a', 'B', 'é', 'f', '"', '\\N'),
  asWritten('varchar(8)', ...UGLY),
  // Blanks at the end do not count.
  asWritten(
    'char(4) collate "C"',
    ...UGLY.map((text) => text.trimEnd()).filter(
      (text, at, all) => all.indexOf(text) === at && !/[\n\r\t]/.test(text),
    ),
  ),
  asWritten('name', 'a', 'B', '"'),
  asWritten('public.citext', 'a', 'B', 'É', '_'),
  asWritten('shop.mood', 'z', "it's", 'a'),
  asWritten('shop.code', 'a', 'B', ''),
  {
    type: 'bytea',
    keys: [
      ['\\x', ''],
      ['\\x00', '00'],
      ['\\x0000', '0000'],
      ['\\x7f', '7f'],
      ['\\x80', '80'],
      ['\\xff', 'ff'],
    ],
  },
  asWritten('bit(3)', '000', '011', '100'),
  asWritten('varbit', '', '0', '00', '1'),
  asWritten('jsonb', 'null', '"a"', '9', '10', '[]', '{"a": 1}'),
  {
    type: 'int[]',
    keys: [
      ['{}', '[]'],
      ['{9}', '[9]'],
      ['{10,null}', '[10,null]'],
    ],
  },
  {
    type: 'text[]',
    keys: [
      ['{a}', '["a"]'],
      ['{"b,\\"c"}', '["b,\\"c"]'],
    ],
  },
  {
    type: 'shop.pair',
    keys: [
      ['(9,a)', '{"a":9,"b":"a"}'],
      ['(10,"b,""c")', '{"a":10,"b":"b,\\"c"}'],
    ],
  },
  asWritten('int4range', 'empty', '(,)', '[1,5)', '[10,11)'),
  // As long as a key can be in the target, and a byte longer.
  {
    type: 'text collate "POSIX"',
    keys: [
      ['x'.repeat(65533), 'x'.repeat(65533)],
      ['x'.repeat(65534), rejected('text-too-long')],
    ],
  },
];

// The stricter generation; how keys compare does not depend on it.
describe('keys', () => {
  let fixture: WarehouseFixture;
  let run: WarehouseRun;
  let verdicts: readonly Verdict[];

  beforeAll(async () => {
    const tables = CASES.flatMap(({ type, keys }, index) => [
      `create table shop.t${index} (k ${type} primary key, n int)`,
      ...keys.map(([text], n) => `insert into shop.t${index} values (${literal(text)}, ${n})`),
    ]);
    fixture = await warehouseFixture({
      generation: 'D24',
      setup: [
        'create extension citext schema public',
        `create type shop.mood as enum ('z', 'it''s', 'a')`,
        'create domain shop.code as varchar(5)',
        'create type shop.pair as (a int, b text)',
        `create collation shop.capitals (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
        ...tables,
      ].join(';\n'),
      // A few rows in a range, so that there are bounds of each type.
      spec: { chunk: { rows: 3 } },
    });
    run = await fixture.run();
    verdicts = await fixture.verify(run);
  });

  afterAll(async () => {
    await fixture[Symbol.asyncDispose]();
  });

  test.each(CASES.map(({ type }, index) => [type, index] as const))(
    'of the type %s arrive as they were',
    async (_, index) => {
      const keys = CASES[index]?.keys ?? [];
      const rows = await fixture.target.query(
        `SELECT k, n FROM ${targetIdentifier(fixture.database)}.t${index} ORDER BY n`,
      );
      const arrived = new Map<string | null | undefined, Arrival>(
        rows.map(({ k = null, n }) => [n, k]),
      );
      expect(arrived.size).toBe(rows.length);
      for (const { rejects } of run.settled.filter(({ receipt }) =>
        receipt.parts.some(({ part }) => part.endsWith(`.t${index}`)),
      )) {
        for (const { row, rule } of rejects) arrived.set(idOf(row, 'n'), { rule });
      }
      expect(keys.map(([text], n) => [text, arrived.get(String(n))])).toEqual(keys);
      const ranges = run.chunks.filter(({ stream }) => stream === `shop.t${index}`);
      expect(ranges.length).toBeGreaterThanOrEqual(Math.floor(keys.length / 6));
    },
  );

  test('are the same on both sides to the verification', () => {
    expect(verdicts.flatMap(({ differences }) => differences)).toEqual([]);
    expect(verdicts.reduce((sum, { wrong }) => sum + wrong, 0)).toBe(0);
    expect(verdicts.reduce((sum, { compared }) => sum + compared, 0)).toBe(
      CASES.reduce((sum, { keys }) => sum + keys.length, 0),
    );
  });
});

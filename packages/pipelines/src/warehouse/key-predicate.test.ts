import { describe, expect, test } from 'vitest';
import { targetPredicate } from './key-predicate.ts';
import type { KeyRange } from './key-range.ts';
import type { SourceColumn } from './source-table.ts';
import type { ColumnPlan } from './table-plan.ts';

const column = (name: string, type: string, more: object = {}): SourceColumn => ({
  name,
  type: {
    printed: type,
    name: type,
    schema: 'pg_catalog',
    kind: 'base',
    length: null,
    precision: null,
    scale: null,
    ...more,
  },
  notNull: true,
  bytewise: true,
});

const planned = (source: SourceColumn, type: string): ColumnPlan => ({
  source,
  name: source.name,
  type,
  isKey: true,
  nullable: false,
  value: '',
  misfits: [],
  canonical: null,
});

const inTarget = (
  key: readonly (readonly [string, string])[],
  range: KeyRange,
  more: Partial<SourceColumn> = {},
) =>
  targetPredicate(
    {
      key: key.map(([from, to], index) =>
        planned({ ...column(String.fromCharCode(97 + index), from), ...more }, to),
      ),
    },
    range,
    't',
  );

const from = (...bound: string[]): KeyRange => ({ from: bound, to: null });
const to = (...bound: string[]): KeyRange => ({ from: null, to: bound });

describe('the rows of a range in the target', () => {
  test.each([
    ['int8', 'BIGINT', '-9223372036854775808', '-9223372036854775808'],
    ['oid', 'BIGINT', '4294967295', '4294967295'],
    ['numeric', 'DECIMAL(38,9)', '-1.500000000', '-1.500000000'],
    ['money', 'DECIMAL(19,2)', '1234.50', '1234.50'],
    ['bool', 'BOOLEAN', 'true', '1'],
    ['bool', 'BOOLEAN', 'false', '0'],
    ['date', 'DATE', '2026-01-31', `CAST('2026-01-31' AS DATE)`],
    [
      'timestamp',
      'DATETIME(6)',
      '2026-01-31 01:02:03.000001',
      `CAST('2026-01-31 01:02:03.000001' AS DATETIME(6))`,
    ],
    [
      'timestamptz',
      'DATETIME(3)',
      '2026-01-31 01:02:03+00',
      `CAST('2026-01-31 01:02:03' AS DATETIME(6))`,
    ],
    ['text', 'VARCHAR(65533)', `it's \\ "x"\n😀`, `'it\\'s \\\\ "x"\n😀'`],
    ['bpchar', 'VARCHAR(20)', 'ab  ', `'ab'`],
    ['bytea', 'VARCHAR(65533)', '\\x00ff', `'00ff'`],
    [
      'uuid',
      'VARCHAR(36)',
      'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
      `'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'`,
    ],
    ['time', 'VARCHAR(64)', '24:00:00', `'24:00:00'`],
  ])('of a key of %s in %s begin at %3$s', (type, target, bound, value) => {
    expect(inTarget([[type, target]], from(bound))).toBe(`t.\`a\` >= ${value}`);
    expect(inTarget([[type, target]], to(bound))).toBe(`t.\`a\` < ${value}`);
  });

  test.each([
    ['-infinity', 'true', 'false'],
    ['0044-03-15 BC', 'true', 'false'],
    ['9999-12-31', `t.\`a\` >= CAST('9999-12-31' AS DATE)`, `t.\`a\` < CAST('9999-12-31' AS DATE)`],
    ['10000-01-01', 'false', 'true'],
    ['infinity', 'false', 'true'],
  ])('of a day that Doris does not have, %s, are all or none', (bound, above, below) => {
    expect(inTarget([['date', 'DATE']], from(bound))).toBe(above);
    expect(inTarget([['date', 'DATE']], to(bound))).toBe(below);
  });

  test('of numbers that a decimal is not, are all or none', () => {
    const key = [['numeric', 'DECIMAL(9,2)']] as const;
    expect(inTarget(key, from('-Infinity'))).toBe('true');
    expect(inTarget(key, from('Infinity'))).toBe('false');
    expect(inTarget(key, to('NaN'))).toBe('true');
  });

  test('of several columns are told without comparing tuples', () => {
    const key = [
      ['int4', 'INT'],
      ['date', 'DATE'],
      ['text', 'STRING'],
    ] as const;
    expect(inTarget(key, from('1', '2026-01-31', 'x'))).toBe(
      "(t.`a` >= 1 and (t.`a` > 1 or (t.`a` = 1 and (t.`b` > CAST('2026-01-31' AS DATE) or (t.`b` = CAST('2026-01-31' AS DATE) and t.`c` >= 'x')))))",
    );
    expect(inTarget(key, to('1', 'infinity', 'x'))).toBe(
      '(t.`a` <= 1 and (t.`a` < 1 or t.`a` = 1))',
    );
    expect(inTarget(key, { from: ['1'], to: ['2'] })).toBe('t.`a` >= 1 and t.`a` < 2');
  });

  test('without a key are those of the range that is open above', () => {
    const key = [['int4', 'INT']] as const;
    const nullable = { notNull: false };
    expect(inTarget(key, from('1'), nullable)).toBe(
      '(t.`a` >= 1 and t.`a` is not null or t.`a` is null)',
    );
    expect(inTarget(key, to('1'), nullable)).toBe('t.`a` < 1 and t.`a` is not null');
    expect(inTarget(key, { from: null, to: null }, nullable)).toBe('true');
  });

  test.each([
    ['text', 'STRING', { bytewise: false }],
    ['numeric', 'STRING', {}],
    ['interval', 'VARCHAR(64)', {}],
    ['timetz', 'VARCHAR(64)', {}],
    [
      'mood',
      'VARCHAR(255)',
      { type: { ...column('', 'mood').type, schema: 'public', kind: 'enum' as const } },
    ],
    ['date', 'VARCHAR(64)', {}],
  ])('cannot be told of a key of %s in %s', (type, target, more) => {
    expect(() => inTarget([[type, target]], from('1'), more)).toThrow('no order in common');
  });

  test('have bounds of one to all values of the key', () => {
    expect(() => inTarget([['int4', 'INT']], from())).toThrow('a bound of 0 values');
    expect(() => inTarget([['int4', 'INT']], from('1', '2'))).toThrow('a bound of 2 values');
  });
});

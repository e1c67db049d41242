import { type ScratchDatabase, scratchDatabase } from '@drover/testkit';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { differingFigures, type FloatFigures, floatAggregates } from './float-aggregates.ts';
import { planTable } from './plan-table.ts';
import type { ColumnPlan } from './table-plan.ts';
import { sourceColumn, sourceTable } from './testing/source-tables.ts';
import { warehouseSpec } from './testing/warehouse-spec.ts';

const server = inject('postgresUrl');

let database: ScratchDatabase;

beforeAll(async () => {
  database = await scratchDatabase(server);
});

afterAll(async () => {
  await database[Symbol.asyncDispose]();
});

function floatColumn(type: 'float4' | 'float8' | 'int4', isKey = false): ColumnPlan {
  const source = sourceTable({
    columns: [sourceColumn('x "y"', type, { notNull: isKey })],
    key: isKey ? { columns: ['x "y"'], origin: 'primary key', indexed: true } : null,
  });
  const [column] = planTable(source, warehouseSpec({}), { stringBytes: 1048576 }).columns;
  if (column === undefined) throw new TypeError('no column');
  return column;
}

/** What the source says of these values in a column. */
async function figuresOf(
  type: 'float4' | 'float8',
  values: readonly string[],
): Promise<FloatFigures> {
  const aggregates = floatAggregates(floatColumn(type)) ?? [];
  const [row] = await database.sql.query(
    `select ${aggregates.map(({ source, figure }) => `${source} as "${figure}"`).join(', ')}
     from unnest($1::text[]) v (text)
     cross join lateral (select text::${type} as "x ""y""" offset 0) s`,
    [values],
  );
  return row as FloatFigures;
}

describe('the figures of a column of floats', () => {
  test('count what has no sum, and sum the rest', async () => {
    const values = ['NaN', 'Infinity', 'Infinity', '-Infinity', '1.5', '-0.25', '1e300', '-1e300'];
    expect(await figuresOf('float8', values)).toEqual({
      values: '8',
      finite: '4',
      infinite: '2',
      negativeInfinite: '1',
      huge: '2',
      least: '-1e+300',
      greatest: '1e+300',
      sum: '1.25',
      sumOfSizes: '1.75',
    });
  });

  test('are of double precision for a float4 too, and never overflow', async () => {
    const many = Array.from({ length: 1000 }, () => '16777216');
    expect(await figuresOf('float4', ['1', ...many])).toMatchObject({ sum: '16777216001' });
    const huge = Array.from({ length: 100 }, () => '1.7976931348623157e308');
    expect(await figuresOf('float8', huge)).toMatchObject({
      huge: '100',
      greatest: '1.7976931348623157e+308',
      sum: null,
    });
    expect(await figuresOf('float8', ['5e-324', '5e-324'])).toMatchObject({ sum: '1e-323' });
    expect(await figuresOf('float8', [])).toMatchObject({ values: '0', least: null, sum: null });
  });

  test('are the same SQL for the target, but for names and casts', () => {
    const aggregates = floatAggregates(floatColumn('float8')) ?? [];
    for (const { source, target } of aggregates) {
      const plain = source
        .replaceAll('(s."x ""y""")::float8', 'CAST(t.`x "y"` AS DOUBLE)')
        .replaceAll(/'([^']*)'::float8/g, '$1');
      expect(target).toBe(plain);
    }
    expect(aggregates).toHaveLength(9);
  });

  test('are there for columns that hold floats in the target only', () => {
    expect(floatAggregates(floatColumn('float4'))).not.toBeNull();
    expect(floatAggregates(floatColumn('int4'))).toBeNull();
    expect(floatAggregates(floatColumn('float8', true))).toBeNull();
  });
});

describe('two sides', () => {
  const one: FloatFigures = {
    values: '10',
    finite: '7',
    infinite: '1',
    negativeInfinite: '1',
    huge: '0',
    least: '-1e-300',
    greatest: '123456.789',
    sum: '0.5',
    sumOfSizes: '1000000',
  };

  test('agree where sums differ by the order of their additions and the spelling of numbers', () => {
    const other = { ...one, sum: '0.5004', sumOfSizes: '1e6', greatest: '1.23456789000001E5' };
    expect(differingFigures(one, other)).toEqual([]);
    expect(differingFigures({ ...one, sum: null }, { ...one, sum: null })).toEqual([]);
  });

  test.each([
    ['values', '11'],
    ['finite', '6'],
    ['infinite', '2'],
    ['negativeInfinite', '0'],
    ['huge', '1'],
    ['least', '-1.00001e-300'],
    ['least', '1e-300'],
    ['greatest', '123456.790'],
    ['greatest', null],
    ['sum', '0.51'],
    ['sum', null],
    ['sum', 'NaN'],
    ['sumOfSizes', '1000001'],
  ])('differ by %s: %s', (figure, value) => {
    expect(differingFigures(one, { ...one, [figure]: value })).toEqual([figure]);
    expect(differingFigures({ ...one, [figure]: value }, one)).toEqual([figure]);
  });
});

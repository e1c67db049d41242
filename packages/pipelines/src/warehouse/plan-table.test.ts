import { DroverError } from '@drover/core';
import { describe, expect, test } from 'vitest';
import { type PlanSpec, planAll, planTable } from './plan-table.ts';
import type { SourceTable, SourceType } from './source-table.ts';
import { warehouseSpecSchema } from './spec.ts';
import { sourceColumn, sourceTable } from './testing/source-tables.ts';
import { warehouseSpec } from './testing/warehouse-spec.ts';

const LIMITS = { stringBytes: 1048576 };

function specOf(
  of: { tables?: readonly object[]; types?: object; target?: object } = {},
): PlanSpec {
  const spec = warehouseSpec({ tables: of.tables ?? [] });
  return {
    tables: spec.tables,
    types: { ...spec.types, ...of.types },
    target: { ...spec.target, ...of.target },
  };
}

function planOf(source: SourceTable, spec = specOf()) {
  return planTable(source, spec, LIMITS);
}

function rulesOf(tables: readonly SourceTable[], spec = specOf()) {
  const { plans, findings } = planAll(tables, spec, LIMITS);
  return {
    plans: plans.map(({ stream }) => stream),
    findings: findings.map(({ level, rule, subject }) => `${level} ${rule} ${subject}`),
  };
}

describe('the plan of a table', () => {
  test('has the key in front, in its own order, and the other columns in theirs', () => {
    const source = sourceTable({
      columns: ['z', 'b', 'y', 'a'].map((name) => sourceColumn(name, 'int4', { notNull: true })),
      key: { columns: ['a', 'b'], origin: 'unique index', indexed: true },
    });
    const plan = planOf(source);
    expect(plan.columns.map(({ name, isKey, nullable }) => [name, isKey, nullable])).toEqual([
      ['a', true, false],
      ['b', true, false],
      ['z', false, true],
      ['y', false, true],
    ]);
    expect(plan.key).toEqual(plan.columns.slice(0, 2));
    expect(plan).toMatchObject({ stream: 'public.orders', database: 'public', table: 'orders' });
  });

  test('without a key has none, and no order in common', () => {
    const plan = planOf(sourceTable({ key: null }));
    expect(plan).toMatchObject({ key: [], sameOrder: false });
    expect(plan.columns.map(({ name, isKey }) => [name, isKey])).toEqual([
      ['note', false],
      ['id', false],
    ]);
  });

  test('leaves out, renames and retypes as the file says', () => {
    const columns = {
      note: { leaveOut: true },
      id: { name: 'order id', type: 'LARGEINT' },
    };
    const spec = specOf({
      tables: [{ name: 'public.orders', target: 'Orders-1', deletedWhen: 'gone', columns }],
    });
    expect(planOf(sourceTable(), spec)).toMatchObject({
      table: 'Orders-1',
      deletedWhen: 'gone',
      columns: [{ name: 'order id', type: 'LARGEINT', value: 's."id"' }],
    });
    expect(planOf(sourceTable({ name: 'others' }), spec)).toMatchObject({
      table: 'others',
      deletedWhen: null,
    });
  });

  test('quotes names in its SQL on both sides', () => {
    const source = sourceTable({
      columns: [sourceColumn('a"`b', 'text', { notNull: true })],
      key: { columns: ['a"`b'], origin: 'primary key', indexed: true },
    });
    expect(planOf(source).columns[0]).toMatchObject({
      name: 'a"_b',
      value: 's."a""`b"',
      canonical: { source: 's."a""`b"', target: 't.`a"_b`' },
    });
  });

  test('keeps streams apart whose names hold dots', () => {
    const streams = [
      sourceTable({ schema: 'a.b', name: 'c' }),
      sourceTable({ schema: 'a', name: 'b.c' }),
    ].map((source) => planOf(source).stream);
    expect(streams).toEqual(['"a.b".c', 'a."b.c"']);
  });

  test.each<[string, string, Partial<SourceType>?]>([
    ['text', 'VARCHAR(65533)'],
    ['varchar', 'VARCHAR(1020)', { length: 255 }],
    ['varchar', 'VARCHAR(65533)', { length: 20000 }],
    ['float8', 'VARCHAR(32)'],
    ['numeric', 'VARCHAR(65533)'],
    ['numeric', 'DECIMAL(10,2)', { precision: 10, scale: 2 }],
    ['jsonb', 'VARCHAR(65533)'],
    ['bytea', 'VARCHAR(65533)'],
    ['_int4', 'VARCHAR(65533)', { kind: 'array' }],
    ['varbit', 'VARCHAR(65533)'],
    ['bool', 'BOOLEAN'],
    ['timestamptz', 'DATETIME(6)'],
    ['uuid', 'VARCHAR(36)'],
  ])('a key of %s is %s', (typeName, type, limits = {}) => {
    const columns = [sourceColumn('id', typeName, { ...limits, notNull: true })];
    for (const types of [{}, { json: 'json' }]) {
      const [column] = planOf(sourceTable({ columns }), specOf({ types })).columns;
      expect(column).toMatchObject({ type, isKey: true, nullable: false });
    }
  });
});

test.each<[string, string[], Partial<SourceType>?]>([
  ['int8', []],
  ['bool', []],
  ['float8', []],
  ['uuid', []],
  ['varchar', [], { length: 255 }],
  ['varchar', ['text-too-long'], { length: 262145 }],
  ['text', ['text-too-long']],
  ['numeric', []],
  ['numeric', ['not-a-number'], { precision: 10, scale: 2 }],
  ['numeric', ['not-a-number'], { precision: 38, scale: 38 }],
  ['money', ['number-out-of-range', 'fraction-too-long']],
  ['date', ['date-out-of-range']],
  ['timestamp', ['date-out-of-range'], { scale: 3 }],
])('a %s can break no rules but %j', (typeName, rules, limits = {}) => {
  const columns = [sourceColumn('v', typeName, limits)];
  const [column] = planOf(sourceTable({ columns, key: null })).columns;
  expect(column?.misfits.map(({ rule }) => rule)).toEqual(rules);
});

describe('the order of a key', () => {
  const sameOrder = (typeName: string, of: object = {}, exception: object = {}) =>
    planOf(
      sourceTable({
        columns: [{ ...sourceColumn('id', typeName, { notNull: true }), ...of }],
      }),
      specOf({ tables: [{ name: 'public.orders', columns: { id: exception } }] }),
    ).sameOrder;

  test('is the same for numbers, moments, and texts that compare as bytes', () => {
    for (const type of [
      'int2',
      'int8',
      'oid',
      'bool',
      'date',
      'timestamp',
      'timestamptz',
      'uuid',
      'bytea',
      'time',
      'macaddr',
      'text',
    ]) {
      expect([type, sameOrder(type)]).toEqual([type, true]);
    }
    expect(sameOrder('int4', {}, { type: 'BIGINT' })).toBe(true);
  });

  test('is another for texts in a language, and for texts of what is no text', () => {
    expect(sameOrder('text', { bytewise: false })).toBe(false);
    for (const type of ['float8', 'numeric', 'timetz', 'interval', 'inet', 'jsonb', 'varbit']) {
      expect([type, sameOrder(type)]).toEqual([type, false]);
    }
    expect(sameOrder('int4', {}, { type: 'VARCHAR(20)' })).toBe(false);
    expect(sameOrder('date', {}, { type: 'VARCHAR(20)' })).toBe(false);
  });

  test('is another as soon as one column has another', () => {
    const columns = ['a', 'b'].map((name) => ({
      ...sourceColumn(name, 'text', { notNull: true }),
      bytewise: name === 'a',
    }));
    const key = { columns: ['a', 'b'], origin: 'primary key', indexed: true } as const;
    expect(planOf(sourceTable({ columns, key })).sameOrder).toBe(false);
  });
});

describe('what cannot be done is said', () => {
  const order = (columns: object, source: Partial<SourceTable> = {}) =>
    rulesOf([sourceTable(source)], specOf({ tables: [{ name: 'public.orders', columns }] }));

  test.each([
    [{ id: { type: 'DATE' } }, 'column-type public.orders.id'],
    [{ id: { type: 'nonsense' } }, 'column-type public.orders.id'],
    [{ id: { type: 'STRING' } }, 'column-type public.orders.id'],
    [{ id: { type: 'DOUBLE' } }, 'column-type public.orders.id'],
    [{ note: { type: 'JSON' } }, 'column-type public.orders.note'],
    [{ id: { misfit: 'clamp' } }, 'misfit-policy public.orders.id'],
    [{ note: { misfit: 'clamp' } }, 'misfit-policy public.orders.note'],
    [{ id: { leaveOut: true } }, 'key-left-out public.orders.id'],
    [{ note: { name: 'größe' } }, 'column-name public.orders.note'],
    [{ note: { name: 'x' }, id: { name: 'X' } }, 'column-name-twice public.orders.id'],
  ])('%j: %s', (columns, finding) => {
    expect(order(columns)).toEqual({ plans: [], findings: [`error ${finding}`] });
  });

  test.each([
    ['date', 'truncate'],
    ['int4', 'truncate'],
    ['jsonb', 'truncate'],
    ['jsonb', 'clamp'],
    ['bool', 'clamp'],
    ['uuid', 'truncate'],
    ['tsvector', 'truncate'],
  ])('a %s has nothing to %s', (type, misfit) => {
    const columns = [sourceColumn('v', type)];
    expect(order({ v: { misfit } }, { columns, key: null }).findings).toEqual([
      'error misfit-policy public.orders.v',
    ]);
  });

  test.each([
    ['float4', 'DOUBLE'],
    ['float8', 'FLOAT'],
    ['float8', 'DECIMAL(38,9)'],
    ['timestamp', 'DATE'],
    ['timestamp', 'INT'],
    ['text', 'INT'],
    ['uuid', 'LARGEINT'],
    ['numeric', 'DOUBLE'],
    ['bool', 'DECIMAL(1,0)'],
    ['int4', 'BOOLEAN'],
  ])('a %s is not put into a %s, which would change it', (source, type) => {
    const columns = [sourceColumn('v', source)];
    expect(order({ v: { type } }, { columns, key: null }).findings).toEqual([
      'error column-type public.orders.v',
    ]);
  });

  test('a table without columns, or with all of them left out, has no plan', () => {
    expect(rulesOf([sourceTable({ columns: [], key: null })])).toEqual({
      plans: [],
      findings: ['error table-without-columns public.orders'],
    });
    const columns = { note: { leaveOut: true }, id: { leaveOut: true } };
    expect(order(columns, { key: null }).findings).toEqual([
      'error table-without-columns public.orders',
    ]);
  });

  test('names that Doris does not take are replaced and told, or refused where the file gives them', () => {
    expect(rulesOf([sourceTable({ schema: '2', name: 'größe' })])).toEqual({
      plans: ['2.größe'],
      findings: ['info table-renamed 2.größe'],
    });
    expect(planOf(sourceTable({ schema: '2', name: 'größe' }))).toMatchObject({
      database: 'db_2',
      table: 'gr__e',
    });
    const given = specOf({ tables: [{ name: 'public.orders', target: 'größe' }] });
    expect(rulesOf([sourceTable()], given).findings).toEqual(['error table-name public.orders']);
    const long = specOf({ target: { table: `x${'_'.repeat(60)}{table}` } });
    expect(rulesOf([sourceTable()], long).findings).toEqual(['error table-name public.orders']);
    const system = specOf({ target: { database: 'mysql' } });
    expect(rulesOf([sourceTable()], system).findings).toEqual([
      'error database-name public.orders',
    ]);
  });

  test('columns that got another name are told', () => {
    const columns = ['a', 'A', 'ö'].map((name) => sourceColumn(name, 'int4'));
    expect(rulesOf([sourceTable({ columns, key: null })]).findings).toEqual([
      'info column-renamed public.orders.a',
      'info column-renamed public.orders.ö',
    ]);
  });

  test('a key that only the file vouches for is told, with the query that proves it', () => {
    const key = { columns: ['id'], origin: 'file', indexed: false } as const;
    const { findings } = planAll([sourceTable({ key })], specOf(), LIMITS);
    expect(findings).toMatchObject([
      {
        level: 'warning',
        rule: 'key-unproven',
        fix: expect.stringContaining('group by "id" having'),
      },
    ]);
  });

  test('a key of the file has a rule against NULL where the column may be NULL', () => {
    const key = { columns: ['note', 'id'], origin: 'file', indexed: false } as const;
    const rules = planOf(sourceTable({ key })).key.map(({ misfits }) =>
      misfits.map(({ rule }) => rule),
    );
    expect(rules).toEqual([['key-null', 'text-too-long'], []]);
  });

  test('a type for numbers without a precision is one that there is', () => {
    const parse = (numeric: string) =>
      warehouseSpecSchema.shape.types.safeParse({ numeric }).success;
    expect(['string', 'DECIMAL(38,9)', 'DECIMAL(9, 9)'].map(parse)).toEqual([true, true, true]);
    expect(['DECIMAL(39,9)', 'DECIMAL(5,9)', 'DOUBLE'].map(parse)).toEqual([false, false, false]);
  });

  test('planTable throws what planAll finds', () => {
    const spec = specOf({ tables: [{ name: 'public.orders', columns: { id: { type: 'DATE' } } }] });
    expect(() => planOf(sourceTable(), spec)).toThrow(DroverError);
    expect(() => planOf(sourceTable(), spec)).toThrow(/public\.orders\.id: type DATE/);
  });
});

describe('tables that would be one', () => {
  const tables = ['b', 'a', 'c'].map((schema) => sourceTable({ schema }));

  test('are never merged: each is named, none has a plan', () => {
    const spec = specOf({ target: { database: 'lake' } });
    expect(rulesOf([...tables, sourceTable({ schema: 'a', name: 'x' })], spec)).toEqual({
      plans: ['a.x'],
      findings: ['b', 'a', 'c'].map((schema) => `error table-name-twice ${schema}.orders`),
    });
  });

  test('are parted by the schema in the pattern', () => {
    const spec = specOf({ target: { database: 'lake', table: '{schema}_{table}' } });
    expect(rulesOf(tables, spec)).toEqual({
      plans: ['b.orders', 'a.orders', 'c.orders'],
      findings: [],
    });
  });

  test('are found where only the replacement of characters made them one', () => {
    const same = ['a b', 'a_b', 'a.b'].map((name) => sourceTable({ name }));
    expect(rulesOf(same).plans).toEqual([]);
    expect(rulesOf(same).findings).toContain('error table-name-twice public.a_b');
  });

  test('by capitals only are a warning, as some servers ignore capitals', () => {
    expect(rulesOf(['Orders', 'orders'].map((name) => sourceTable({ name })))).toEqual({
      plans: ['public.Orders', 'public.orders'],
      findings: [
        'warning table-name-capitals public.Orders',
        'warning table-name-capitals public.orders',
      ],
    });
  });
});

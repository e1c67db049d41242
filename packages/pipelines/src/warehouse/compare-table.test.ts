import { describe, expect, test } from 'vitest';
import { compareTable, type ExistingColumn, type ExistingTable } from './compare-table.ts';
import { planTable } from './plan-table.ts';
import { sourceColumn, sourceTable } from './testing/source-tables.ts';
import { warehouseSpec } from './testing/warehouse-spec.ts';

const COLUMNS = [
  sourceColumn('id', 'int8', { notNull: true }),
  sourceColumn('part', 'varchar', { length: 5, notNull: true }),
  sourceColumn('paid', 'bool'),
  sourceColumn('total', 'numeric', { precision: 10, scale: 2 }),
  sourceColumn('at', 'timestamp', { scale: 3 }),
  sourceColumn('day', 'date'),
  sourceColumn('name', 'varchar', { length: 255, notNull: true }),
  sourceColumn('note', 'text'),
  sourceColumn('size', 'float4'),
  sourceColumn('n', 'int4'),
];
const KEY = { columns: ['id', 'part'], origin: 'primary key', indexed: true } as const;

const plan = planTable(sourceTable({ columns: COLUMNS, key: KEY }), warehouseSpec({}), {
  stringBytes: 1048576,
});

const keyless = planTable(sourceTable({ columns: COLUMNS, key: null }), warehouseSpec({}), {
  stringBytes: 1048576,
});

/** As either generation prints what the plan asks for. */
const TYPES = {
  old: [
    'bigint',
    'varchar(20)',
    'tinyint(1)',
    'decimalv3(10, 2)',
    'datetimev2(3)',
    'datev2',
    'varchar(1020)',
    'string',
    'float',
    'int',
  ],
  new: [
    'bigint(20)',
    'varchar(20)',
    'boolean',
    'decimal(10,2)',
    'datetime(3)',
    'date',
    'varchar(1020)',
    'text',
    'float',
    'int(11)',
  ],
};

function existing(
  change: Partial<Record<string, Partial<ExistingColumn>>> = {},
  of: Partial<ExistingTable> = {},
): ExistingTable {
  return {
    model: 'UNIQUE',
    mergeOnWrite: true,
    columns: COLUMNS.map(({ name }, index) => ({
      name,
      type: TYPES.new[index] ?? '',
      nullable: index >= 2,
      isKey: index < 2,
      hasDefault: false,
      ...change[name],
    })),
    ...of,
  };
}

const found = (table: ExistingTable, of = plan) =>
  compareTable(of, table).map(({ level, rule, subject, fix }) => ({
    what: `${level} ${rule} ${subject.replace('target public.orders', '')}`.trimEnd(),
    fix,
  }));

const ALTER = 'ALTER TABLE `public`.`orders`';

describe('a table that is there', () => {
  test.each(Object.keys(TYPES))('fits as the %s generation prints it', (generation) => {
    const types = TYPES[generation as keyof typeof TYPES];
    const change = Object.fromEntries(
      COLUMNS.map(({ name }, index) => [name, { type: types[index] ?? '' }]),
    );
    expect(found(existing(change))).toEqual([]);
  });

  test('fits whatever the order of columns beyond the key and the capitals of their names', () => {
    const table = existing({ total: { name: 'TOTAL' }, id: { name: 'ID' } });
    const [id, part, ...rest] = table.columns;
    if (id === undefined || part === undefined) throw new TypeError('no columns');
    expect(found({ ...table, columns: [id, part, ...rest.reverse()] })).toEqual([]);
  });

  test('that lacks a column can be given it, unless it is of the key', () => {
    const table = existing();
    const without = (name: string) => ({
      ...table,
      columns: table.columns.filter((column) => column.name !== name),
    });
    expect(found(without('total'))).toEqual([
      {
        what: 'error column-missing .total',
        fix: `${ALTER} ADD COLUMN \`total\` DECIMAL(10,2) NULL;`,
      },
    ]);
    expect(found(without('part')).map(({ what }) => what)).toEqual([
      'error table-key',
      'error column-missing .part',
    ]);
  });

  test('may have columns more where they can stay empty', () => {
    const more = (column: Partial<ExistingColumn>) => {
      const table = existing();
      const extra = { name: 'more', type: 'int', nullable: true, isKey: false, hasDefault: false };
      return found({ ...table, columns: [...table.columns, { ...extra, ...column }] });
    };
    expect(more({})).toEqual([{ what: 'info column-extra .more', fix: '' }]);
    expect(more({ nullable: false, hasDefault: true })).toEqual([
      { what: 'info column-extra .more', fix: '' },
    ]);
    expect(more({ nullable: false })).toEqual([
      { what: 'error column-extra .more', fix: `${ALTER} MODIFY COLUMN \`more\` INT NULL;` },
    ]);
  });

  test.each([
    ['total', 'decimal(12,2)'],
    ['at', 'datetime(6)'],
    ['name', 'varchar(2000)'],
    ['name', 'text'],
    ['n', 'bigint(20)'],
    ['n', 'decimal(10,0)'],
    ['part', 'varchar(21)'],
    ['id', 'largeint'],
  ])('is told where %s is wider: %s', (name, type) => {
    expect(found(existing({ [name]: { type } }))).toEqual([
      { what: `info column-type .${name}`, fix: '' },
    ]);
  });

  test.each([
    ['total', 'decimal(9,2)', 'MODIFY COLUMN `total` DECIMAL(10,2) NULL'],
    ['at', 'datetime', 'MODIFY COLUMN `at` DATETIME(3) NULL'],
    ['name', 'varchar(1019)', 'MODIFY COLUMN `name` VARCHAR(1020) NULL'],
    ['n', 'smallint(6)', 'MODIFY COLUMN `n` INT NULL'],
  ])('can be widened where %s is %s', (name, type, change) => {
    expect(found(existing({ [name]: { type } }))).toEqual([
      { what: `error column-type .${name}`, fix: `${ALTER} ${change};` },
    ]);
  });

  test.each([
    ['total', 'decimal(10,1)'],
    // The same number has another text there.
    ['total', 'decimal(12,4)'],
    ['total', 'text'],
    ['day', 'datetime(6)'],
    ['note', 'json'],
    ['note', 'varchar(65533)'],
    ['note', 'char(10)'],
    ['size', 'double'],
    ['paid', 'tinyint(4)'],
    ['n', 'decimal(9,0)'],
    ['id', 'varchar(20)'],
    ['part', 'text'],
    ['part', 'varchar(19)'],
  ])('is refused where %s is %s', (name, type) => {
    const findings = found(existing({ [name]: { type } }));
    expect(findings.map(({ what }) => what)).toEqual([`error column-type .${name}`]);
    expect(findings[0]?.fix).toMatch(
      /^DROP TABLE `public`\.`orders`;|^ALTER TABLE .* VARCHAR|STRING/,
    );
  });

  test('takes NULL where the source may have it, and where a deletion has only the key', () => {
    for (const name of ['note', 'name']) {
      const type = name === 'note' ? 'TEXT' : 'VARCHAR(1020)';
      expect(found(existing({ [name]: { nullable: false } }))).toEqual([
        {
          what: `error column-not-null .${name}`,
          fix: `${ALTER} MODIFY COLUMN \`${name}\` ${type} NULL;`,
        },
      ]);
    }
    expect(found(existing({ id: { nullable: true } }))).toEqual([]);
  });

  test('has the key of the source, in its order', () => {
    const keys = (...names: string[]) => {
      const { columns } = existing();
      const rank = (name: string) => (names.includes(name) ? names.indexOf(name) : names.length);
      return existing(
        {},
        {
          columns: columns
            .map((column) => ({ ...column, isKey: names.includes(column.name) }))
            .sort((a, b) => rank(a.name) - rank(b.name)),
        },
      );
    };
    const what = (table: ExistingTable) => found(table).map((one) => one.what);
    expect(what(keys('id', 'part'))).toEqual([]);
    expect(what(keys('part', 'id'))).toEqual(['error table-key']);
    expect(what(keys('id'))).toEqual(['error table-key']);
    expect(what(keys('id', 'part', 'n'))).toEqual(['error table-key']);
  });

  test('has the model that replaces rows, or the one that keeps them all', () => {
    const what = (of: Partial<ExistingTable>, plan_ = plan) =>
      found(existing({}, of), plan_).map((one) => one.what);
    expect(what({ model: 'DUPLICATE' })).toEqual(['error table-model']);
    expect(what({ model: 'AGGREGATE' })).toEqual(['error table-model']);
    expect(what({ mergeOnWrite: false })).toEqual(['warning table-merge-on-read']);
    expect(what({}, keyless)).toContain('error table-model');
    const loose = { id: { nullable: true, isKey: false }, part: { nullable: true, isKey: false } };
    expect(found(existing(loose, { model: 'DUPLICATE' }), keyless)).toEqual([]);
  });
});

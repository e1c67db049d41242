import { expect, test } from 'vitest';
import { createDatabaseStatement, createTableStatement } from './ddl.ts';
import { planTable } from './plan-table.ts';
import { sourceColumn, sourceTable } from './testing/source-tables.ts';
import { warehouseSpec } from './testing/warehouse-spec.ts';

const plan = (of: Parameters<typeof sourceTable>[0] = {}) =>
  planTable(sourceTable(of), warehouseSpec({}), { stringBytes: 1048576 });

test('a table with a key replaces rows that are loaded again', () => {
  const columns = [
    sourceColumn('total', 'numeric', { precision: 10, scale: 2 }),
    sourceColumn('b', 'text', { notNull: true }),
    sourceColumn('a', 'int4', { notNull: true }),
  ];
  const key = { columns: ['a', 'b'], origin: 'primary key', indexed: true } as const;
  expect(
    createTableStatement(plan({ columns, key, bytes: 3 * 2 ** 30 + 1 }), { replicas: 3 }),
  ).toBe(
    `CREATE TABLE IF NOT EXISTS \`public\`.\`orders\` (
  \`a\` INT NOT NULL,
  \`b\` VARCHAR(65533) NOT NULL,
  \`total\` DECIMAL(10,2) NULL
)
ENGINE=OLAP
UNIQUE KEY(\`a\`, \`b\`)
COMMENT 'public.orders'
DISTRIBUTED BY HASH(\`a\`, \`b\`) BUCKETS AUTO
PROPERTIES (
  "replication_num" = "3",
  "enable_unique_key_merge_on_write" = "true",
  "estimate_partition_size" = "4G"
)`,
  );
});

test('a table without a key keeps every row, under another name where one is given', () => {
  expect(createTableStatement(plan({ key: null }), { replicas: 1, table: 'orders_1' })).toBe(
    `CREATE TABLE IF NOT EXISTS \`public\`.\`orders_1\` (
  \`note\` STRING NULL,
  \`id\` BIGINT NULL
)
ENGINE=OLAP
COMMENT 'public.orders'
DISTRIBUTED BY RANDOM BUCKETS AUTO
PROPERTIES (
  "replication_num" = "1",
  "enable_duplicate_without_keys_by_default" = "true",
  "estimate_partition_size" = "1G"
)`,
  );
});

test('the source’s names are comments where the target has others, to the letter', () => {
  const columns = [sourceColumn(`it's ö\\`, 'int4')];
  const statement = createTableStatement(plan({ columns, key: null, name: `o'r` }), {
    replicas: 1,
  });
  expect(statement).toContain(`  \`it_s __\` INT NULL COMMENT 'it\\'s ö\\\\'`);
  expect(statement).toContain(`COMMENT 'public.o\\'r'`);
});

test('a database is made where there is none', () => {
  expect(createDatabaseStatement('a`b')).toBe('CREATE DATABASE IF NOT EXISTS `a``b`');
});

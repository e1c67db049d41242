import { describe, expect, test } from 'vitest';
import { pivotDefinition } from './definition.ts';
import { secondaryIndexStatement } from './secondary-index.ts';
import { createStatements, indexName } from './wide-table.ts';

const TABLE = {
  schema: 'wide',
  name: 'of "A"',
  time: { name: 'created_time', type: 'timestamp without time zone' },
  columns: [{ name: '/a"b', type: 'text' }],
} as const;

describe('the statements that make a wide table', () => {
  test('quote every name, and have time as their key', () => {
    expect(createStatements({ ...TABLE, index: 'btree' }, { drop: false })).toEqual([
      'create table if not exists "wide"."of ""A""" ("created_time" timestamp without time zone not null, "/a""b" text, primary key ("created_time"))',
    ]);
  });

  test('drop an earlier one first where that is asked for, and never else', () => {
    const [first, ...others] = createStatements({ ...TABLE, index: 'btree' }, { drop: true });
    expect(first).toBe('drop table if exists "wide"."of ""A"""');
    expect(others).toEqual(createStatements({ ...TABLE, index: 'btree' }, { drop: false }));
  });

  test('with a BRIN index have no key', () => {
    const statements = createStatements({ ...TABLE, index: 'brin' }, { drop: false });
    expect(statements[0]).not.toContain('primary key');
    expect(statements[1]).toBe(
      'create index if not exists "of ""A""_brin_created_time_idx" on "wide"."of ""A""" using brin ("created_time")',
    );
  });
});

describe('the name of an index', () => {
  // Mutation: without the hash in `indexName` (wide-table.ts) the two long ones are one.
  test('fits Postgres, is always the same, and differs where the whole differs', () => {
    const long = 'é'.repeat(40);
    const names = [
      indexName('t', ['btree', 'a']),
      indexName('t', ['brin', 'a']),
      indexName(long, ['btree', 'a']),
      indexName(long, ['btree', 'b']),
    ];
    expect(names[0]).toBe('t_btree_a_idx');
    expect(new Set(names).size).toBe(4);
    for (const name of names) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
    expect(indexName(long, ['btree', 'a'])).toBe(names[2]);
    expect(names[2]).not.toContain('\ufffd');
  });
});

describe('a secondary index', () => {
  const request = {
    schema: 'wide',
    table: 't',
    columns: ['created_time', '/a"b'],
    index: { columns: ['/a"b', 'created_time'], using: 'btree' as const },
    concurrently: true,
  };

  test('is made in the order of its columns, without blocking writers where it can', () => {
    const name = 't_btree_/a"b_created_time_idx';
    const quoted = '"t_btree_/a""b_created_time_idx"';
    expect(secondaryIndexStatement(request)).toEqual({
      name,
      sql: `create index concurrently if not exists ${quoted} on "wide"."t" using btree ("/a""b", "created_time")`,
    });
    expect(secondaryIndexStatement({ ...request, concurrently: false })?.sql).toMatch(
      /^create index if not exists/,
    );
  });

  test('is left out of a table that lacks one of its columns', () => {
    expect(secondaryIndexStatement({ ...request, columns: ['created_time'] })).toBeNull();
  });
});

test('the definition names the list files of the groups and keeps the ledger in the target', () => {
  const connection = 'postgres://nobody@127.0.0.1:1/source';
  const spec = pivotDefinition.schema.parse({
    name: 'test',
    pipeline: 'pivot',
    queue: { url: 'redis://127.0.0.1:1' },
    source: { connection },
    target: { connection: `${connection}_target` },
    groups: [
      { name: 1, channels: { file: 'one.txt' } },
      { name: 2, channels: { glob: '/**' } },
      { name: 3, channels: { file: 'three.txt' } },
    ],
  });
  expect(pivotDefinition.listFiles(spec)).toEqual(['one.txt', 'three.txt']);
  expect(pivotDefinition.ledgerConnection(spec)).toBe(`${connection}_target`);
});

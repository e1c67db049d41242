import { describe, expect, test } from 'vitest';
import type { Generation } from '../store.ts';
import { GENERATIONS, openFront, type Refusal } from './testing/front.ts';

const ONE = `PROPERTIES ("replication_num" = "1")`;
const HASHED = `DISTRIBUTED BY HASH(\`id\`) BUCKETS AUTO ${ONE}`;
const KEYLESS = `DISTRIBUTED BY RANDOM BUCKETS AUTO PROPERTIES ("replication_num" = "1", "enable_duplicate_without_keys_by_default" = "true")`;

/** The refusal of each statement, by generation; the first statements must be accepted. */
async function answer(
  generation: Generation,
  sql: string,
  before: readonly string[] = [],
): Promise<Refusal | null> {
  await using front = await openFront({ generation });
  for (const statement of before) await front.run(statement);
  return await front.refusal(sql);
}

const ofKey = (type: string) =>
  `CREATE TABLE t (id ${type} NOT NULL, v INT) UNIQUE KEY(id) ${HASHED}`;
const ofValue = (type: string) =>
  `CREATE TABLE t (id INT NOT NULL, v ${type}) UNIQUE KEY(id) ${HASHED}`;
const ofColumn = (name: string) =>
  `CREATE TABLE t (id INT NOT NULL, \`${name}\` INT) UNIQUE KEY(id) ${HASHED}`;
const ofTable = (name: string) =>
  `CREATE TABLE \`${name}\` (id INT NOT NULL) UNIQUE KEY(id) ${HASHED}`;

describe.each(GENERATIONS)('CREATE TABLE in %s', (generation) => {
  test('accepts the statement of the description', async () => {
    await using front = await openFront({ generation });
    await front.run(`CREATE TABLE IF NOT EXISTS \`d\`.\`t\` (\`id\` BIGINT NOT NULL COMMENT 'its key', \`name\` VARCHAR(1020) NULL, \`ts\` DATETIME(6) NULL)
      ENGINE=OLAP UNIQUE KEY(\`id\`) COMMENT 'a table' DISTRIBUTED BY HASH(\`id\`) BUCKETS AUTO
      PROPERTIES("replication_num"="1","enable_unique_key_merge_on_write"="true","estimate_partition_size"="10G");`);
    expect(front.table('t').definition).toEqual({
      name: 't',
      columns: [
        { name: 'id', type: { name: 'BIGINT' }, nullable: false, isKey: true, comment: 'its key' },
        {
          name: 'name',
          type: { name: 'VARCHAR', length: 1020 },
          nullable: true,
          isKey: false,
          comment: '',
        },
        {
          name: 'ts',
          type: { name: 'DATETIME', scale: 6 },
          nullable: true,
          isKey: false,
          comment: '',
        },
      ],
      model: 'UNIQUE',
      keys: ['id'],
      mergeOnWrite: true,
      distribution: { kind: 'HASH', columns: ['id'] },
      buckets: 'AUTO',
      properties: new Map([
        ['replication_num', '1'],
        ['enable_unique_key_merge_on_write', 'true'],
        ['estimate_partition_size', '10G'],
      ]),
      comment: 'a table',
    });
  });

  test.each([
    ['BOOLEAN'],
    ['TINYINT'],
    ['SMALLINT'],
    ['INT'],
    ['BIGINT'],
    ['LARGEINT'],
    ['DECIMAL(38, 38)'],
    ['DATE'],
    ['DATETIME'],
    ['DATETIME(6)'],
    ['CHAR(255)'],
    ['VARCHAR(65533)'],
  ])('a key may be %s', async (type) => {
    expect(await answer(generation, ofKey(type))).toBeNull();
    expect(await answer(generation, ofValue(type))).toBeNull();
  });

  test.each([
    ['FLOAT', 'Float or double'],
    ['DOUBLE', 'Float or double'],
    ['STRING', 'String Type should not be used in key column[id]'],
    ['TEXT', 'String Type should not be used in key column[id]'],
    ['JSON', 'JSONB type should not be used in key column[id]'],
  ])('a value may be %s, a key may not', async (type, message) => {
    expect(await answer(generation, ofValue(type))).toBeNull();
    expect((await answer(generation, ofKey(type)))?.message).toContain(message);
    const duplicate = ofKey(type).replace('UNIQUE', 'DUPLICATE').replace(HASHED, KEYLESS);
    expect(
      (await answer(generation, duplicate.replace(/, "enable_dup[^)]*/, '')))?.message,
    ).toContain(message);
  });

  test.each([
    ['TIME', 'Time type is not supported for olap table'],
    ['VARBINARY(10)', 'doris do not support varbinary create table'],
    ['DECIMAL(39, 0)', 'Precision of decimal must between 1 and 38'],
    ['DECIMAL(0, 0)', 'Precision of decimal'],
    ['DECIMAL(10, 11)', 'Scale of decimal'],
    ['DECIMAL', 'the stand-in does not know DECIMAL without precision'],
    ['DATETIME(7)', 'must between 0 and 6'],
    ['VARCHAR(65534)', 'VARCHAR size must be between 1 and 65533'],
    ['VARCHAR(0)', 'VARCHAR size'],
    ['CHAR(256)', 'CHAR size'],
    ['ARRAY<INT>', 'the stand-in does not know the type ARRAY'],
    ['UUID', 'the stand-in does not know the type UUID'],
    ['INT(11)', 'the stand-in does not know the type INT(11)'],
  ])('no column may be %s', async (type, message) => {
    expect((await answer(generation, ofValue(type)))?.message).toContain(message);
  });

  test('a DECIMAL may have 76 digits with enable_decimal256', async () => {
    const wide = ofValue('DECIMAL(76, 30)');
    const set = ['SET enable_decimal256 = true'];
    expect((await answer(generation, wide))?.message).toContain('between 1 and 38');
    expect(await answer(generation, wide, set)).toBeNull();
    expect((await answer(generation, ofValue('DECIMAL(77, 0)'), set))?.message).toContain('and 76');
  });

  test('key columns are an ordered prefix of the columns', async () => {
    const of = (keys: string) =>
      `CREATE TABLE t (id INT NOT NULL, b INT NOT NULL, c INT NOT NULL) UNIQUE KEY(${keys}) ${HASHED}`;
    for (const keys of ['id', 'id, b', 'ID, B, c'])
      expect(await answer(generation, of(keys))).toBeNull();
    for (const keys of ['b', 'id, c', 'b, id', 'id, b, c, id']) {
      expect((await answer(generation, of(keys)))?.message).toContain(
        'Key columns should be a ordered prefix of the schema',
      );
    }
    expect((await answer(generation, of('nix')))?.message).toContain(
      "Key column[nix] doesn't exist",
    );
  });

  test('key columns are NOT NULL, other columns are nullable unless they say so', async () => {
    for (const model of ['UNIQUE', 'DUPLICATE']) {
      for (const nullable of ['', 'NULL']) {
        const sql = `CREATE TABLE t (id INT ${nullable}, v INT) ${model} KEY(id) ${HASHED}`;
        expect((await answer(generation, sql))?.message).toContain('may be NULL: id');
      }
    }
    await using front = await openFront({ generation });
    await front.run(
      `CREATE TABLE t (id INT NOT NULL, a INT, b INT NULL, c INT NOT NULL) UNIQUE KEY(id) ${HASHED}`,
    );
    expect(front.table('t').definition.columns.map(({ nullable }) => nullable)).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  test('a UNIQUE table is distributed by a subset of its keys', async () => {
    const of = (distribution: string) =>
      `CREATE TABLE t (a INT NOT NULL, b INT NOT NULL, c INT) UNIQUE KEY(a, b) ${distribution} ${ONE}`;
    for (const columns of ['a', 'b', 'B, A']) {
      expect(await answer(generation, of(`DISTRIBUTED BY HASH(${columns})`))).toBeNull();
    }
    const refused = async (distribution: string) =>
      (await answer(generation, of(distribution)))?.message;
    expect(await refused('DISTRIBUTED BY HASH(c)')).toContain(
      'Distribution column[c] is not key column',
    );
    expect(await refused('DISTRIBUTED BY HASH(nix)')).toContain(
      "Distribution column(nix) doesn't exist",
    );
    expect(await refused('DISTRIBUTED BY HASH(a, A)')).toContain('Duplicated distribution column');
    expect(await refused('DISTRIBUTED BY RANDOM')).toContain(
      'should not contain random distribution',
    );
    expect(await refused('')).toContain('should contain distribution desc');
    expect(await refused('DISTRIBUTED BY HASH(a) BUCKETS 0')).toContain('greater than zero');
  });

  test('a DUPLICATE table may be distributed at random or by values, but not by floats or long text', async () => {
    const of = (type: string, distribution: string) =>
      `CREATE TABLE t (a INT NOT NULL, b ${type}) DUPLICATE KEY(a) ${distribution} ${ONE}`;
    for (const distribution of ['DISTRIBUTED BY RANDOM BUCKETS 3', 'DISTRIBUTED BY HASH(b)']) {
      expect(await answer(generation, of('INT', distribution))).toBeNull();
    }
    for (const type of ['DOUBLE', 'STRING', 'JSON']) {
      expect(await answer(generation, of(type, 'DISTRIBUTED BY HASH(b)'))).toMatchObject({
        errno: 1105,
      });
    }
  });

  test('a table without a PRIMARY KEY needs a property to have no keys', async () => {
    const of = (type: string, rest: string) =>
      `CREATE TABLE t (a ${type}, b INT, c VARCHAR(9), d INT) ${rest}`;
    for (const type of ['DOUBLE', 'STRING', 'JSON', 'INT']) {
      await using front = await openFront({ generation });
      await front.run(of(type, KEYLESS));
      expect(front.table('t').definition).toMatchObject({
        model: 'DUPLICATE',
        keys: [],
        mergeOnWrite: false,
      });
    }
    const chosen = `DISTRIBUTED BY RANDOM ${ONE}`;
    for (const type of ['DOUBLE', 'STRING', 'JSON']) {
      expect((await answer(generation, of(type, chosen)))?.message).toContain(
        'The olap table first column could not be float, double, string or array',
      );
    }
    await using front = await openFront({ generation });
    await front.run(of('INT', chosen));
    expect(front.table('t').definition.keys).toEqual(['a', 'b', 'c']);
    const both = `CREATE TABLE t (a INT NOT NULL) DUPLICATE KEY(a) ${KEYLESS}`;
    expect((await answer(generation, both))?.message).toContain('only can set');
  });

  test('column names have no case', async () => {
    expect(await answer(generation, ofColumn('ID'))).toMatchObject({ errno: 1060 });
    expect(await answer(generation, ofColumn('id2'))).toBeNull();
  });

  test.each([['a b'], ['1st'], ['a.b'], ['a"b'], ['@x:y'], ['a,b'], ['-'], ['x'.repeat(256)]])(
    'a column may be called %j',
    async (name) => {
      expect(await answer(generation, ofColumn(name))).toBeNull();
    },
  );

  test.each([["a'b"], ['a(b)'], ['a=b'], ['[x]'], ['a;b'], ['x'.repeat(257)], ['']])(
    'no column may be called %j',
    async (name) => {
      expect(await answer(generation, ofColumn(name))).toMatchObject({ errno: 1166 });
    },
  );

  test('column names that begin with __DORIS_ are taken', async () => {
    for (const name of ['__DORIS_DELETE_SIGN__', '__doris_x']) {
      expect((await answer(generation, ofColumn(name)))?.message).toContain('__DORIS_');
    }
    expect(await answer(generation, ofColumn('_DORIS_x'))).toBeNull();
  });

  test('letters beyond ASCII need enable_unicode_name_support', async () => {
    for (const sql of [ofColumn('größe'), ofColumn('名'), ofTable('größe'), ofTable('t名')]) {
      const [on, off] = [true, false].map((value) => [
        `SET enable_unicode_name_support = ${value}`,
      ]);
      expect(await answer(generation, sql, on)).toBeNull();
      expect(await answer(generation, sql, off)).toMatchObject({ errno: expect.any(Number) });
      const byDefault = await answer(generation, sql);
      if (generation === 'D26') expect(byDefault).toBeNull();
      else expect([1166, 1103]).toContain(byDefault?.errno);
    }
    expect(
      await answer(generation, ofColumn('a😀'), ['SET enable_unicode_name_support = 1']),
    ).toMatchObject({
      errno: 1166,
    });
  });

  test('table names have at most 64 characters', async () => {
    expect(await answer(generation, ofTable('t'.repeat(64)))).toBeNull();
    expect((await answer(generation, ofTable('t'.repeat(65))))?.message).toContain(
      'length exceeds limit',
    );
    for (const name of ['a b', 'a.b', 'a%b']) {
      expect(await answer(generation, ofTable(name))).toMatchObject({ errno: 1103 });
    }
    expect(await answer(generation, ofTable('a-b_1'))).toBeNull();
  });

  test('a digit, an underscore or a dollar may begin a table name only in D26', async () => {
    for (const name of ['1t', '_t', '-t', 't$x']) {
      const refusal = await answer(generation, ofTable(name));
      if (generation === 'D26') expect(refusal).toBeNull();
      else expect(refusal).toMatchObject({ errno: 1103 });
    }
  });

  test('there are not more replicas than backends that are alive, and three by default', async () => {
    const of = (properties: string) =>
      `CREATE TABLE t (id INT NOT NULL) UNIQUE KEY(id) DISTRIBUTED BY HASH(id) ${properties}`;
    await using front = await openFront({ generation, backends: [true, false, true] });
    const failed = { message: expect.stringContaining('Failed to find enough backend') };
    expect(await front.refusal(of(''))).toMatchObject(failed);
    expect(await front.refusal(of(`PROPERTIES('replication_num'='3')`))).toMatchObject(failed);
    expect(
      await front.refusal(of(`PROPERTIES('replication_allocation'='tag.location.default: 3')`)),
    ).toMatchObject(failed);
    expect(await front.refusal(of(`PROPERTIES('replication_num'='2')`))).toBeNull();
    await using three = await openFront({ generation, backends: [true, true, true] });
    expect(await three.refusal(of(''))).toBeNull();
  });

  test('properties are known and go with the table', async () => {
    const of = (model: string, property: string) =>
      `CREATE TABLE t (id INT NOT NULL) ${model} KEY(id) DISTRIBUTED BY HASH(id) PROPERTIES("replication_num"="1", ${property})`;
    const refused = async (model: string, property: string) =>
      (await answer(generation, of(model, property)))?.message;
    expect(await refused('UNIQUE', '"nix"="1"')).toContain('Unknown properties');
    expect(await refused('UNIQUE', '"estimate_partition_size"="much"')).toContain(
      'does not know the value',
    );
    expect(await refused('DUPLICATE', '"enable_unique_key_merge_on_write"="true"')).toContain(
      'only support unique key table',
    );
    expect(await refused('UNIQUE', '"light_schema_change"="true"')).toBeUndefined();
  });

  test.each([
    ['CREATE TABLE t (id INT NOT NULL DEFAULT 1) UNIQUE KEY(id) DISTRIBUTED BY HASH(id)'],
    ['CREATE TABLE t (id INT, v INT SUM) AGGREGATE KEY(id) DISTRIBUTED BY HASH(id)'],
    ['CREATE TABLE t (id INT) ENGINE=mysql DISTRIBUTED BY HASH(id)'],
    [
      'CREATE TABLE t (id DATE NOT NULL) UNIQUE KEY(id) PARTITION BY RANGE(id) () DISTRIBUTED BY HASH(id)',
    ],
    ['CREATE TABLE t LIKE u'],
  ])('what is not described is loud: %s', async (sql) => {
    expect((await answer(generation, sql))?.message).toContain('the stand-in does not know');
  });
});

test('DISTRIBUTED BY without BUCKETS means ten', async () => {
  await using front = await openFront();
  await front.run(`CREATE TABLE t (id INT NOT NULL) UNIQUE KEY(id) DISTRIBUTED BY HASH(id) ${ONE}`);
  expect(front.table('t').definition.buckets).toBe(10);
});

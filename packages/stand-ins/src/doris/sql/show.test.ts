import { describe, expect, test } from 'vitest';
import type { TransactionRecord } from '../store.ts';
import { GENERATIONS, openFront } from './testing/front.ts';

const ALL_TYPES = `CREATE TABLE \`All\` (
  k BIGINT NOT NULL, c1 BOOLEAN COMMENT 'yes "or" no', c2 TINYINT, c3 SMALLINT, c4 INT, c5 LARGEINT, c6 FLOAT, c7 DOUBLE,
  c8 DECIMAL(10,2), c9 DATE, c10 DATETIME, c11 DATETIME(6), c12 CHAR(3), c13 VARCHAR(1020), c14 STRING, c15 JSON
) UNIQUE KEY(k) COMMENT 'every type' DISTRIBUTED BY HASH(k) BUCKETS 3 PROPERTIES ("replication_num" = "1")`;

const PRINTED = [
  'bigint',
  'boolean',
  'tinyint',
  'smallint',
  'int',
  'largeint',
  'float',
  'double',
  'decimal(10,2)',
  'date',
  'datetime',
  'datetime(6)',
  'char(3)',
  'varchar(1020)',
  'text',
  'json',
];

const COLUMN_TYPES = {
  D24: [
    'bigint(20)',
    'tinyint(1)',
    'tinyint(4)',
    'smallint(6)',
    'int(11)',
    'largeint',
    'float',
    'double',
    'decimalv3(10, 2)',
    'date',
    'datetime',
    'datetime(6)',
    'char(3)',
    'varchar(1020)',
    'string',
    'json',
  ],
  D26: [
    'bigint',
    'tinyint(1)',
    'tinyint',
    'smallint',
    'int',
    'largeint',
    'float',
    'double',
    'decimal(10,2)',
    'date',
    'datetime',
    'datetime(6)',
    'char(3)',
    'varchar(1020)',
    'string',
    'json',
  ],
};

describe.each(GENERATIONS)('the catalogue as %s shows it', (generation) => {
  test('DESC and SHOW COLUMNS print the columns', async () => {
    await using front = await openFront({ generation });
    await front.run(ALL_TYPES);
    const described = await front.rows('DESC d.`All`');
    expect(described.map(([, type]) => type)).toEqual(PRINTED);
    expect(described[0]).toEqual(['k', 'bigint', 'No', 'true', null, '']);
    expect(described[1]).toEqual(['c1', 'boolean', 'Yes', 'false', null, 'NONE']);
    const full = await front.rows('SHOW FULL COLUMNS FROM `All` FROM d');
    expect(full[1]).toEqual(['c1', 'boolean', '', 'YES', 'NO', null, 'NONE', '', 'yes "or" no']);
    expect((await front.rows('SHOW COLUMNS FROM d.`All`'))[0]).toEqual([
      'k',
      'bigint',
      'NO',
      'YES',
      null,
      '',
    ]);
    expect(await front.refusal('DESC nix')).toMatchObject({ errno: 1146 });
    expect(await front.refusal('DESC nix.t')).toMatchObject({ errno: 1049 });
  });

  test('SHOW CREATE TABLE prints a statement that makes the same table', async () => {
    await using front = await openFront({ generation });
    await front.run(ALL_TYPES);
    const { definition } = front.table('All');
    const [row] = await front.rows('SHOW CREATE TABLE `All`');
    expect(row?.[0]).toBe('All');
    await front.run('DROP TABLE `All`');
    await front.run(String(row?.[1]));
    expect(front.table('All').definition).toEqual(definition);
  });

  test('information_schema.columns describes them', async () => {
    await using front = await openFront({ generation });
    await front.run(ALL_TYPES);
    const of = async (column: string) =>
      (
        await front.rows(
          `SELECT ${column} FROM information_schema.columns WHERE TABLE_SCHEMA = 'd' AND table_name = 'All' ORDER BY ORDINAL_POSITION`,
        )
      ).flat();
    expect(await of('COLUMN_TYPE')).toEqual(COLUMN_TYPES[generation]);
    expect(await of('DATA_TYPE')).toEqual([
      'bigint',
      'tinyint',
      'tinyint',
      'smallint',
      'int',
      'bigint unsigned',
      'float',
      'double',
      'decimal',
      'date',
      'datetime',
      'datetime',
      'char',
      'varchar',
      'varchar',
      'json',
    ]);
    expect((await of('IS_NULLABLE')).slice(0, 2)).toEqual(['NO', 'YES']);
    expect((await of('COLUMN_KEY')).slice(0, 2)).toEqual(['UNI', '']);
    expect((await of('COLUMN_COMMENT'))[1]).toBe('yes "or" no');
    expect((await of('ORDINAL_POSITION')).slice(0, 3)).toEqual(['1', '2', '3']);
    expect((await of('CHARACTER_MAXIMUM_LENGTH')).slice(11, 15)).toEqual([
      null,
      '3',
      '1020',
      '2147483643',
    ]);
    expect(
      await of("CONCAT_WS('/', NUMERIC_PRECISION, NUMERIC_SCALE, DATETIME_PRECISION)"),
    ).toEqual(['19/0', '', '3/0', '5/0', '10/0', '', '', '', '10/2', '', '0', '6', '', '', '', '']);
  });
});

test('information_schema.tables lists them; its counts lag behind', async () => {
  await using front = await openFront();
  await front.run(ALL_TYPES);
  await front.run(
    "CREATE TABLE k (a INT) DISTRIBUTED BY RANDOM PROPERTIES ('replication_num'='1', 'enable_duplicate_without_keys_by_default'='true')",
  );
  const sql =
    "SELECT TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_COMMENT FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = 'd' ORDER BY 1";
  expect(await front.rows(sql)).toEqual([
    ['All', 'BASE TABLE', 'Doris', 'every type'],
    ['k', 'BASE TABLE', 'Doris', ''],
  ]);
  front.fill('k', [[1n], [2n]]);
  const count = "SELECT TABLE_ROWS FROM information_schema.tables WHERE TABLE_NAME = 'k'";
  front.fill('k', [[3n]]);
  const answers = [await front.value(count), await front.value(count)];
  expect(answers.at(-1)).toBe('3');
  expect(answers[0]).not.toBe('3');
  expect(await front.rows('SELECT SCHEMA_NAME FROM information_schema.schemata')).toEqual([['d']]);
});

test('SHOW TABLES lists the tables of a database that match', async () => {
  await using front = await openFront();
  await front.run(ALL_TYPES);
  await front.run(ALL_TYPES.replace('`All`', 'al_x'));
  expect(await front.rows("SHOW TABLES FROM d LIKE 'al\\\\_%'")).toEqual([['al_x']]);
  expect(await front.rows("SHOW TABLES LIKE '%l%'")).toEqual([['All'], ['al_x']]);
  expect((await front.rows('SHOW FULL TABLES'))[0]?.slice(0, 2)).toEqual(['All', 'BASE TABLE']);
});

test('SHOW BACKENDS tells who is alive', async () => {
  await using front = await openFront({ backends: [true, false] });
  const [rows] = await front.connection.query('SHOW BACKENDS');
  expect(rows).toMatchObject([
    { BackendId: '10001', Host: '10.0.0.0', HttpPort: '8040', Alive: 'true' },
    { BackendId: '10002', Host: '10.0.0.1', HttpPort: '8040', Alive: 'false' },
  ]);
  expect(await front.rows('SHOW FRONTENDS')).toHaveLength(1);
});

test('SHOW GRANTS tells the rights of the user by level', async () => {
  await using front = await openFront();
  const [administrator] = await front.connection.query('SHOW GRANTS');
  expect(administrator).toMatchObject([
    { UserIdentity: "'root'@'%'", GlobalPrivs: 'Node_priv,Admin_priv', DatabasePrivs: null },
  ]);
  const database = 'internal.information_schema: Select_priv; internal.d: Select_priv,Load_priv';
  await using other = await openFront({ grants: { database } });
  const [limited] = await other.connection.query('SHOW GRANTS');
  expect(limited).toMatchObject([{ GlobalPrivs: null, DatabasePrivs: database }]);
});

describe('SHOW TRANSACTION', () => {
  const aborted: TransactionRecord = {
    id: 7,
    database: 'd',
    label: 'L',
    status: 'ABORTED',
    reason: 'sender is gone',
    timeoutMs: 3_600_000,
    preparedAt: Date.UTC(2024, 0, 2, 3, 4, 5, 678),
    preCommittedAt: null,
    committedAt: null,
    publishedAt: null,
    finishedAt: Date.UTC(2024, 0, 2, 3, 4, 6),
  };
  const visible: TransactionRecord = { ...aborted, id: 8, status: 'VISIBLE', reason: '' };

  test('tells the newest transaction of a label, and each by its id', async () => {
    await using front = await openFront({ transactions: [visible, aborted] });
    const byLabel = await front.connection.query("SHOW TRANSACTION FROM d WHERE label = 'L'");
    expect(byLabel[0]).toMatchObject([{ TransactionId: '8', TransactionStatus: 'VISIBLE' }]);
    const [byId] = await front.connection.query('SHOW TRANSACTION WHERE id = 7');
    expect(byId).toEqual([
      {
        TransactionId: '7',
        Label: 'L',
        Coordinator: 'BE: 127.0.0.1',
        TransactionStatus: 'ABORTED',
        LoadJobSourceType: 'BACKEND_STREAMING',
        PrepareTime: '2024-01-02 03:04:05',
        PreCommitTime: null,
        CommitTime: null,
        PublishTime: null,
        FinishTime: '2024-01-02 03:04:06',
        Reason: 'sender is gone',
        ErrorReplicasCount: '0',
        ListenerId: '-1',
        TimeoutMs: '3600000',
        ErrMsg: '',
      },
    ]);
  });

  test('has no answer but an error for a label that is not there (§4)', async () => {
    await using front = await openFront({ transactions: [visible] });
    expect(await front.refusal("SHOW TRANSACTION FROM d WHERE label = 'l'")).toEqual({
      errno: 1105,
      message: 'errCode = 2, detailMessage = transaction with label l does not exist',
    });
    expect(await front.refusal('SHOW TRANSACTION FROM d WHERE id = 1')).toMatchObject({
      errno: 1105,
    });
    expect(await front.refusal("SHOW TRANSACTION FROM x WHERE label = 'L'")).toMatchObject({
      errno: 1049,
    });
    expect(await front.refusal("SHOW TRANSACTION WHERE status = 'x'")).toMatchObject({
      errno: 1105,
    });
  });
});

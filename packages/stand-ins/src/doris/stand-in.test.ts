import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { describe, expect, it } from 'vitest';
import { startDorisStandIn } from './stand-in.ts';
import { load, replyOf } from './testing/cluster.ts';

const CREATE = `CREATE TABLE harbour.ships (
  id BIGINT NOT NULL, name VARCHAR(20) NULL, built DATE NULL
) ENGINE=OLAP UNIQUE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS AUTO
PROPERTIES("replication_num"="1", "enable_unique_key_merge_on_write"="true")`;

describe.each(['D24', 'D26'] as const)('a stand-in of %s', (generation) => {
  it('loads by HTTP what was created, and is then read, by SQL', async () => {
    await using doris = await startDorisStandIn({ generation });
    const { user, password, mysqlPort: port } = doris;
    const sql = await createConnection({ host: '127.0.0.1', port, user, password });
    try {
      await sql.query('CREATE DATABASE harbour');
      await sql.query(CREATE);
      const reply = await load(doris, '"1","Anna",\\N\n"2","Berta",\\N\n', { label: 'a' });
      expect(replyOf(reply)).toMatchObject({ Status: 'Success', NumberLoadedRows: 2 });
      const [rows] = await sql.query<RowDataPacket[]>('SELECT COUNT(*) FROM harbour.ships');
      expect(rows.map((row) => Object.values(row).map(String))).toEqual([['2']]);
      const [transactions] = await sql.query<RowDataPacket[]>(
        "SHOW TRANSACTION FROM harbour WHERE label = 'a'",
      );
      expect(transactions).toMatchObject([{ Label: 'a', TransactionStatus: 'VISIBLE' }]);
      const [backends] = await sql.query<RowDataPacket[]>('SHOW BACKENDS');
      expect(backends).toHaveLength(1);
    } finally {
      sql.destroy();
    }
  });
});

it('ends everything that listens', async () => {
  const doris = await startDorisStandIn({ backends: 2 });
  await doris[Symbol.asyncDispose]();
  await expect(load(doris, '')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

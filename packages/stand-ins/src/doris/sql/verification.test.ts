import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Row } from '../store.ts';
import { GENERATIONS, openFront } from './testing/front.ts';

const TEXTS = ['', 'plain', "quote ' and \\ and \u001f", '😀 名 é', '~', 'NULL', '\n\r\t', null];

/** Rows of every type that §9 puts into a checksum. */
function rowOf(index: number): Row {
  const odd = index % 3 === 0;
  return [
    BigInt(index) * 3_000_000_019n - 5_000_000_000n,
    BigInt(index % 2),
    odd ? null : `${index % 2 === 0 ? '-' : ''}${index}.0${index % 10}`,
    odd ? null : `20${String(10 + (index % 80))}-02-28`,
    index % 5 === 0 ? null : `2024-01-01 00:00:00.${String(index * 37).padStart(6, '0')}`,
    TEXTS[index % TEXTS.length] ?? null,
  ];
}

/** The row as text, written anew for the test: each field with a flag of its own for NULL. */
function canonical(row: Row): string {
  const texts = row.map((value) => (value === null ? '~1' : `${value}0`));
  return texts.join('\u001f');
}

function halves(rows: readonly Row[]): [string, string, string] {
  let [first, second] = [0n, 0n];
  for (const row of rows) {
    const digest = createHash('md5').update(canonical(row)).digest();
    first += BigInt(digest.readUInt32BE(0));
    second += BigInt(digest.readUInt32BE(4));
  }
  return [String(rows.length), String(first), String(second)];
}

const field = (text: string, column: string) =>
  `CONCAT(IFNULL(${text}, '~'), IF(${column} IS NULL, '1', '0'))`;

const CANONICAL = `CONCAT_WS(CHAR(31), ${[
  field('CAST(id AS STRING)', 'id'),
  field('CAST(CAST(flag AS INT) AS STRING)', 'flag'),
  field('CAST(price AS STRING)', 'price'),
  field("DATE_FORMAT(day, '%Y-%m-%d')", 'day'),
  field("DATE_FORMAT(at, '%Y-%m-%d %H:%i:%s.%f')", 'at'),
  field('note', 'note'),
].join(', ')})`;

const checksum = (where: string) =>
  `SELECT COUNT(*), IFNULL(SUM(CAST(CONV(SUBSTR(h,1,8),16,10) AS BIGINT)),0), IFNULL(SUM(CAST(CONV(SUBSTR(h,9,8),16,10) AS BIGINT)),0) FROM (SELECT MD5(${CANONICAL}) h FROM \`d\`.\`t\` WHERE ${where}) q`;

test.each(GENERATIONS)(
  'the checksum of rows in %s is the one of the same rows here (§9)',
  async (generation) => {
    await using front = await openFront({ generation });
    await front.run(
      `CREATE TABLE t (id BIGINT NOT NULL, flag BOOLEAN, price DECIMAL(20,2), day DATE, at DATETIME(6), note STRING)
     UNIQUE KEY(id) DISTRIBUTED BY HASH(id) PROPERTIES ("replication_num" = "1")`,
    );
    const rows = Array.from({ length: 500 }, (_, index) => rowOf(index));
    front.fill('t', rows);
    expect(await front.rows(checksum('TRUE'))).toEqual([halves(rows)]);

    const upper = rows.filter(([id]) => Number(id) >= 1_000_000_000);
    expect(upper.length).toBeGreaterThan(100);
    expect(await front.rows(checksum('id >= 1000000000'))).toEqual([halves(upper)]);
    expect(await front.rows(checksum('id < -9000000000'))).toEqual([['0', '0', '0']]);

    const spoiled = rows.map((row, index) => (index === 8 ? [...row.slice(0, 5), 'Plain'] : row));
    await front.run(`UPDATE t SET note = 'Plain' WHERE id = ${String(rows[8]?.[0])}`);
    expect(await front.rows(checksum('TRUE'))).toEqual([halves(spoiled)]);
    expect(halves(spoiled)).not.toEqual(halves(rows));
  },
);

test('counts, extremes and sums tell the columns of a table (§9)', async () => {
  await using front = await openFront();
  await front.run(
    `CREATE TABLE t (id BIGINT NOT NULL, n INT, big LARGEINT, price DECIMAL(38,10), day DATE, x DOUBLE)
     UNIQUE KEY(id) DISTRIBUTED BY HASH(id) PROPERTIES ("replication_num" = "1")`,
  );
  front.fill('t', [
    [1n, 2_147_483_647n, 2n ** 100n, '1234567890123456789012345678.0000000001', '0001-01-01', 0.5],
    [2n, 2_147_483_647n, 2n ** 100n, '0.0000000001', '9999-12-31', 0.25],
    [3n, null, null, null, null, null],
  ]);
  expect(
    await front.rows(
      'SELECT COUNT(*), COUNT(n), SUM(n), SUM(big), MAX(big), SUM(price), MIN(price), MIN(day), MAX(day), ROUND(SUM(x), 1) FROM t',
    ),
  ).toEqual([
    [
      '3',
      '2',
      '4294967294',
      String(2n ** 101n),
      String(2n ** 100n),
      '1234567890123456789012345678.0000000002',
      '0.0000000001',
      '0001-01-01',
      '9999-12-31',
      0.8,
    ],
  ]);
});

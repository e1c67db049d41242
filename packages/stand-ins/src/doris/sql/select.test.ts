import { describe, expect, test } from 'vitest';
import { type Front, openFront } from './testing/front.ts';

/** id, team, points, price, day, at, note */
const ROWS = [
  [1n, 'red', 5n, '1.50', '2024-01-01', '2024-01-01 10:00:00.000000', 'a'],
  [2n, 'red', null, '2.25', '2024-01-02', '2024-01-02 00:00:00.000001', null],
  [3n, 'blue', 7n, '-0.75', '2024-02-29', '2024-02-29 00:00:00.000000', 'Ā'],
  [4n, null, 7n, null, null, null, '😀'],
] as const;

async function filled(): Promise<Front> {
  const front = await openFront();
  await front.run(
    `CREATE TABLE t (id BIGINT NOT NULL, team VARCHAR(20), points INT, price DECIMAL(9,2), day DATE, at DATETIME(6), note STRING)
     UNIQUE KEY(id) DISTRIBUTED BY HASH(id) PROPERTIES ("replication_num" = "1")`,
  );
  front.fill('t', ROWS);
  return front;
}

/** The ids of the rows for which the condition is true. */
const kept = async (front: Front, where: string) =>
  (await front.rows(`SELECT id FROM t WHERE ${where} ORDER BY id`)).map(([id]) => Number(id));

describe('WHERE', () => {
  test.each<[string, number[]]>([
    ['points = 7', [3, 4]],
    ['points <> 7', [1]],
    ['NOT points = 7', [1]],
    ['points <=> NULL', [2]],
    ['points IS NULL', [2]],
    ['points IS NOT NULL AND team IS NOT NULL', [1, 3]],
    ['points = 7 OR price > 2', [2, 3, 4]],
    ['points > 6.5', [3, 4]],
    ['price = 1.5', [1]],
    ['price >= 1.505', [2]],
    ['price BETWEEN -1 AND 1.50', [1, 3]],
    ['points NOT BETWEEN 6 AND 8', [1]],
    ['id IN (1, 3, 9)', [1, 3]],
    ['id NOT IN (1, NULL)', []],
    ['points IN (5, NULL)', [1]],
    ['points NOT IN (5)', [3, 4]],
    ['price IN (1.5, 2)', [1]],
    ["team IN ('red', 'green')", [1, 2]],
    ["(id, team) IN ((1, 'red'), (3, 'red'), (4, NULL))", [1]],
    ["(id, team) = (3, 'blue')", [3]],
    ["day = '2024-02-29'", [3]],
    ["day >= DATE '2024-01-02'", [2, 3]],
    ["at > '2024-01-02'", [2, 3]],
    ["at < '2024-01-02 00:00:00.000001'", [1]],
    ["at = TIMESTAMP '2024-02-29 00:00:00'", [3]],
    ['at = day', [3]],
    ["note LIKE '_'", [1, 3, 4]],
    ["note LIKE '%a%'", [1]],
    ["team NOT LIKE 'r%'", [3]],
    ["team LIKE 'RED'", []],
    ["note > 'a'", [3, 4]],
    ["note > '\uffff'", [4]],
    ["CASE WHEN points > 6 THEN 'many' WHEN points > 0 THEN 'few' END = 'few'", [1]],
    ["CASE team WHEN 'red' THEN 1 ELSE 2 END = 2", [3, 4]],
    ['TRUE', [1, 2, 3, 4]],
    ['NULL', []],
    ["t.id = 1 AND d.t.team = 'red'", [1]],
    ['ID = 1', [1]],
    ['id = 1 OR id = 2 AND FALSE', [1]],
    ['id + 1 = 2', [1]],
  ])('%s holds for %j', async (where, ids) => {
    await using front = await filled();
    expect(await kept(front, where)).toEqual(ids);
  });

  test.each([
    ['(id, points) >= (1, 2)', 'comparison of tuples by >= is not supported'],
    ['(id, points) < (1, 2)', 'comparison of tuples by < is not supported'],
    ['(id, points) IN ((1, 2, 3))', 'same number of items'],
    ['team = 1', 'does not know the comparison of VARCHAR with TINYINT'],
    ["price = '1.5'", 'does not know the comparison of a text literal with DECIMAL'],
    ["id = 'x'", "'x' cannot be cast to BIGINT"],
    ["day > 'yesterday'", "'yesterday' cannot be cast to DATE"],
    ["day > '2024-02-30'", "'2024-02-30' cannot be cast to DATE"],
    ['day > 5', 'does not know the comparison of DATE with TINYINT'],
    ['nix = 1', "Unknown column 'nix'"],
    ['x.id = 1', "Unknown column 'x.id'"],
    ['team', 'does not know VARCHAR as a condition'],
    ['COUNT(*) > 1', 'no aggregate function that may stand here'],
  ])('%s is refused', async (where, message) => {
    await using front = await filled();
    expect((await front.refusal(`SELECT id FROM t WHERE ${where}`))?.message).toContain(message);
  });
});

describe('GROUP BY', () => {
  test('gathers rows by the values of its expressions, NULL among them', async () => {
    await using front = await filled();
    const sql =
      'SELECT team, COUNT(*), COUNT(points), SUM(points), MIN(price), MAX(day) FROM t GROUP BY team ORDER BY team';
    expect(await front.rows(sql)).toEqual([
      [null, '1', '1', '7', null, null],
      ['blue', '1', '1', '7', '-0.75', '2024-02-29'],
      ['red', '2', '1', '5', '1.50', '2024-01-02'],
    ]);
  });

  test('takes expressions, positions and aliases; HAVING and ORDER BY see the aliases', async () => {
    await using front = await filled();
    for (const by of ['id DIV 2', 'half', '1']) {
      const sql = `SELECT id DIV 2 half, COUNT(*) n FROM t GROUP BY ${by} ORDER BY n DESC, half`;
      expect(await front.rows(sql)).toEqual([
        ['1', '2'],
        ['0', '1'],
        ['2', '1'],
      ]);
    }
    expect(
      await front.rows(
        'SELECT id DIV 2 half, COUNT(*) n FROM t GROUP BY half HAVING n > 1 AND SUM(id) = 5',
      ),
    ).toEqual([['1', '2']]);
  });

  test('without it, aggregates give one row, also over nothing', async () => {
    await using front = await filled();
    expect(
      await front.rows(
        'SELECT COUNT(*), COUNT(points), SUM(points), MIN(id), MAX(note), AVG(price), IFNULL(SUM(points), 0) FROM t WHERE id > 9',
      ),
    ).toEqual([['0', '0', null, null, null, null, '0']]);
    expect(await front.rows('SELECT team, COUNT(*) FROM t WHERE id > 9 GROUP BY team')).toEqual([]);
  });

  test('aggregates may stand within expressions and over them', async () => {
    await using front = await filled();
    expect(
      await front.rows(
        "SELECT COUNT(DISTINCT points), COUNT(DISTINCT team, points), SUM(id) * 2 + COUNT(*), SUM(IF(team = 'red', 1, 0)), AVG(points), AVG(price), GROUP_BIT_XOR(id), MAX(note), MIN(note) FROM t",
      ),
    ).toEqual([['2', '2', '24', '2', 6.333333333333333, '1.0000', '4', '😀', 'a']]);
  });

  test('other columns are refused', async () => {
    await using front = await filled();
    for (const sql of [
      'SELECT id, COUNT(*) FROM t',
      'SELECT points FROM t GROUP BY team',
      'SELECT team FROM t GROUP BY team ORDER BY id',
      'SELECT * FROM t GROUP BY team',
    ]) {
      expect((await front.refusal(sql))?.message).toContain('must appear in the GROUP BY clause');
    }
    expect((await front.refusal('SELECT id FROM t HAVING id > 1'))?.message).toContain(
      'HAVING without',
    );
    expect((await front.refusal('SELECT SUM(DISTINCT id) FROM t'))?.message).toContain('DISTINCT');
    expect((await front.refusal('SELECT SUM(note) FROM t'))?.message).toContain('SUM of STRING');
  });

  test('a sum beyond its type is an error: the server would wrap around in silence (§9)', async () => {
    await using front = await filled();
    const sum = (value: string) => front.refusal(`SELECT SUM(${value}) FROM t`);
    expect((await sum('9223372036854775807'))?.message).toContain('beyond BIGINT');
    expect(await sum('CAST(9223372036854775807 AS LARGEINT)')).toBeNull();
    expect(
      (
        await sum(
          "CAST(REPLACE('9x', 'x', '9999999999999999999999999999999999999') AS DECIMAL(38,0))",
        )
      )?.message,
    ).toContain('beyond DECIMAL');
  });
});

describe('ORDER BY and LIMIT', () => {
  const ids = async (front: Front, rest: string) =>
    (await front.rows(`SELECT id FROM t ${rest}`)).map(([id]) => Number(id));

  test.each<[string, number[]]>([
    ['ORDER BY points, id', [2, 1, 3, 4]],
    ['ORDER BY points DESC, id DESC', [4, 3, 1, 2]],
    ['ORDER BY points NULLS LAST, id', [1, 3, 4, 2]],
    ['ORDER BY points DESC NULLS FIRST, id', [2, 3, 4, 1]],
    ['ORDER BY price DESC', [2, 1, 3, 4]],
    ['ORDER BY 1 DESC', [4, 3, 2, 1]],
    ['ORDER BY -id', [4, 3, 2, 1]],
    ['ORDER BY id LIMIT 2', [1, 2]],
    ['ORDER BY id LIMIT 2 OFFSET 1', [2, 3]],
    ['ORDER BY id LIMIT 3, 5', [4]],
    ['ORDER BY note NULLS LAST', [1, 3, 4, 2]],
    ['LIMIT 0', []],
  ])('%s gives %j', async (rest, wanted) => {
    await using front = await filled();
    expect(await ids(front, rest)).toEqual(wanted);
  });

  test('text is ordered by its bytes, not by the units of UTF-16', async () => {
    await using front = await filled();
    await front.run("INSERT INTO t (id, note) VALUES (5, '\uffff'), (6, 'ab')");
    expect(await ids(front, 'WHERE note IS NOT NULL ORDER BY note')).toEqual([1, 6, 3, 5, 4]);
  });

  test('DISTINCT keeps one of the same rows', async () => {
    await using front = await filled();
    expect(await front.rows('SELECT DISTINCT points FROM t ORDER BY points')).toEqual([
      [null],
      [5],
      [7],
    ]);
    expect((await front.refusal('SELECT DISTINCT points FROM t ORDER BY id'))?.message).toContain(
      'DISTINCT',
    );
  });
});

describe('FROM', () => {
  test('rows come in no order, and not in that of their loading', async () => {
    await using front = await filled();
    const ids = (await front.rows('SELECT id FROM t')).map(([id]) => id);
    expect(ids).not.toEqual(['1', '2', '3', '4']);
    expect(new Set(ids)).toEqual(new Set(['1', '2', '3', '4']));
  });

  test('a subquery is a table under its alias', async () => {
    await using front = await filled();
    const sql =
      'SELECT q.half, SUM(q.n) FROM (SELECT id DIV 2 AS half, 1 AS n FROM t WHERE id > 1) AS q WHERE half = 1 GROUP BY q.half';
    expect(await front.rows(sql)).toEqual([['1', '2']]);
    expect(await front.refusal('SELECT 1 FROM (SELECT 1)')).not.toBeNull();
    expect((await front.refusal('SELECT id FROM (SELECT id DIV 2 FROM t) q'))?.message).toContain(
      'Unknown column',
    );
  });

  test('an alias replaces the name of a table', async () => {
    await using front = await filled();
    expect(await front.rows('SELECT x.id, x.* FROM d.t AS x WHERE x.id = 1')).toEqual([
      ['1', '1', 'red', 5, '1.50', '2024-01-01', '2024-01-01 10:00:00.000000', 'a'],
    ]);
    expect((await front.refusal('SELECT t.id FROM t x'))?.message).toContain('Unknown column');
    expect((await front.refusal('SELECT t.* FROM t x'))?.message).toContain('Unknown column');
  });

  test('columns of the result have the names and the types that a client expects', async () => {
    await using front = await filled();
    const [, fields] = await front.connection.query(
      'SELECT *, COUNT(*) FROM (SELECT id, `t`.`team`, points AS p, price, day, at, CAST(id AS LARGEINT) big, CAST(1 AS DOUBLE) x, id = 1 FROM t) q GROUP BY id, team, p, price, day, at, big, x, `id = 1`',
    );
    expect(fields.map(({ name, columnType }) => [name, columnType])).toEqual([
      ['id', 8],
      ['team', 253],
      ['p', 3],
      ['price', 246],
      ['day', 10],
      ['at', 12],
      ['big', 253],
      ['x', 5],
      ['id = 1', 1],
      ['COUNT(*)', 8],
    ]);
  });
});

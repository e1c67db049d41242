import { describe, expect, test } from 'vitest';
import { type Front, openFront } from './testing/front.ts';

async function opened(model: 'UNIQUE' | 'DUPLICATE'): Promise<Front> {
  const front = await openFront();
  await front.run(
    `CREATE TABLE t (id BIGINT NOT NULL, name VARCHAR(4), price DECIMAL(5,2), flag BOOLEAN, at DATETIME(3), x DOUBLE, must INT NOT NULL)
     ${model} KEY(id) DISTRIBUTED BY HASH(id) PROPERTIES ("replication_num" = "1")`,
  );
  return front;
}

const all = (front: Front) => front.rows('SELECT * FROM t ORDER BY id');

describe('INSERT', () => {
  test('stores values as their columns hold them, and counts them', async () => {
    await using front = await opened('UNIQUE');
    const changed = await front.run(
      "INSERT INTO t VALUES (1, 'é', 1.005, true, '2024-01-01 00:00:00.5', 1, 7), (2, NULL, '2', 0, '2024-01-01', '1e2', 3 + 4)",
    );
    expect(changed).toBe(2);
    expect([...front.table('t').rows()]).toEqual([
      [1n, 'é', '1.01', 1n, '2024-01-01 00:00:00.500', 1, 7n],
      [2n, null, '2.00', 0n, '2024-01-01 00:00:00.000', 100, 7n],
    ]);
  });

  test('replaces the row of the same key in a UNIQUE table and adds one in a DUPLICATE table', async () => {
    for (const [model, rows] of [
      ['UNIQUE', 1],
      ['DUPLICATE', 2],
    ] as const) {
      await using front = await opened(model);
      await front.run("INSERT INTO t (must, id, name) VALUES (1, 1, 'a')");
      await front.run("INSERT INTO t (ID, must, name) VALUES (1, 1, 'b')");
      expect(await all(front)).toHaveLength(rows);
      expect((await all(front)).map(([, name]) => name)).toContain('b');
    }
  });

  test.each([
    ["(1, 'abcde', NULL, NULL, NULL, NULL, 1)", 'actual length: 5'],
    ["(1, '😀é', NULL, NULL, NULL, NULL, 1)", 'actual length: 6'],
    ['(1, NULL, NULL, NULL, NULL, NULL, NULL)', "Column 'must' cannot be null"],
    ['(NULL, NULL, NULL, NULL, NULL, NULL, 1)', "Column 'id' cannot be null"],
    ['(1, NULL, 1000, NULL, NULL, NULL, 1)', 'cannot hold it'],
    ["(1, NULL, 'x', NULL, NULL, NULL, 1)", "'x' is no DECIMAL"],
    ["(1, NULL, NULL, 't', NULL, NULL, 1)", "'t' is no BOOLEAN"],
    ["(1, NULL, NULL, NULL, '2024-02-30', NULL, 1)", 'is no DATETIME'],
    ["(1, NULL, NULL, NULL, NULL, 'x', 1)", "'x' is no DOUBLE"],
    ["('x', NULL, NULL, NULL, NULL, NULL, 1)", "'x' is no BIGINT"],
    ['(1, NULL, NULL, NULL, NULL, NULL, 3000000000)', 'cannot hold it'],
    ['(1)', "Column count doesn't match"],
    ['(id, NULL, NULL, NULL, NULL, NULL, 1)', "Unknown column 'id'"],
  ])('refuses %s, and stores nothing of the statement', async (values, message) => {
    await using front = await opened('UNIQUE');
    const refusal = await front.refusal(
      `INSERT INTO t VALUES (9, NULL, NULL, NULL, NULL, NULL, 1), ${values}`,
    );
    expect(refusal?.message).toContain(message);
    expect(await all(front)).toEqual([]);
  });

  test('refuses columns that are not there, or twice', async () => {
    await using front = await opened('UNIQUE');
    expect(await front.refusal('INSERT INTO t (nix) VALUES (1)')).toMatchObject({ errno: 1054 });
    expect(await front.refusal('INSERT INTO t (id, ID) VALUES (1, 1)')).not.toBeNull();
    expect(await front.refusal('INSERT INTO t SELECT * FROM t')).not.toBeNull();
  });
});

describe('UPDATE', () => {
  test('changes values of a UNIQUE table from the old row', async () => {
    await using front = await opened('UNIQUE');
    await front.run("INSERT INTO t (id, name, must) VALUES (1, 'a', 1), (2, 'b', 2)");
    expect(
      await front.run("UPDATE t SET name = CONCAT(name, 'x'), must = must + 1 WHERE id >= 2"),
    ).toBe(1);
    expect(await front.rows('SELECT id, name, must FROM t ORDER BY id')).toEqual([
      ['1', 'a', 1],
      ['2', 'bx', 3],
    ]);
    expect(await front.refusal("UPDATE t SET name = 'abcde' WHERE id = 1")).not.toBeNull();
    expect(await front.refusal('UPDATE t SET must = NULL WHERE id = 1')).toMatchObject({
      errno: 1048,
    });
    expect((await front.refusal('UPDATE t SET id = 9 WHERE id = 1'))?.message).toContain(
      'Only value columns',
    );
    expect(await front.refusal('UPDATE t SET must = 1')).not.toBeNull();
  });

  test('is not for DUPLICATE tables', async () => {
    await using front = await opened('DUPLICATE');
    expect((await front.refusal('UPDATE t SET must = 1 WHERE id = 1'))?.message).toContain(
      'Only unique table could be updated',
    );
  });
});

describe('DELETE', () => {
  test('takes the rows for which the predicate is true', async () => {
    for (const model of ['UNIQUE', 'DUPLICATE'] as const) {
      await using front = await opened(model);
      await front.run(
        "INSERT INTO t (id, name, must) VALUES (1, 'a', 1), (2, NULL, 1), (3, 'c', 1)",
      );
      expect(await front.run("DELETE FROM t WHERE name <> 'a' AND id IN (2, 3)")).toBe(1);
      expect(await front.rows('SELECT id FROM t ORDER BY id')).toEqual([['1'], ['2']]);
      expect(await front.run('DELETE FROM d.t WHERE name IS NULL')).toBe(1);
      expect(await front.refusal('DELETE FROM t')).not.toBeNull();
      expect(await front.refusal('DELETE FROM nix WHERE id = 1')).toMatchObject({ errno: 1146 });
    }
  });

  test('takes only simple predicates on a DUPLICATE table', async () => {
    await using duplicate = await opened('DUPLICATE');
    await using unique = await opened('UNIQUE');
    for (const where of ['id + 1 = 2', 'id = 1 OR id = 2', 'NOT id = 1', 'id = must', '1 = id']) {
      expect((await duplicate.refusal(`DELETE FROM t WHERE ${where}`))?.message).toContain(
        'Where clause only supports',
      );
      expect(await unique.refusal(`DELETE FROM t WHERE ${where}`)).toBeNull();
    }
    expect(
      await duplicate.refusal('DELETE FROM t WHERE name IS NOT NULL AND id NOT IN (1)'),
    ).toBeNull();
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { cliFixture } from './testing/cli-fixture.ts';
import { openShop } from './testing/shop-fixture.ts';

const redisUrl = inject('redisUrl');

const ORDER = ['id', 'note', 'total'];
const WORKERS = ['--workers', '2'];

describe.skipIf(redisUrl === null)('a warehouse, from the command line', () => {
  test('is checked, planned, moved, mended, verified and kept up', async () => {
    await using shop = await openShop(redisUrl ?? '');
    const drover = async (...args: string[]) => {
      const done = await shop.drover(args);
      return { ...done, all: done.out + done.err };
    };
    const checked = await drover('check');
    expect(checked).toMatchObject({ code: 0 });
    expect(checked.out).toContain('2 of 600 rows do not go into DATE');
    const planned = await drover('plan');
    expect(planned).toMatchObject({ code: 0, err: '' });
    expect(planned.out).toMatch(/shop\.orders +shop\.orders from the first key to \(\d+\)/);
    expect(planned.out).toMatch(/prepare: 3 chunks; data: [4-9] chunks/);
    const ddl = await drover('plan', '--ddl', '--tables', 'shop.orders');
    expect(ddl.out).toContain(`CREATE TABLE IF NOT EXISTS \`${shop.database}\`.\`orders\``);
    expect(ddl.out).not.toContain('customers');

    const ran = await drover('run', ...WORKERS);
    expect(ran).toMatchObject({ code: 4 });
    expect(ran.out).toMatch(/rows read +2,400\n +rows written +2,398\n +rejected +2\n/);
    expect(ran.out).toMatch(new RegExp(`${shop.database}\\.events +300 +300 +0 +0`));
    expect(ran.out).toMatch(/Verification: PASSED \(\d of \d chunks, 2,400 rows compared\)/);
    expect((await drover('report')).out).toContain('not in the target because rejected');

    const listed = await drover('rejects', 'list');
    expect(listed).toMatchObject({ code: 4 });
    expect(listed.out).toContain('date-out-of-range: 3\n');
    await drover('rejects', 'export', '--format', 'json', '--output', 'rejects.jsonl');
    const exported = readFileSync(join(shop.folder, 'rejects.jsonl'), 'utf8').trim().split('\n');
    expect(exported.map((line): unknown => JSON.parse(line))).toMatchObject(
      ['3', '4'].map((id) => ({
        rule: 'date-out-of-range',
        column: 'born',
        key: { id },
        row: { id, name: `customer ${id}`, born: '0044-03-15 BC' },
      })),
    );
    await shop.sql(`update shop.customers set born = '1980-03-15' where id in (3, 4)`);
    const replayed = await drover('rejects', 'replay', ...WORKERS);
    expect(replayed).toMatchObject({ code: 0 });
    expect(replayed.out).toMatch(/rows read +2\n +rows written +2\n/);
    const customer = ['id', 'name', 'born'];
    expect(await shop.rows('customers', customer)).toEqual(
      await shop.sourceRows('customers', customer),
    );
    const verified = await drover('verify', ...WORKERS);
    expect(verified.out).toContain('2,400 rows compared');
    expect(verified).toMatchObject({ code: 0 });

    expect((await drover('sync', '--dry-run')).out).toMatch(/^shop\.orders: followed to \d{4}-/);
    await shop.sql(
      `update shop.orders set total = total + 1, updated_at = now() where id <= 10`,
      `update shop.orders set deleted_at = now(), updated_at = now() where id = 11`,
      `delete from shop.orders where id in (12, 1500)`,
      `insert into shop.orders (id, note, total) values (2000, 'new', 1)`,
    );
    const synced = await drover('sync', ...WORKERS);
    expect(synced).toMatchObject({ code: 0 });
    expect(synced.out).toMatch(/rows read +12\n/);
    expect(await shop.rows('orders', ORDER)).toEqual(
      await shop.sourceRows('orders', ORDER, 'deleted_at is null'),
    );
    const again = await drover('verify', '--tables', 'shop.orders', ...WORKERS);
    expect(again).toMatchObject({ code: 0 });
    expect(again.out).toMatch(/Verification: PASSED \(.*1,498 rows compared, only shop\.orders\)/);
    for (const text of [ran, listed, replayed, verified, synced, again].map(({ all }) => all)) {
      expect(text).not.toMatch(/\bships?\b|\bcells?\b|undefined|NaN/);
    }
  });

  // Mutation: with `fresh: true` for every table in anchor.ts what the source has lost stays in the target.
  test('run again makes a filled target equal to its source, of the tables that are named', async () => {
    await using shop = await openShop(redisUrl ?? '');
    const both = ['run', '--tables', 'shop.orders,shop.events', ...WORKERS];
    const { code, out } = await shop.drover(both);
    expect(code).toBe(0);
    expect(out).toContain('not covered: 1 further table of the source (shop.customers)');
    await expect(shop.rows('customers', ['id'])).rejects.toThrow();
    await shop.sql(
      'delete from shop.orders where id % 5 = 0',
      `update shop.orders set note = 'changed' where id % 7 = 0`,
      'delete from shop.events where n % 2 = 0',
    );
    const second = await shop.drover(['run', '--tables', 'shop.orders', ...WORKERS]);
    expect(second.code).toBe(0);
    expect(await shop.rows('orders', ORDER)).toEqual(await shop.sourceRows('orders', ORDER));
    expect(await shop.rows('events', ['n'])).toHaveLength(300);
    const unknown = await shop.drover(['run', '--tables', 'shop.order']);
    expect(unknown.err).toContain('shop.order: is no table that the migration file would move');
    expect(unknown.code).toBe(1);
    const timed = await shop.drover(['run', '--from', '2026-01-01']);
    expect(timed.err).toContain('--from, --to and --cutoff do not apply');
    expect(timed.code).toBe(2);
  });

  test('is refused a table of another form, and drops it only where that is asked for and confirmed', async () => {
    await using shop = await openShop(redisUrl ?? '');
    await shop.target.query(`CREATE DATABASE \`${shop.database}\``);
    await shop.target.query(
      `CREATE TABLE \`${shop.database}\`.\`orders\` (\`id\` BIGINT NOT NULL, \`other\` INT NULL)
       UNIQUE KEY(\`id\`) DISTRIBUTED BY HASH(\`id\`) BUCKETS 1 PROPERTIES ("replication_num" = "1")`,
    );
    const refused = await shop.drover(['run', ...WORKERS]);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('.orders.note: the table has no such column');
    const drop = ['run', '--drop-tables', '--tables', 'shop.orders', ...WORKERS];
    const asked = await shop.drover(drop);
    expect(asked.err).toContain('those of shop.orders');
    expect(asked.code).toBe(2);
    const dropped = await shop.drover([...drop, '--yes']);
    expect(dropped.code).toBe(0);
    expect(await shop.rows('orders', ORDER)).toEqual(await shop.sourceRows('orders', ORDER));
  });

  test('has what a pivot has not: a sync of one is refused, with what to do instead', async () => {
    await using migration = await cliFixture({
      postgresUrl: inject('postgresUrl'),
      queueUrl: redisUrl ?? '',
      rows: [],
    });
    for (const args of [['sync'], ['sync', '--dry-run']]) {
      const { code, err } = await migration.drover(args);
      expect(code).toBe(2);
      expect(err).toContain('The pipeline pivot knows no changes since the last run.');
      expect(err).toContain('`drover run --from`');
    }
    expect(await migration.run()).toBeNull();
  });
});

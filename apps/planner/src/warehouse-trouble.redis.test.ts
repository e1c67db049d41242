import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Session } from '@drover/postgres';
import type { DorisStandIn } from '@drover/stand-ins';
import { signal, until } from '@drover/testkit';
import { Redis } from 'ioredis';
import { describe, expect, inject, test } from 'vitest';
import { openShop } from './testing/shop-fixture.ts';
import { always, SECRET, type WarehouseCli } from './testing/warehouse-fixture.ts';

const redisUrl = inject('redisUrl');
const ORDERS = ['--tables', 'shop.orders'];
const ORDER = ['id', 'note', 'total'];
const WORKER = ['--workers', '1'];

const standInOf = ({ doris }: WarehouseCli): DorisStandIn => {
  if (doris.standIn === null) throw new Error('a real Doris has no knobs');
  return doris.standIn;
};

async function expectSame(shop: WarehouseCli) {
  expect(await shop.rows('orders', ORDER)).toEqual(await shop.sourceRows('orders', ORDER));
}

describe.skipIf(redisUrl === null || inject('dorisUrl') !== null)('a warehouse in trouble', () => {
  const queueUrl = redisUrl ?? '';

  test('parks chunks that fail for good, follows nothing over them, and moves them after the fix', async () => {
    await using shop = await openShop(queueUrl);
    const { faults } = standInOf(shop);
    faults.loseRows = { ...always('orders'), rows: 1 };
    const ran = await shop.drover(['run', ...ORDERS, ...WORKER]);
    expect(ran.code).toBe(4);
    expect(ran.out).toContain('COUNT_MISMATCH');
    const listed = await shop.drover(['failed', 'list']);
    expect(listed.code).toBe(4);
    expect(listed.out).toMatch(/chunk \d+ \(data\): shop\.orders from the first key to \(\d+\)/);
    expect(listed.out).toContain('What to do: ');
    const exported = await shop.drover(['failed', 'export', '--output', 'failed.csv']);
    const list = readFileSync(join(shop.folder, 'failed.csv'), 'utf8');
    expect(new Set(list.trim().split('\n'))).toEqual(new Set(['shop.orders,,']));
    expect(`${listed.out}${exported.err}`).not.toMatch(/\bships?\b|\bcells?\b/);
    const far = await shop.drover(['sync', '--dry-run']);
    expect(far.out).toContain('No table has been followed yet');
    writeFileSync(join(shop.folder, 'other.csv'), 'shop.customers,,\n');
    const other = await shop.drover(['reprocess', 'other.csv', ...WORKER]);
    expect(other.err).toContain('`drover run --tables shop.customers`');
    expect(other.code).toBe(2);
    faults.loseRows = null;
    const { code, out } = await shop.drover(['reprocess', 'failed.csv', ...WORKER]);
    expect(code).toBe(0);
    expect(out).toContain('1,500 rows compared');
    await expectSame(shop);
  });

  // Mutation: with `policy: 'retry'` for TARGET_BUSY in error-code.ts attempts are burnt, and chunks parked.
  test('spares a target that pushes back: fewer chunks at once, and no attempt is burnt', async () => {
    await using shop = await openShop(queueUrl, { attempts: { max: 1 } });
    const { faults } = standInOf(shop);
    faults.tooManyVersions = { times: 3, table: 'orders' };
    await using watcher = shop.start(['run', ...ORDERS, ...WORKER, '--concurrency', '4']);
    await until('a worker takes fewer chunks at once', async () => {
      expect(watcher.child.exitCode).toBeNull();
      const { code, out } = await shop.drover(['status', '--json']);
      if (code !== 0) return false;
      const { workers } = JSON.parse(out) as { workers: { concurrency: number }[] };
      return workers.some(({ concurrency }) => concurrency < 4);
    });
    expect((await shop.drover(['status'])).out).toMatch(
      /chunks at once +state\n.*\n.* [12] +\w+\n/,
    );
    expect(await watcher.ended).toMatchObject({ code: 0 });
    expect(faults.tooManyVersions.times).toBe(0);
    const outcomes = await shop.ledger.sql.query(
      `select outcome, error_code from drover.attempt where error_code is not null group by 1, 2`,
    );
    expect(outcomes).toEqual([{ outcome: 'deferred', error_code: 'TARGET_BUSY' }]);
    await expectSame(shop);
  });

  test('is stopped by Ctrl+C in the middle, holds other runs off meanwhile, and goes on with what is left', async () => {
    await using shop = await openShop(queueUrl);
    const { faults } = standInOf(shop);
    const [reached, released] = [signal(), signal()];
    faults.holdAfterPrecommit = {
      times: 1,
      table: 'orders',
      reached: reached.give,
      until: released.given,
    };
    await using watcher = shop.start(['run', ...ORDERS, ...WORKER, '--grace', '1s']);
    await reached.given;
    watcher.signal('SIGINT');
    const stopped = await watcher.ended;
    expect(stopped.code).toBe(130);
    expect(stopped.err).toContain('`drover resume`');
    released.give();
    for (const args of [['sync'], ['run', ...ORDERS], ['reprocess']]) {
      const { code, err, out } = await shop.drover(args);
      if (args[0] === 'reprocess') expect(out + err).toContain('Nothing to reprocess');
      else {
        expect(err).toContain('Run 1 of this migration is running (phase data).');
        expect(err).toContain('`drover resume`');
        expect(code).not.toBe(0);
      }
    }
    const resumed = await shop.drover(['resume', ...WORKER]);
    expect(resumed).toMatchObject({ code: 0 });
    expect(resumed.out).toContain('1,500 rows compared');
    await expectSame(shop);
    const [burnt] = await shop.ledger.sql.query(
      'select max(attempts) as attempts from drover.chunk',
    );
    expect(burnt).toEqual({ attempts: '0' });
  });

  test('says why it does not follow a table at present, and keeps every password to itself', async () => {
    await using shop = await openShop(queueUrl);
    const printed: string[] = [];
    const drover = async (args: readonly string[], environment: Record<string, string> = {}) => {
      const { code, out, err } = await shop.drover([...args, '--debug'], environment);
      printed.push(out, err);
      return { code, out, err };
    };
    const redis = new Redis(queueUrl);
    const keys: string[] = [];
    await using _ = { [Symbol.asyncDispose]: async () => redis.disconnect() };
    // Its jobs, before a worker takes them.
    await using watcher = shop.start(['run', '--debug']);
    await until('the queue holds a chunk', async () => {
      const found = await redis.keys(`*${shop.name}*`);
      return found.some((key) => key.endsWith(':wait'));
    });
    for (const key of await redis.keys(`*${shop.name}*`)) {
      const kind = await redis.type(key);
      const value = kind === 'hash' ? JSON.stringify(await redis.hgetall(key)) : '';
      keys.push(key, kind === 'string' ? ((await redis.get(key)) ?? '') : value);
    }
    expect((await drover(['worker', '--until-run', '1'])).code).toBe(0);
    const { out, err } = await watcher.ended;
    printed.push(out, err);
    await using silent = await Session.open(shop.source.url, {
      side: 'source',
      applicationName: 'test',
    });
    await silent.script('set track_activities = off');
    await shop.sql('delete from shop.orders where id = 1');
    const synced = await drover(['sync', ...WORKER]);
    expect(synced.code).toBe(0);
    expect(synced.err).toContain('drover: a table cannot be followed at present (shop.orders: ');
    expect(await shop.rows('orders', ['id'])).toHaveLength(1499);
    const wrong = `wrong-${SECRET}`;
    const doris = await drover(['check'], { DORIS_PASSWORD: wrong });
    expect(doris.code).toBe(1);
    const lost = await drover(['check'], {
      SOURCE_URL: `postgres://postgres:${wrong}@127.0.0.1:1/shop`,
    });
    expect(lost.code).toBe(1);
    await drover(['support']);
    await drover(['report', '--json']);
    const tables = await shop.ledger.sql.query(
      `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind = 'r' and n.nspname = 'drover'`,
    );
    const kept: string[] = [];
    for (const { name } of tables) {
      const [row] = await shop.ledger.sql.query(
        `select string_agg(t::text, E'\\n') as text from ${name} t`,
      );
      kept.push(row?.['text'] ?? '');
    }
    const files = shop.files().filter((name) => name !== '.env');
    const written = files.map((name) => readFileSync(join(shop.folder, name), 'utf8')).join('\n');
    // Each place is really looked at: it holds what it should.
    expect(printed.join('\n')).toContain('127.0.0.1:1');
    expect(written).toContain('"msg":"chunk done"');
    expect(files.some((name) => name.startsWith('reports/'))).toBe(true);
    expect(files.some((name) => name.startsWith('support/'))).toBe(true);
    expect(kept.join('\n')).toContain('${DORIS_PASSWORD}');
    expect(keys.join('\n')).toContain('r1-c1-d1');
    for (const text of [...printed, ...kept, ...keys, written]) {
      expect(text.includes(SECRET)).toBe(false);
    }
  });
});

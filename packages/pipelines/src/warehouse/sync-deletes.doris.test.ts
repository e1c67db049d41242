import { Session } from '@drover/postgres';
import { until } from '@drover/testkit';
import { describe, expect, test } from 'vitest';
import { type Followed, followed, rowsRead } from './testing/followed.ts';
import { claimed, planOf } from './testing/warehouse-fixture.ts';

const ORDER = 'shop.orders';
const COLUMNS = ['id', 'note'];

const ORDERS = `
  create table shop.orders (id bigint primary key, note text, updated_at timestamptz not null default now(),
    deleted_at timestamptz);
  insert into shop.orders select i, 'note ' || i from generate_series(1, 200) i`;

const sweepDeletes = true;
const warehouse = (table: object) =>
  followed({ setup: ORDERS, spec: { tables: [{ name: ORDER, ...table }] } });

const expectSame = async (at: Followed, where = 'true') =>
  expect(await at.target('orders', COLUMNS)).toEqual(await at.source('orders', COLUMNS, where));

const deleted = ({ settled }: Awaited<ReturnType<Followed['sync']>>): number =>
  settled.at(-1)?.receipt.written ?? 0;

describe.concurrent('rows that the source marks as deleted', () => {
  const marked = { watermark: 'updated_at', deletedWhen: 'deleted_at is not null' };
  const counts = 'deleted_at is null';

  test('are deleted in the load that brings the changed ones, and come back when they are restored', async () => {
    await using at = await warehouse(marked);
    await at.sql('update shop.orders set deleted_at = now() where id <= 10');
    await at.full();
    expect(await at.target('orders', ['id'])).toHaveLength(190);
    await at.sql(
      `update shop.orders set deleted_at = now(), updated_at = now() where id in (20, 21)`,
      `update shop.orders set note = 'changed', updated_at = now() where id in (30, 31, 32)`,
      `update shop.orders set deleted_at = null, updated_at = now() where id = 5`,
      `insert into shop.orders (id, note, deleted_at) values (300, 'never there', now())`,
    );
    const requests = at.fixture.doris.standIn?.requests ?? [];
    const before = requests.filter(({ path }) => path.endsWith('/_stream_load')).length;
    expect(rowsRead(await at.sync())).toBe(7);
    const after = requests.filter(({ path }) => path.endsWith('/_stream_load')).length;
    expect(after - before).toBe(1);
    await expectSame(at, counts);
    await at.sql(`update shop.orders set deleted_at = null, updated_at = now() where id = 20`);
    await at.sync();
    await expectSame(at, counts);
  });

  test('stay in the target where the mark does not set the watermark', async () => {
    await using at = await warehouse(marked);
    await at.full();
    await at.sql('update shop.orders set deleted_at = now() where id = 1');
    expect(rowsRead(await at.sync())).toBe(0);
    expect(await at.target('orders', ['id'])).toContain('1');
  });

  test('and those that are gone are told apart from what is new in one sync', async () => {
    await using at = await warehouse({ ...marked, sweepDeletes });
    await at.full();
    await at.sql(
      `update shop.orders set deleted_at = now(), updated_at = now() where id in (1, 2)`,
      `delete from shop.orders where id in (2, 3, 200)`,
      `update shop.orders set id = 1004, updated_at = now() where id = 4`,
      `insert into shop.orders (id, note) values (201, 'new')`,
    );
    const sync = await at.sync();
    expect(deleted(sync)).toBe(4);
    await expectSame(at, counts);
  });
});

describe.concurrent('rows that are gone from the source', () => {
  test('are deleted by a sweep, which is all that a table without a watermark has', async () => {
    await using at = await warehouse({ sweepDeletes });
    await at.full();
    await at.sql('delete from shop.orders where id % 4 = 0', `update shop.orders set note = 'x'`);
    const sync = await at.sync();
    expect(deleted(sync)).toBe(50);
    expect(sync.chunks).toEqual([]);
    expect(at.watermark(ORDER)).toBeUndefined();
    expect(await at.target('orders', ['id'])).toEqual(await at.source('orders', ['id']));
    expect(deleted(await at.sync())).toBe(0);
  });

  test('are deleted while the table cannot be followed; how far it was is left as it is', async () => {
    await using at = await warehouse({ watermark: 'updated_at', sweepDeletes });
    await at.full();
    const followedTo = at.watermark(ORDER);
    await using silent = await Session.open(at.fixture.source.url, {
      side: 'source',
      applicationName: 'test',
    });
    await silent.script('set track_activities = off');
    await at.sql('delete from shop.orders where id = 1');
    expect(deleted(await at.sync())).toBe(1);
    expect(at.watermark(ORDER)).toBe(followedTo);
  });

  test('all of them', async () => {
    await using at = await warehouse({ watermark: 'updated_at', sweepDeletes });
    await at.full();
    await at.sql('truncate shop.orders');
    expect(deleted(await at.sync())).toBe(200);
    expect(await at.target('orders', ['id'])).toEqual([]);
    expect(deleted(await at.sync())).toBe(0);
  });

  const TEXT = `'k' || i || case i % 6 when 0 then '"' when 1 then '\\' when 2 then ',' when 3 then E'\\n' when 4 then 'É' else '''' end`;

  // Each with what Doris orders as Postgres does, and with what it does not.
  test.each([
    ['text by bytes', 'k text collate "C"', 'k', TEXT],
    ['text by the rules of a language', 'k text collate "und-x-icu"', 'k', TEXT],
    ['two columns', 'a int, b varchar(40)', 'a, b', `i % 7, ${TEXT}`],
    ['three columns', 'a smallint, b text collate "C", c oid', 'a, b, c', `i % 7, ${TEXT}, i`],
    ['bytea', 'k bytea', 'k', `decode(md5(i::text), 'hex')`],
    [
      'timestamptz',
      'k timestamptz',
      'k',
      `'2026-03-29 01:59:59.5Z'::timestamptz + i * interval '0.000001 s'`,
    ],
    ['timestamp', 'k timestamp', 'k', `'0001-01-01'::timestamp + i * interval '7 years 1 us'`],
    ['date', 'k date', 'k', `'9999-12-31'::date - i`],
    ['uuid', 'k uuid', 'k', `md5(i::text)::uuid`],
    ['numeric', 'k numeric(20,4)', 'k', `i * -1000000.0001`],
    ['bigint', 'k bigint', 'k', `9223372036854775807 - i`],
    ['boolean and char', 'flag boolean, code char(5)', 'flag, code', `i % 2 = 0, i::text`],
  ])('are found by a key of %s', async (_, columns, key, values) => {
    await using at = await followed({
      setup: `create table shop.orders (${columns}, note text, primary key (${key}));
        insert into shop.orders (${key}, note)
          select ${values}, 'n' || i from generate_series(1, 120) i`,
      spec: { tables: [{ name: ORDER, sweepDeletes }] },
    });
    await at.full();
    expect(await at.target('orders', ['note'])).toHaveLength(120);
    await at.sql(`delete from shop.orders where right(note, 1) in ('3', '4', '5')`);
    expect(deleted(await at.sync())).toBe(36);
    expect(await at.target('orders', ['note'])).toEqual(await at.source('orders', ['note']));
  });
});

/** Holds each statement that reads the table, until the next one begins to wait for it. */
async function stepThrough(
  at: Followed,
  steps: readonly string[],
): Promise<{ ended: Promise<void> }> {
  const { url, sql } = at.fixture.source;
  const next = async () => {
    const session = await Session.open(url, { side: 'source', applicationName: 'holder' });
    await session.script('begin');
    return session;
  };
  const lock = 'lock table shop.orders in access exclusive mode';
  let holder = await next();
  await holder.script(lock);
  const waiting = async (who: string) => {
    const rows = await sql.query(
      `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()
       and application_name ${who} 'holder'`,
    );
    return rows.length > 0;
  };
  const walk = async () => {
    for (const step of steps) {
      await until(`a query waits before: ${step}`, () => waiting('<>'));
      const following = await next();
      const locked = following.script(lock);
      await until('the next holder is in line', () => waiting('='));
      await holder.script(`${step}; commit`);
      await holder.close();
      await locked;
      holder = following;
    }
    await holder.script('commit');
    await holder.close();
  };
  return { ended: walk() };
}

describe.concurrent('a row that comes back while the sweep runs', () => {
  const back = (id: number) => `insert into shop.orders (id, note) values (${id}, 'back ${id}')`;

  // Mutation: with the keys of `differingRows` taken as they are in extra-keys.ts, row 2 is deleted.
  test('is not deleted, whatever the sweep has read before', async () => {
    await using at = await warehouse({ watermark: 'updated_at', sweepDeletes });
    await at.full();
    await at.sql('delete from shop.orders where id <= 10');
    const { anchor } = await at.fixture.pipeline.open({
      log: at.fixture.moveContext().log,
      kind: 'incremental',
      options: {},
      cutoffs: new Map(),
      watermarks: new Map(),
      migrationId: 'test',
      unsettled: [],
    });
    const [sweep] = await planOf(at.fixture.pipeline, 'finish', anchor, []);
    if (sweep === undefined) throw new Error('no sweep was planned');
    // Digests, rows, and the look for the keys that are to be deleted.
    const steps = await stepThrough(at, [back(1), back(2), back(3)]);
    const receipt = await at.fixture.pipeline.move(
      claimed(1, 'finish', sweep),
      at.fixture.moveContext({ anchor }),
    );
    await steps.ended;
    expect(receipt.written).toBe(7);
    const left = await at.target('orders', ['id']);
    expect(left).toEqual(await at.source('orders', ['id']));
    await at.sync();
    await expectSame(at);
  });

  test('after it was looked for is deleted, and comes back with the next sync', async () => {
    await using at = await warehouse({ watermark: 'updated_at', sweepDeletes });
    await at.full();
    await at.sql('delete from shop.orders where id <= 10');
    const run = await at.sync({ phases: ['prepare', 'data'] });
    const [sweep] = await planOf(at.fixture.pipeline, 'finish', run.anchor, run.chunks);
    if (sweep === undefined) throw new Error('no sweep was planned');
    const { gate, ...context } = at.fixture.moveContext({ anchor: run.anchor });
    const mayCommit: typeof gate.outside.mayCommit = async (intent) => {
      await at.sql(back(5));
      await gate.outside.mayCommit(intent);
    };
    await at.fixture.pipeline.move(claimed(1, 'finish', sweep), {
      ...context,
      gate: { ...gate, outside: { ...gate.outside, mayCommit } },
    });
    expect(await at.target('orders', ['id'])).not.toContain('5');
    const { to } = sweep.range as { to: string };
    expect(rowsRead(await at.sync({ watermarks: await at.since(to) }))).toBe(1);
    await expectSame(at);
  });
});

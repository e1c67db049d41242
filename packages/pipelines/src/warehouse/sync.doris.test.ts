import { Session } from '@drover/postgres';
import { describe, expect, test } from 'vitest';
import { attempts, chunkOf } from './testing/attempts.ts';
import { followed, rowsRead } from './testing/followed.ts';
import { claimed, planOf } from './testing/warehouse-fixture.ts';

const ORDERS = `
  create table shop.orders (id bigint primary key, note text, updated_at timestamptz not null default now());
  insert into shop.orders select i, 'note ' || i from generate_series(1, 200) i`;
const tables = [{ name: 'shop.orders', watermark: 'updated_at' }];
const COLUMNS = ['id', 'note'];

const ORDER = 'shop.orders';
const insert = (id: number, note = 'new') =>
  `insert into shop.orders (id, note) values (${id}, '${note}')`;
const change = (id: number, note: string) =>
  `update shop.orders set note = '${note}', updated_at = now() where id = ${id}`;

const warehouse = (spec: object = { tables }) => followed({ setup: ORDERS, spec });

type Warehouse = Awaited<ReturnType<typeof followed>>;

const open = ({ fixture }: Warehouse) =>
  Session.open(fixture.source.url, { side: 'source', applicationName: 'test' });

async function expectSame(at: Warehouse, where = 'true') {
  expect(await at.target('orders', COLUMNS)).toEqual(await at.source('orders', COLUMNS, where));
}

const loads = ({ fixture }: Warehouse) =>
  fixture.doris.standIn?.requests.filter(
    ({ path, server }) => path.endsWith('/_stream_load') && server !== 'frontend',
  ).length ?? 0;

describe.concurrent('a sync', () => {
  test('moves what was inserted and changed since, and that once', async () => {
    await using at = await warehouse();
    await at.full();
    const followedTo = at.watermark(ORDER) ?? '';
    await at.sql(change(3, 'changed'), change(200, 'the last'), insert(201), insert(-5));
    expect(rowsRead(await at.sync())).toBe(4);
    await expectSame(at);
    const before = loads(at);
    expect(rowsRead(await at.sync())).toBe(0);
    // Mutation: without `first === null` in load-rows.ts an empty load is sent.
    expect(loads(at)).toBe(before);
    const [grown] = await at.fixture.source.sql.query('select $1::timestamptz > $2 as grown', [
      at.watermark(ORDER) ?? '',
      followedTo,
    ]);
    expect(grown?.['grown']).toBe('t');
    await expectSame(at);
  });

  // Mutation: with clock_timestamp() alone as the horizon the row 201 is never moved.
  test('does not lose what a transaction writes that began before it and ends after it', async () => {
    await using at = await warehouse();
    await at.full();
    await using writer = await open(at);
    await writer.script('begin');
    await writer.query('select now()');
    await at.sql(insert(300));
    await writer.query(insert(201));
    expect(rowsRead(await at.sync())).toBe(0);
    await writer.script('commit');
    expect(rowsRead(await at.sync())).toBe(2);
    await expectSame(at);
  });

  test('moves what is committed between its opening and its reading with the next one', async () => {
    await using at = await warehouse();
    await at.full();
    await using writer = await open(at);
    await writer.script('begin');
    await writer.query(insert(201));
    const watermarks = await at.since(at.watermark(ORDER) ?? '');
    const { pipeline } = at.fixture;
    const log = { ...at.fixture.moveContext().log };
    const first = { log, kind: 'incremental', options: {}, cutoffs: new Map() } as const;
    const options = { ...first, migrationId: 'test', unsettled: [] };
    const { anchor } = await pipeline.open({ ...options, watermarks });
    await writer.script('commit');
    const [planned] = await planOf(pipeline, 'data', anchor, []);
    if (planned === undefined) throw new Error('nothing was planned');
    const receipt = await pipeline.move(
      claimed(1, 'data', planned),
      at.fixture.moveContext({ anchor }),
    );
    expect(receipt.read).toBe(0);
    const { to } = planned.range as { to: string };
    expect(rowsRead(await at.sync({ watermarks: await at.since(to) }))).toBe(1);
    await expectSame(at);
  });

  // Mutation: with the horizon read in the phase finish the change is never moved.
  test('begins where a full run was opened, before the first of its rows was read', async () => {
    await using at = await warehouse();
    const chunk = await chunkOf(at.fixture, 'orders');
    await attempts(at.fixture, chunk);
    await at.sql(change(7, 'after it was read'));
    const [done] = await planOf(at.fixture.pipeline, 'data', chunk.anchor, []);
    if (done === undefined) throw new Error('nothing was planned');
    const whole = { ...done, id: 1, runId: 1, runKind: 'full', verifyPlanned: false } as const;
    const finish = await planOf(at.fixture.pipeline, 'finish', chunk.anchor, [
      { ...whole, phase: 'data' },
    ]);
    expect(finish.map(({ range }) => range)).toMatchObject([{ kind: 'watermark' }]);
    const [{ range } = done] = finish;
    const { to } = range as { to: string };
    expect(rowsRead(await at.sync({ watermarks: await at.since(to) }))).toBe(1);
    await expectSame(at);
  });

  test('of a table that was never followed begins with all rows, in ranges of the key', async () => {
    await using at = await warehouse({ tables, chunk: { rows: 50 } });
    await at.sql('analyze shop.orders');
    const first = await at.sync();
    expect(first.chunks.length).toBeGreaterThan(1);
    expect(first.chunks.every(({ range }) => (range as { kind: string }).kind === 'keys')).toBe(
      true,
    );
    expect(rowsRead(first)).toBe(200);
    await expectSame(at);
    await at.sql(insert(201), 'delete from shop.orders where id = 1');
    expect(rowsRead(await at.sync())).toBe(1);
    // Forgotten by the ledger: what the source has lost meanwhile is not left behind.
    expect(rowsRead(await at.sync({ watermarks: new Map() }))).toBe(200);
    await expectSame(at);
  });

  test('leaves the former key of a row behind where rows are not swept', async () => {
    await using at = await warehouse();
    await at.full();
    await at.sql('update shop.orders set id = 1005, updated_at = now() where id = 5');
    expect(rowsRead(await at.sync())).toBe(1);
    const left = await at.target('orders', ['id']);
    expect(left).toContain('5');
    expect(left).toContain('1005');
  });

  test.each([
    ['timestamptz', 'now()'],
    ['timestamp', 'localtimestamp'],
    ['timestamp(0)', 'localtimestamp'],
    ['date', 'current_date'],
  ])('follows a column of type %s', async (type, now) => {
    await using at = await followed({
      setup: `create table shop.orders (id int primary key, note text, at ${type} not null default ${now} - interval '3 days');
        insert into shop.orders select i, 'old' from generate_series(1, 20) i`,
      spec: { tables: [{ name: ORDER, watermark: 'at' }] },
    });
    await at.full();
    expect(rowsRead(await at.sync())).toBe(0);
    await at.sql(`update shop.orders set note = 'new', at = ${now} where id = 3`);
    // As days and seconds go by; what bears the present one is left to a later sync.
    const [earlier] = await at.fixture.source.sql.query(
      `select (${now} - interval '2 days')::${type}::text as at`,
    );
    await at.sync({ watermarks: await at.since(earlier?.['at'] ?? '', 'at') });
    if (type === 'timestamptz' || type === 'timestamp') await expectSame(at);
    else expect(await at.target('orders', ['id'])).toHaveLength(20);
    await at.sql(`update shop.orders set at = ${now} - interval '1 day' where id = 3`);
    expect(
      rowsRead(await at.sync({ watermarks: await at.since(earlier?.['at'] ?? '', 'at') })),
    ).toBe(1);
    await expectSame(at);
  });

  // Mutation: without the column in the watermark what the other column says has changed since is never moved.
  test('begins anew where the file names another column', async () => {
    await using at = await warehouse();
    await at.full();
    const other = await at.since(at.watermark(ORDER) ?? '', 'note');
    expect(rowsRead(await at.sync({ watermarks: other }))).toBe(200);
    expect(rowsRead(await at.sync())).toBe(0);
  });

  test('moves rows without a watermark every time', async () => {
    await using at = await warehouse();
    await at.sql('alter table shop.orders alter updated_at drop not null');
    await at.full();
    await at.sql(
      "update shop.orders set updated_at = null, note = 'unknown' where id in (4, 5)",
      insert(201),
    );
    expect(rowsRead(await at.sync())).toBe(3);
    expect(rowsRead(await at.sync())).toBe(2);
    await expectSame(at);
  });

  test('whose chunk is tried again moves the same changes once', async () => {
    await using at = await warehouse();
    await at.full();
    await at.sql(change(1, 'changed'), insert(201));
    const { standIn } = at.fixture.doris;
    if (standIn === null) return;
    standIn.faults.commit2pcLost = { times: 1 };
    expect(rowsRead(await at.sync())).toBe(2);
    expect(standIn.faults.commit2pcLost.times).toBe(0);
    await expectSame(at);
  });
});

describe.concurrent('a table is not followed further', () => {
  // Mutation: without `complete` in plan.ts the rows of the parked chunk are never looked at again.
  test('than its last sync where a chunk of the run is parked', async () => {
    await using at = await warehouse({
      tables: [{ name: ORDER, watermark: 'updated_at', sweepDeletes: true }],
      chunk: { rows: 50 },
    });
    await at.sql('analyze shop.orders');
    const { pipeline } = at.fixture;
    const full = await at.full();
    const ranges = async (run: typeof full, done: typeof full.chunks) =>
      (await planOf(pipeline, 'finish', run.anchor, done)).map(({ range }) => range);
    expect(full.chunks.length).toBeGreaterThan(2);
    expect(await ranges(full, full.chunks)).toMatchObject([{ kind: 'watermark' }]);
    for (const parked of full.chunks) {
      const done = full.chunks.filter((chunk) => chunk !== parked);
      expect(await ranges(full, done)).toEqual([]);
    }
    const sync = await at.sync();
    expect(await ranges(sync, sync.chunks)).toMatchObject([
      { kind: 'sweep', to: at.watermark(ORDER) },
    ]);
    expect(await ranges(sync, [])).toEqual([{ kind: 'sweep', stream: ORDER, to: null }]);
  });

  test('while a session does not tell what it does; what it then misses, a later sync moves', async () => {
    await using at = await warehouse();
    await at.full();
    const followedTo = at.watermark(ORDER);
    await using writer = await open(at);
    await writer.script('set track_activities = off');
    await writer.script('begin');
    await writer.query(insert(201));
    const sync = await at.sync();
    expect(sync.chunks).toEqual([]);
    expect(at.watermark(ORDER)).toBe(followedTo);
    await writer.script('commit; reset track_activities');
    expect(rowsRead(await at.sync())).toBe(1);
    await expectSame(at);
  });
});

describe.concurrent('a sync is refused', () => {
  const refusal = async (at: Warehouse, entities?: readonly string[]) =>
    at
      .sync(entities === undefined ? {} : { options: { entities } })
      .catch((error: unknown) => error);

  test('of a table without a key, and of one that nothing follows', async () => {
    await using at = await followed({
      setup: `${ORDERS};
        create table shop.events (what text, at timestamptz);
        create table shop.customers (id int primary key)`,
      spec: { tables: [...tables, { name: 'shop.events', watermark: 'at' }] },
    });
    expect(await refusal(at, [ORDER, 'shop.events'])).toMatchObject({
      code: 'FILE_INVALID',
      message: 'The table shop.events cannot be followed: it has no key.',
      hint: expect.stringContaining('tables[].key'),
    });
    expect(await refusal(at, ['shop.customers'])).toMatchObject({
      code: 'FILE_INVALID',
      message: expect.stringContaining('shop.customers is not followed'),
      hint: expect.stringContaining('watermark'),
    });
    expect(await refusal(at, ['shop.nothing'])).toMatchObject({
      message: 'There is no table shop.nothing among those of the migration file.',
    });
    // Of those that were not named, the others are left alone.
    expect((await at.sync()).chunks.map(({ stream }) => stream)).toEqual([ORDER]);
  });

  test('where no table is followed at all', async () => {
    await using at = await warehouse({});
    expect(await refusal(at)).toMatchObject({
      code: 'FILE_INVALID',
      message: 'No table of the migration file can be followed.',
    });
  });

  test('to a role that cannot see the transactions of others, with the right that it lacks', async () => {
    await using at = await warehouse();
    const role = `drover_reader_${Date.now()}`;
    await at.sql(
      `create role ${role} login`,
      `grant usage on schema shop to ${role}`,
      `grant select on shop.orders to ${role}`,
    );
    const url = new URL(at.fixture.source.url);
    url.username = role;
    const source = { connection: url.href, schemas: ['shop'] };
    const limited = at.fixture.pipelineWith({ source });
    const log = at.fixture.moveContext().log;
    const bare = { log, kind: 'incremental', options: {}, cutoffs: new Map() } as const;
    const opening = { ...bare, migrationId: 'test', unsettled: [] };
    try {
      await expect(limited.open({ ...opening, watermarks: new Map() })).rejects.toMatchObject({
        code: 'PERMISSION_DENIED',
        hint: `Run in the source: grant pg_read_all_stats to "${role}";`,
      });
    } finally {
      await limited.close();
      await at.sql(`drop owned by ${role}`, `drop role ${role}`);
    }
  });
});

import { openDatabase, Session } from '@drover/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import type { SourceColumn, SourceTable } from './source-table.ts';
import { type SourceFixture, sourceFixture } from './testing/source-fixture.ts';
import { changedPredicate, readHorizon } from './watermark.ts';

let source: SourceFixture;
let table: SourceTable;

beforeAll(async () => {
  source = await sourceFixture(inject('postgresUrl'));
  await source.run(
    'create domain public.moment as timestamptz',
    `create table public."T 'x'" (id int primary key, "At ""it""" timestamptz not null default now(),
       plain timestamp default (now() at time zone 'UTC'), day date default (now() at time zone 'UTC')::date,
       coarse timestamp(0) default (now() at time zone 'UTC'), domained public.moment default now(),
       version bigint, label text)`,
  );
  table = await source.table(`T 'x'`);
});

beforeEach(() => source.run(`truncate public."T 'x'"`));

afterAll(() => source[Symbol.asyncDispose]());

const MARGIN = 100_000n;

const open = () => Session.open(source.database.url, { side: 'source', applicationName: 'test' });

const column = (name: string): SourceColumn => {
  const found = table.columns.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no column ${name}`);
  return found;
};

const AT = 'At "it"';

async function boundOf(name = AT, marginMicros = MARGIN): Promise<string> {
  const horizon = await readHorizon(source.database.sql, table, column(name), marginMicros);
  if (horizon.kind !== 'at') throw new Error(horizon.why);
  return horizon.bound;
}

async function idsBetween(from: string | null, to: string, name = AT): Promise<number[]> {
  const span = { from: from ?? '-infinity', to };
  const rows = await source.database.sql.query(
    `select id from public."T 'x'" s where ${changedPredicate(column(name), span, 's')} order by id`,
  );
  return rows.map((row) => Number(row['id']));
}

const insert = (id: number) => `insert into public."T 'x'" (id) values (${id})`;

/** Until everything that is committed by now lies below a horizon without a margin. */
async function idsUpToNow(from: string | null, name = AT): Promise<number[]> {
  return idsBetween(from, await boundOf(name, 0n), name);
}

describe('a sync by a watermark', () => {
  test.each([AT, 'plain', 'coarse', 'domained'])(
    'does not lose what a transaction writes that began before and ends after it, by %s',
    async (name) => {
      await using writer = await open();
      await writer.query('begin');
      await writer.query('select now()');
      await source.run(insert(1));
      const first = await boundOf(name, 0n);
      await writer.query(insert(2));
      expect(await idsBetween(null, first, name)).toEqual([]);
      await writer.query('commit');
      await source.run(insert(3));
      const lag = name === 'coarse' ? -2_000_000n : 0n;
      const second = await boundOf(name, lag);
      expect(await idsBetween(first, second, name)).toEqual([1, 2, 3]);
    },
  );

  test('reads each change once, however many horizons lie between', async () => {
    await using writer = await open();
    const seen: number[] = [];
    let from: string | null = null;
    for (let id = 1; id <= 20; id += 2) {
      await writer.query('begin');
      await writer.query(insert(id));
      await source.run(insert(id + 1));
      const to = await boundOf(AT, 0n);
      seen.push(...(await idsBetween(from, to)));
      from = to;
      await writer.query('commit');
    }
    seen.push(...(await idsUpToNow(from)));
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
  });

  test('sees transactions that began after it looked at them before, in one transaction of its own', async () => {
    await using reader = await open();
    await using writer = await open();
    await reader.query('begin');
    await readHorizon(reader, table, column(AT), 0n);
    await writer.query('begin');
    await writer.query(insert(1));
    const horizon = await readHorizon(reader, table, column(AT), 0n);
    await writer.query('commit');
    await reader.query('commit');
    expect(horizon).toMatchObject({ kind: 'at', openSince: expect.any(String) });
    const { bound } = horizon as { bound: string };
    expect(await idsBetween(null, bound)).toEqual([]);
    expect(await idsUpToNow(bound)).toEqual([1]);
  });

  test('reads rows without a watermark every time', async () => {
    await source.run(`insert into public."T 'x'" (id, plain) values (1, null)`);
    expect(await idsUpToNow(await boundOf('plain', 0n), 'plain')).toEqual([1]);
    await source.run(`insert into public."T 'x'" (id) values (2)`);
    expect(changedPredicate(column(AT), { from: 'x', to: 'y' }, 's')).not.toContain('null');
  });
});

describe('a horizon', () => {
  test('lies the margin before the present, to the microsecond', async () => {
    const bound = await boundOf(AT, 3_600_000_001n);
    const [row] = await source.database.sql.query(
      `select clock_timestamp() - $1::timestamptz between interval '1 hour' and interval '1 hour 30 seconds' as fine`,
      [bound],
    );
    expect(row?.['fine']).toBe('t');
  });

  test('lies a second earlier for a column that rounds to seconds, down too', async () => {
    const coarse = await boundOf('coarse', 0n);
    const plain = await boundOf('plain', 0n);
    const [row] = await source.database.sql.query(
      `select $1::timestamp - $2::timestamp >= interval '1 second' as earlier`,
      [plain, coarse],
    );
    expect(row?.['earlier']).toBe('t');
  });

  test('has the form of the column', async () => {
    expect(await boundOf(AT)).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00$/);
    expect(await boundOf('plain')).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?$/);
    expect(await boundOf('day')).toMatch(/^\d{4}-\d\d-\d\d$/);
  });

  test('is not there while a transaction is prepared', async () => {
    await using writer = await open();
    await writer.query('begin');
    await writer.query(insert(1));
    const prepared = await writer.query(`prepare transaction 'drover''s "test"'`).then(
      () => true,
      () => false,
    );
    // Most servers do not allow any (max_prepared_transactions).
    if (!prepared) return;
    const horizon = await readHorizon(source.database.sql, table, column(AT), 0n);
    await source.run(`rollback prepared 'drover''s "test"'`);
    expect(horizon).toMatchObject({
      kind: 'stalled',
      why: expect.stringContaining(`drover's "test"`),
    });
    expect(await boundOf()).not.toBe('');
  });

  test('is not there while a session does not tell what it does', async () => {
    await using writer = await open();
    await writer.query('set track_activities = off');
    await writer.query('begin');
    await writer.query(insert(1));
    const horizon = await readHorizon(source.database.sql, table, column(AT), 0n);
    await writer.query('rollback');
    expect(horizon).toMatchObject({
      kind: 'stalled',
      why: expect.stringContaining('track_activities'),
    });
  });

  test('is refused to a role that cannot see the transactions of others', async () => {
    const role = `Reader "${Date.now()}"`;
    const quoted = `"${role.replaceAll('"', '""')}"`;
    await source.run(`create role ${quoted} login`);
    const url = new URL(source.database.url);
    url.username = encodeURIComponent(role);
    await using reader = openDatabase(url.href, { side: 'test', applicationName: 'test', max: 1 });
    try {
      await expect(readHorizon(reader, table, column(AT), 0n)).rejects.toMatchObject({
        code: 'PERMISSION_DENIED',
        hint: `Run in the source: grant pg_read_all_stats to ${quoted};`,
      });
      await source.run(`grant pg_read_all_stats to ${quoted}`);
      expect(await readHorizon(reader, table, column(AT), 0n)).toMatchObject({ kind: 'at' });
    } finally {
      await source.run(`drop role ${quoted}`);
    }
  });

  test.each(['version', 'label'])('is refused of a column that is no moment: %s', async (name) => {
    await expect(readHorizon(source.database.sql, table, column(name), 0n)).rejects.toMatchObject({
      code: 'FILE_INVALID',
      message: expect.stringContaining(`${name} of public.T 'x'`),
    });
  });

  test('is in the time zone of the server for timestamps without one', async () => {
    const { pathname } = new URL(source.database.url);
    await source.run(`alter database "${pathname.slice(1)}" set TimeZone = 'Asia/Seoul'`);
    try {
      await using seoul = await open();
      const local = await readHorizon(seoul, table, column('plain'), 0n);
      const utc = await readHorizon(seoul, table, column(AT), 0n);
      const [row] = await source.database.sql.query(
        `select $1::timestamp - ($2::timestamptz at time zone 'UTC') as ahead`,
        [(local as { bound: string }).bound, (utc as { bound: string }).bound],
      );
      expect(row?.['ahead']).toMatch(/^PT8H59M5\d|^PT9H/);
    } finally {
      await source.run(`alter database "${pathname.slice(1)}" reset TimeZone`);
    }
  });

  test('does not come before times of day that are to come twice, as the clocks are put back', async () => {
    const quarter = 15 * 60_000;
    const back = new Date((Math.floor(Date.now() / quarter) + 2) * quarter);
    // An hour ahead of UTC until then, and on UTC from then on.
    const local = new Date(back.getTime() + 4 * quarter);
    const dayOfYear = (local.getTime() - Date.UTC(local.getUTCFullYear(), 0, 0)) / 86_400_000;
    const leapDay = new Date(local.getUTCFullYear(), 1, 29).getMonth() === 1 && dayOfYear >= 60;
    const zone = `AAA0BBB-1,J1,J${Math.floor(dayOfYear) - (leapDay ? 1 : 0)}/${local.toISOString().slice(11, 19)}`;
    const { pathname } = new URL(source.database.url);
    await source.run(`alter database "${pathname.slice(1)}" set TimeZone = '${zone}'`);
    try {
      await using session = await open();
      const horizon = await readHorizon(session, table, column('plain'), 0n);
      expect(horizon).toMatchObject({ bound: back.toISOString().slice(0, 19).replace('T', ' ') });
    } finally {
      await source.run(`alter database "${pathname.slice(1)}" reset TimeZone`);
    }
  });
});

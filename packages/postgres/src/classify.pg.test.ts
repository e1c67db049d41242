import { randomUUID } from 'node:crypto';
import { DroverError, type ErrorCode } from '@drover/core';
import { describe, expect, inject, test } from 'vitest';
import { openDatabase } from './database.ts';
import { endSessions } from './end-sessions.ts';
import { Session } from './session.ts';

const postgresUrl = inject('postgresUrl');

const open = (of: { url?: string; applicationName?: string; lockTimeoutMs?: number } = {}) => {
  const { url = postgresUrl, applicationName = 'classify test', ...rest } = of;
  return Session.open(url, { side: 'target', applicationName, ...rest });
};

async function failure(work: Promise<unknown>): Promise<DroverError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof DroverError)) throw new Error('It did not fail as it should.');
  return error;
}

const newName = () => `classify_${randomUUID().slice(0, 8)}`;

/** What the statements find, all of it temporary: nothing is left behind. */
const FIXTURE = `
  begin;
  create temp table keyed (k text primary key, n int check (n < 10));
  insert into keyed values ('secret-value', 1);
  create temp table referring (k text references keyed);
  create temp table required (k text not null);
  create temp table parted (k text) partition by list (k);
  create temp table computed (a int, b int generated always as (a + 1) stored);
  create temp view first_keys as select k, n from keyed where n < 5 with check option;
  create temp view counted as select count(*) as n from keyed;
  create type pg_temp.colour as enum ('red');
  create domain pg_temp.small as int check (value < 10);
  create function pg_temp.guard() returns trigger language plpgsql as
    'begin raise exception ''refused: %'', new.k; end';
  create temp table guarded (k text);
  create trigger guard before insert on guarded for each row execute function pg_temp.guard()`;

const columns = (count: number) => Array.from({ length: count }, (_, index) => `c${index} bigint`);
const ones = Array.from({ length: 1500 }, () => '1').join();

/** Statements, with the SQLSTATE and the code that they end with. */
const STATEMENTS: readonly (readonly [string, string, ErrorCode])[] = [
  [`select 'secret-value'::int`, '22P02', 'INVALID_VALUE'],
  [`select 'secret-value'::pg_temp.colour`, '22P02', 'INVALID_VALUE'],
  [`select json '{"secret-value":secret-value}'`, '22P02', 'INVALID_VALUE'],
  [`select date 'secret-value'`, '22007', 'INVALID_VALUE'],
  [`select to_timestamp('secret-value', 'YYYY')`, '22007', 'INVALID_VALUE'],
  ['select 12345678901::int', '22003', 'INVALID_VALUE'],
  [`select 'secret-value'::varchar(50)::text::numeric`, '22P02', 'INVALID_VALUE'],
  [`select convert_from('\\xff', 'UTF8')`, '22021', 'INVALID_VALUE'],
  ['select 1/0', '22012', 'INVALID_VALUE'],
  [`insert into keyed values ('secret-value')`, '23505', 'CONSTRAINT_VIOLATION'],
  [`insert into keyed values ('secret-value 2', 99)`, '23514', 'CONSTRAINT_VIOLATION'],
  [`insert into parted values ('secret-value')`, '23514', 'CONSTRAINT_VIOLATION'],
  [`select 99::pg_temp.small`, '23514', 'CONSTRAINT_VIOLATION'],
  [`insert into referring values ('secret-value 2')`, '23503', 'CONSTRAINT_VIOLATION'],
  [`insert into required values (null)`, '23502', 'CONSTRAINT_VIOLATION'],
  [`insert into first_keys values ('secret-value 2', 7)`, '44000', 'CONSTRAINT_VIOLATION'],
  [`insert into guarded values ('secret-value')`, 'P0001', 'CONSTRAINT_VIOLATION'],
  [`do $$ begin assert false, 'secret-value'; end $$`, 'P0004', 'CONSTRAINT_VIOLATION'],
  ['select * from nowhere.nothing', '42P01', 'UNDEFINED_OBJECT'],
  ['select nothing from keyed', '42703', 'UNDEFINED_OBJECT'],
  ['select nothing(1)', '42883', 'UNDEFINED_OBJECT'],
  ['select null::nothing', '42704', 'UNDEFINED_OBJECT'],
  ['create table nowhere.nothing ()', '3F000', 'UNDEFINED_OBJECT'],
  ['create schema public', '42P06', 'OBJECT_EXISTS'],
  ['create temp table keyed ()', '42P07', 'OBJECT_EXISTS'],
  ['alter table keyed add column n int', '42701', 'OBJECT_EXISTS'],
  [`create type pg_temp.colour as enum ('red')`, '42710', 'OBJECT_EXISTS'],
  [`insert into keyed (n) values ('1'::text)`, '42804', 'TABLE_CONFLICT'],
  ['copy counted to stdout', '42809', 'TABLE_CONFLICT'],
  ['select 1::int4range', '42846', 'TABLE_CONFLICT'],
  ['insert into computed values (1, 2)', '428C9', 'TABLE_CONFLICT'],
  ['insert into keyed values (1) on conflict (n) do nothing', '42P10', 'TABLE_CONFLICT'],
  ['drop table keyed', '2BP01', 'TABLE_CONFLICT'],
  ['insert into counted values (1)', '55000', 'OBJECT_NOT_READY'],
  [`create temp table wide (${columns(1601).join()})`, '54011', 'TABLE_LIMIT'],
  [
    `create temp table wide (${columns(1500).join()}); insert into wide values (${ones})`,
    '54000',
    'ROW_TOO_LARGE',
  ],
  ['select 1 union select 2 for update', '0A000', 'UNSUPPORTED'],
  ['select 1 +', '42601', 'UNSUPPORTED'],
  [`select pg_read_file('/no/such/file')`, '58P01', 'IO_ERROR'],
  ['set local statement_timeout = 1; select pg_sleep(3600)', '57014', 'STATEMENT_TIMEOUT'],
  [
    `set local temp_file_limit = 0; set local work_mem = '64kB';
     select count(*) from (select n from generate_series(1, 100000) n order by -n offset 1) as sorted`,
    '53400',
    'OUT_OF_MEMORY',
  ],
  ['set transaction_read_only = on; create table public.never ()', '25006', 'READ_ONLY_SERVER'],
  [`do $$ begin raise 'secret-value' using errcode = '40001'; end $$`, '40001', 'SERIALIZATION'],
  [`do $$ begin raise 'secret-value' using errcode = '53100'; end $$`, '53100', 'DISK_FULL'],
  [`do $$ begin raise 'secret-value' using errcode = 'XX000'; end $$`, 'XX000', 'UNKNOWN'],
];

describe('what the server says to a statement', () => {
  // Mutation: with `error.message` in place of `whatWasSaid` the value comes through; without its look at
  // PL/ comes what a function puts into SQLSTATEs whose own messages quote nothing.
  test.each(STATEMENTS)('%s: %s is %s', async (statement, state, code) => {
    await using session = await open();
    await session.script(FIXTURE);
    const error = await failure(
      session.script(`set local search_path = pg_temp, pg_catalog; ${statement}`),
    );
    expect(error).toMatchObject({ code, context: { sqlstate: state } });
    expect(error.message).toContain(`SQLSTATE ${state}`);
    expect(error.hint).not.toBe('');
    expect(JSON.stringify([error.message, error.hint, error.context])).not.toContain(
      'secret-value',
    );
  });

  // Mutation: without `placeOf` nobody learns which constraint it was.
  test('names the constraint and the table that refused, and their names only', async () => {
    await using session = await open();
    await session.script(FIXTURE);
    const error = await failure(session.query(`insert into pg_temp.keyed values ('secret-value')`));
    expect(error.message).toMatch(
      /refused a value by constraint "keyed_pkey" of "pg_temp_\d+"."keyed"/,
    );
    expect(error.context).toMatchObject({ table: 'keyed', constraint: 'keyed_pkey' });
  });
});

describe('two sessions at once', () => {
  async function table(session: Session): Promise<{ name: string } & AsyncDisposable> {
    const name = `public.${newName()}`;
    await session.script(`create table ${name} as select n, 0 as v from generate_series(1, 2) n`);
    return { name, [Symbol.asyncDispose]: () => session.script(`rollback; drop table ${name}`) };
  }

  /** Resolves when the session waits for a lock. */
  async function waiting(watcher: Session, applicationName: string): Promise<void> {
    const look = () =>
      watcher.query(
        `select 1 from pg_stat_activity where application_name = $1 and wait_event_type = 'Lock'`,
        [applicationName],
      );
    while ((await look()).length === 0);
  }

  test('in a deadlock: one of them is told so', async () => {
    await using watcher = await open();
    await using one = await open();
    await using other = await open({ applicationName: 'other' });
    await using made = await table(watcher);
    const change = (session: Session, n: number) =>
      session.script(`update ${made.name} set v = v + 1 where n = ${n}`);
    for (const session of [one, other]) await session.script('begin');
    await change(one, 1);
    await change(other, 2);
    const changes = await Promise.allSettled([change(one, 2), change(other, 1)]);
    const refused = changes.flatMap((end): unknown[] =>
      end.status === 'rejected' ? [end.reason] : [],
    );
    expect(refused).toMatchObject([{ code: 'DEADLOCK', context: { sqlstate: '40P01' } }]);
    for (const session of [one, other]) await session.script('rollback');
  });

  test('that change one row in snapshots: the second cannot be serialized', async () => {
    await using watcher = await open();
    await using one = await open();
    await using made = await table(watcher);
    await one.script(`begin isolation level repeatable read; select * from ${made.name}`);
    await watcher.script(`update ${made.name} set v = 1`);
    const error = await failure(one.query(`update ${made.name} set v = 2`));
    expect(error).toMatchObject({ code: 'SERIALIZATION', context: { sqlstate: '40001' } });
  });

  // Mutation: without `lock_timeout` among the pins of session-settings.ts it waits without end.
  test('that want one table: the second gives up when the lock timeout is over', async () => {
    await using watcher = await open();
    await using one = await open({ lockTimeoutMs: 1 });
    await using made = await table(watcher);
    await watcher.script(`begin; lock table ${made.name}`);
    const error = await failure(one.query(`select * from ${made.name}`));
    expect(error).toMatchObject({ code: 'LOCK_TIMEOUT', context: { sqlstate: '55P03' } });
  });

  // Mutation: without the look at the schema in `codeOf` it is CONSTRAINT_VIOLATION, and the chunk is parked.
  test.each(['schema', 'table'])(
    'that make the same %s at once: the second is told that it exists, though it asked',
    async (kind) => {
      const applicationName = newName();
      const name = kind === 'schema' ? newName() : `public.${newName()}`;
      const make = `create ${kind} if not exists ${name} ${kind === 'schema' ? '' : '()'}`;
      await using watcher = await open();
      await using one = await open();
      await using other = await open({ applicationName });
      await one.script(`begin; ${make}`);
      const second = failure(other.script(make));
      await waiting(watcher, applicationName);
      await one.script('commit');
      expect(await second).toMatchObject({ code: 'OBJECT_EXISTS', context: { sqlstate: '23505' } });
      await one.script(`drop ${kind} ${name}`);
    },
  );

  test('of which a person cancels one', async () => {
    const applicationName = newName();
    await using watcher = await open();
    await using one = await open({ applicationName });
    const error = failure(one.query('select pg_sleep(3600)'));
    const cancel = () =>
      watcher.query(
        `select pg_cancel_backend(pid) from pg_stat_activity
         where application_name = $1 and wait_event = 'PgSleep'`,
        [applicationName],
      );
    while ((await cancel()).length === 0);
    expect(await error).toMatchObject({
      code: 'STATEMENT_TIMEOUT',
      context: { sqlstate: '57014' },
    });
    expect(one.broken).toBe(false);
  });
});

describe('a connection', () => {
  const asRole = (name: string) => {
    const url = new URL(postgresUrl);
    url.username = name;
    return url.href;
  };
  async function role(options: string): Promise<{ name: string; url: string } & AsyncDisposable> {
    const name = newName();
    const admin = await open();
    await admin.script(`create role ${name} ${options}`);
    return {
      name,
      url: asRole(name),
      async [Symbol.asyncDispose]() {
        await admin.script(`drop role ${name}`);
        await admin.close();
      },
    };
  }

  test('that is ended by the server is lost', async () => {
    const applicationName = newName();
    await using watcher = await open();
    await using one = await open({ applicationName });
    const error = failure(one.query('select pg_sleep(3600)'));
    expect(await endSessions(watcher, [applicationName])).toBe(1);
    expect(await error).toMatchObject({ code: 'CONNECTION_LOST', context: { sqlstate: '57P01' } });
  });

  test('that is ended while it idles is lost for the next statement', async () => {
    await using one = await open();
    await one.script('set idle_in_transaction_session_timeout = 1; begin');
    while (!one.broken) await new Promise((resolve) => setImmediate(resolve));
    expect(await failure(one.query('select 1'))).toMatchObject({ code: 'CONNECTION_LOST' });
  });

  test('to a database that is not there', async () => {
    const url = new URL(postgresUrl);
    url.pathname = '/not_there';
    expect(await failure(open({ url: url.href }))).toMatchObject({
      code: 'DATABASE_MISSING',
      context: { sqlstate: '3D000' },
    });
  });

  test('to a database that takes none', async () => {
    const name = newName();
    await using admin = await open();
    await admin.script(`create database ${name} allow_connections false`);
    const url = new URL(postgresUrl);
    url.pathname = `/${name}`;
    const error = await failure(open({ url: url.href }));
    await admin.script(`drop database ${name}`);
    expect(error).toMatchObject({ code: 'OBJECT_NOT_READY', context: { sqlstate: '55000' } });
  });

  test('to a database that somebody wants to drop is in the way', async () => {
    await using one = await open();
    const error = await failure(one.query('drop database postgres'));
    expect(error).toMatchObject({ code: 'LOCK_TIMEOUT', context: { sqlstate: '55006' } });
  });

  test('of a role that may not log in, or that nobody knows', async () => {
    await using closed = await role('nologin');
    for (const url of [closed.url, asRole(newName())]) {
      const error = await failure(open({ url }));
      expect(error).toMatchObject({
        code: 'AUTHENTICATION_FAILED',
        context: { sqlstate: '28000' },
      });
    }
  });

  test('too many of a role', async () => {
    await using limited = await role('login connection limit 1');
    await using first = await open({ url: limited.url });
    const error = await failure(open({ url: limited.url }));
    expect(error).toMatchObject({ code: 'TOO_MANY_CONNECTIONS', context: { sqlstate: '53300' } });
    await using pool = openDatabase(limited.url, { side: 'x', applicationName: 'x', max: 1 });
    expect(await failure(pool.query('select 1'))).toMatchObject({ code: 'TOO_MANY_CONNECTIONS' });
    expect(first.broken).toBe(false);
  });

  test('of a role without the right', async () => {
    await using stranger = await role('login');
    await using one = await open({ url: stranger.url });
    const error = await failure(one.query('select * from pg_authid'));
    expect(error).toMatchObject({ code: 'PERMISSION_DENIED', context: { sqlstate: '42501' } });
    expect(error.message).toContain('permission denied for table pg_authid');
  });
});

describe('a damaged table', () => {
  // A copy of a database comes without any of its pages in memory: what lies in the file is what is read.
  test('is DATA_CORRUPTED: amcheck and reindex are named', async () => {
    const [origin, copy] = [newName(), newName()];
    const at = (name: string) => Object.assign(new URL(postgresUrl), { pathname: `/${name}` }).href;
    await using admin = await open();
    await admin.script(`create database ${origin}`);
    {
      await using inside = await open({ url: at(origin) });
      await inside.script('create table public.damaged as select 1 as n');
    }
    const [version] = await admin.query(
      `select current_setting('server_version_num')::int >= 150000 as copies`,
    );
    const strategy = version?.['copies'] === 't' ? 'strategy file_copy' : '';
    await admin.script(`create database ${copy} template ${origin} ${strategy}`);
    let error: DroverError;
    {
      await using inside = await open({ url: at(copy) });
      const [place] = await inside.query(
        `select current_setting('data_directory') || '/' || pg_relation_filepath('public.damaged') as file`,
      );
      await inside.script(`copy (select repeat('x', 8191)) to '${place?.['file']}'`);
      error = await failure(inside.query('select * from public.damaged'));
    }
    for (const name of [copy, origin]) await admin.script(`drop database ${name}`);
    expect(error).toMatchObject({ code: 'DATA_CORRUPTED', context: { sqlstate: 'XX001' } });
    expect(error.hint).toMatch(/amcheck.*reindex/);
  });
});

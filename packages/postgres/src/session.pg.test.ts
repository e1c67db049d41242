import { DroverError } from '@drover/core';
import { describe, expect, inject, test } from 'vitest';
import { CopyInError } from './copy-in.ts';
import { openDatabase } from './database.ts';
import { endSessions } from './end-sessions.ts';
import { Session } from './session.ts';

const postgresUrl = inject('postgresUrl');
const open = (applicationName = 'session test') =>
  Session.open(postgresUrl, { side: 'target', applicationName });

const failure = async (work: Promise<unknown>): Promise<DroverError> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof DroverError)) throw new Error('It did not fail as it should.');
  return error;
};

const bytes = (text: string) => Buffer.from(text);

describe('a session', () => {
  // Mutation: without `pinStatements` the role's settings below hold.
  test('has its own settings, whatever the role or the address says', async () => {
    const url = new URL(postgresUrl);
    url.searchParams.set(
      'options',
      '-c DateStyle=German -c TimeZone=Asia/Tokyo -c extra_float_digits=-15 -c bytea_output=escape -c statement_timeout=1 -c search_path=nowhere -c row_security=on',
    );
    await using session = await Session.open(url.href, { side: 'source', applicationName: 'pins' });
    const [row] = await session.query(
      `select timestamp '2026-02-01 03:04:05.000006'::text as time, 0.1::float8::text as number,
         timestamptz '2026-01-01 00:00:00+09'::text as zoned, '\\xff'::bytea::text as bytes,
         current_setting('row_security') as security, current_setting('search_path') as path`,
    );
    expect(row).toEqual({
      time: '2026-02-01 03:04:05.000006',
      number: '0.1',
      zoned: '2025-12-31 15:00:00+00',
      bytes: '\\xff',
      security: 'off',
      path: 'pg_catalog',
    });
  });

  test('whose statement is interrupted is broken, and the server stops working for it', async () => {
    await using watcher = openDatabase(postgresUrl, {
      side: 'test',
      applicationName: 'watcher',
      max: 1,
    });
    const session = await open('interrupted session');
    const endless = failure(session.query('select pg_sleep(3600)'));
    const running = () =>
      watcher.query(
        `select 1 from pg_stat_activity where application_name = 'interrupted session' and state = 'active'`,
      );
    while ((await running()).length === 0);
    session.interrupt();
    expect((await endless).code).toBe('CONNECTION_LOST');
    expect(session.broken).toBe(true);
    // Ends only when the server has noticed.
    while ((await running()).length > 0);
  });

  test('that is ended by its name fails as a lost connection; others live', async () => {
    await using other = await open('left alone');
    const session = await open('to be ended');
    const waiting = failure(session.query('select pg_sleep(3600)'));
    expect(await endSessions(other, ['to be ended'])).toBe(1);
    expect((await waiting).code).toBe('CONNECTION_LOST');
    expect(await other.query('select 1 as one')).toEqual([{ one: '1' }]);
    await session.close();
  });

  test('cannot be opened: the error says where, and not with which password', async () => {
    const wrong = new URL(postgresUrl);
    wrong.pathname = '/not_there';
    wrong.password = 'hunter2';
    const missing = await failure(
      Session.open(wrong.href, { side: 'source', applicationName: 'x' }),
    );
    expect(missing.code).toBe('DATABASE_MISSING');
    expect(missing.message).toContain(`source ${wrong.host}/not_there`);
    const nowhere = await failure(
      Session.open('postgres://user:hunter2@127.0.0.1:1/x', {
        side: 'source',
        applicationName: 'x',
      }),
    );
    expect(nowhere.code).toBe('CONNECTION_LOST');
    expect(`${missing.message}${missing.hint}${nowhere.message}${nowhere.hint}`).not.toContain(
      'hunter2',
    );
  });
});

describe('COPY', () => {
  test('statements follow each other on one connection, and each names its refused line', async () => {
    await using session = await open();
    await session.script('create temp table numbers (n int)');
    const copy = 'copy pg_temp.numbers from stdin';
    const good = session.copyIn();
    await good.send(copy, bytes('1\n2\n'), () => {});
    await good.send(copy, bytes('3\n'), () => {});
    await good.finish();
    expect(good.rows).toBe(3);
    const bad = session.copyIn();
    const refused = (async () => {
      await bad.send(copy, bytes('4\n'), () => {});
      await bad.send(copy, bytes('5\n6\nseven\n'), () => {});
      await bad.finish();
    })();
    const error = await refused.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CopyInError);
    expect(error).toMatchObject({ statement: 1, line: 2, cause: { code: 'INVALID_VALUE' } });
    // The whole sequence is one transaction, and the connection is fit for more.
    expect(await session.query('select count(*) as n from pg_temp.numbers')).toEqual([{ n: '3' }]);
  });

  test('out, left before its end, leaves no session that could be mistaken for a whole one', async () => {
    await using session = await open();
    for await (const piece of session.copyOut(
      'copy (select generate_series(1, 10000000)) to stdout',
    )) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    expect(session.broken).toBe(true);
  });

  test('out that fails in the middle throws after what had arrived', async () => {
    await using session = await open();
    let arrived = 0;
    const read = (async () => {
      for await (const piece of session.copyOut(
        'copy (select 1 / (100000 - n) from generate_series(1, 200000) n) to stdout',
      )) {
        arrived += piece.length;
      }
    })();
    expect((await failure(read)).code).toBe('INVALID_VALUE');
    expect(arrived).toBeGreaterThan(0);
  });
});

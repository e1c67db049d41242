import type { Finding, SqlExecutor } from '@drover/core';
import { openDatabase } from '@drover/postgres';
import { scratchDatabase } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { checkServer, type ServerSide } from './check-server.ts';
import { readServerFacts } from './server-facts.ts';
import { collect, levelsOf, telling } from './testing/findings.ts';
import { scratchRoles } from './testing/scratch-roles.ts';

const server = inject('postgresUrl');
const KILLERS = ['statement_timeout', 'idle_in_transaction_session_timeout'] as const;

async function checked(sql: SqlExecutor, side: ServerSide = 'source'): Promise<Finding[]> {
  return collect(checkServer(sql, side, await readServerFacts(sql)));
}

/** Lets the real server answer some questions as another one would: user functions before its own. */
async function asIf(
  sql: SqlExecutor,
  answers: { settings?: { [name: string]: string }; standby?: boolean },
): Promise<void> {
  await sql.query('create schema other');
  const cases = Object.entries(answers.settings ?? {})
    .map(([name, value]) => `when '${name}' then '${value}'`)
    .join(' ');
  if (cases !== '') {
    await sql.query(
      `create function other.current_setting(asked text) returns text language sql as
       $$ select case asked ${cases} else pg_catalog.current_setting(asked) end $$`,
    );
  }
  if (answers.standby === true) {
    await sql.query(
      'create function other.pg_is_in_recovery() returns bool language sql as $$ select true $$',
    );
  }
  await sql.query('set local search_path = other, pg_catalog');
}

describe('a target whose transactions are read only', () => {
  // Mutation: without `facts.readOnly` in check-server.ts the run fails where the check was content.
  test('is an error, with the statement that lifts it; a source may be', async () => {
    await using database = await scratchDatabase(server);
    await database.sql.transaction(async (sql) => {
      await sql.query('set transaction read only');
      const { role, database: name } = await readServerFacts(sql);
      expect(await checked(sql, 'source')).not.toContainEqual(
        expect.objectContaining({ level: 'error' }),
      );
      expect(await checked(sql, 'target')).toContainEqual({
        level: 'error',
        rule: 'target-read-only',
        subject: 'target',
        reason: `transactions of role ${role} in database ${name} are read only`,
        fix: `Lift it for the role: alter role "${role}" in database "${name}" set default_transaction_read_only = off;`,
      });
    });
  });
});

describe('a server timeout', () => {
  // Mutation: without the branch `setting !== '0'` in `check-server.ts` these fail.
  for (const name of KILLERS) {
    test(`that stays in force for Drover's sessions is an error, with the statement that lifts it: ${name}`, async () => {
      await using database = await scratchDatabase(server);
      const findings = await database.sql.transaction(async (sql) => {
        await sql.query(`set local ${name} = '5min'`);
        return checked(sql);
      });
      const { role } = await readServerFacts(database.sql);
      expect(findings.filter((one) => one.level !== 'info')).toEqual([
        {
          level: 'error',
          rule: 'server-timeout',
          subject: `source: ${name}`,
          reason: 'is 300000ms and cannot be lifted for a session: a longer chunk is killed',
          fix: `Connect without the proxy that forces it, or ask for: alter role "${role}" set ${name} = 0;`,
        },
      ]);
    });
  }

  for (const of of ['role', 'database'] as const) {
    test(`that the ${of} sets is told and lifted, and does no harm`, async () => {
      await using roles = scratchRoles(server);
      await using scratch = await scratchDatabase(server);
      const { name, url } = await roles.make(scratch.url);
      const owner =
        of === 'role' ? `role "${name}"` : `database "${new URL(url).pathname.slice(1)}"`;
      for (const [setting, value] of [
        ['statement_timeout', '2min'],
        ['idle_in_transaction_session_timeout', '3min'],
        ['lock_timeout', '1ms'],
      ]) {
        await scratch.sql.query(`alter ${owner} set ${setting} = '${value}'`);
      }
      await using sql = openDatabase(url, { side: 'test', applicationName: 'drover test', max: 1 });
      const findings = [...(await checked(sql, 'source')), ...(await checked(sql, 'target'))];
      expect(telling(findings)).toEqual([]);
      expect(levelsOf(findings, 'server-timeout').sort()).toEqual(
        ['source', 'target']
          .flatMap((side) => [...KILLERS].reverse().map((setting) => `info ${side}: ${setting}`))
          .sort(),
      );
      expect(findings.find((one) => one.subject === 'source: statement_timeout')?.reason).toBe(
        `is 120000ms for role ${name}; Drover lifts it for its own sessions and keeps to chunk.timeLimit`,
      );
      const inForce = `select string_agg(setting, ' ' order by name) as settings from pg_settings
        where name in ('statement_timeout', 'idle_in_transaction_session_timeout', 'lock_timeout')`;
      expect(await sql.query(inForce)).toEqual([{ settings: '0 10000 0' }]);
    });
  }
});

describe('a server', () => {
  test('older than 11 is an error', async () => {
    await using database = await scratchDatabase(server);
    await database.sql.transaction(async (sql) => {
      await asIf(sql, { settings: { server_version_num: '100023', server_version: '10.23' } });
      expect((await checked(sql))[0]).toMatchObject({
        level: 'error',
        rule: 'server-version',
        subject: 'source',
        reason: expect.stringMatching(/^Postgres 10\.23, database drover_test_/) as string,
        fix: expect.stringContaining('11 or later') as string,
      });
    });
  });

  test('that is version 11 is none', async () => {
    await using database = await scratchDatabase(server);
    await database.sql.transaction(async (sql) => {
      await asIf(sql, { settings: { server_version_num: '110000' } });
      expect(telling(await checked(sql))).toEqual([]);
    });
  });

  test('that is a standby is an error as a target, and as a ledger', async () => {
    await using database = await scratchDatabase(server);
    await database.sql.transaction(async (sql) => {
      await asIf(sql, { standby: true });
      expect(levelsOf(await checked(sql, 'target'), 'target-read-only')).toEqual(['error target']);
      expect(levelsOf(await checked(sql, 'ledger'), 'ledger-read-only')).toEqual(['error ledger']);
    });
  });

  test('that is a standby is a warning as a source, unless it lets queries finish', async () => {
    await using database = await scratchDatabase(server);
    const standby = (settings: { [name: string]: string }) =>
      database.sql.transaction(async (sql) => {
        await asIf(sql, { standby: true, settings });
        const findings = await checked(sql);
        await sql.query('drop schema other cascade');
        return findings.filter((one) => one.level !== 'info');
      });
    expect(await standby({ max_standby_streaming_delay: '30s' })).toMatchObject([
      {
        level: 'warning',
        rule: 'standby-cancels',
        reason: expect.stringContaining('after 30s') as string,
        fix: expect.stringContaining('alter system set hot_standby_feedback = on;') as string,
      },
    ]);
    expect(await standby({ max_standby_streaming_delay: '-1' })).toEqual([]);
    expect(await standby({ hot_standby_feedback: 'on' })).toEqual([]);
  });

  test('whose database declares no encoding is a warning', async () => {
    await using database = await scratchDatabase(server);
    const name = `${new URL(database.url).pathname.slice(1)}_ascii`;
    await database.sql.query(
      `create database "${name}" template template0 encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C'`,
    );
    const url = new URL(database.url);
    url.pathname = `/${name}`;
    try {
      await using sql = openDatabase(url.href, {
        side: 'test',
        applicationName: 'drover test',
        max: 1,
      });
      expect(await checked(sql, 'target')).toMatchObject([
        { rule: 'server-version' },
        {
          level: 'warning',
          rule: 'encoding-unknown',
          subject: 'target',
          reason: expect.stringContaining(name) as string,
        },
      ]);
    } finally {
      await database.sql.query(`drop database "${name}"`);
    }
  });
});

import type { CheckContext, Finding, SqlExecutor } from '@drover/core';
import { serverVersion } from '@drover/postgres';

const OLDEST_VERSION = 110000;

/** Settings that end a long statement, transaction or connection; Drover lifts them for its sessions. */
const TIMEOUTS = [
  'statement_timeout',
  'idle_in_transaction_session_timeout',
  'transaction_timeout',
  'idle_session_timeout',
];

/** Connections that every process holds besides those of its attempts: planning, ledger, added columns. */
const CONNECTIONS_BESIDES = { source: 2, target: 7 };

/** Version, role, timeouts and connections of one server. Throws where it cannot be reached. */
export async function* checkServer(
  sql: SqlExecutor,
  side: 'source' | 'target',
  context: CheckContext,
): AsyncGenerator<Finding> {
  const version = await serverVersion(sql);
  const [about] = await sql.query(
    `select current_setting('server_version') as version, current_user as role, current_database() as database,
            pg_is_in_recovery() as standby, current_setting('server_encoding') as encoding`,
  );
  yield {
    level: version < OLDEST_VERSION ? 'error' : 'info',
    rule: 'server-version',
    subject: side,
    reason: `Postgres ${about?.['version']}, database ${about?.['database']}, role ${about?.['role']}, encoding ${about?.['encoding']}`,
    fix: version < OLDEST_VERSION ? 'Drover needs Postgres 11 or later.' : '',
  };
  if (about?.['encoding'] === 'SQL_ASCII') {
    yield {
      level: 'warning',
      rule: 'encoding-unknown',
      subject: side,
      reason: 'the database declares no encoding: a text that is not valid UTF-8 will be refused',
      fix: 'Find such rows beforehand, or expect them among the rejects.',
    };
  }
  if (about?.['standby'] === 't') yield* checkStandby(sql, side);
  yield* checkTimeouts(sql, side);
  yield* checkConnections(sql, side, context);
}

async function* checkStandby(sql: SqlExecutor, side: 'source' | 'target'): AsyncGenerator<Finding> {
  if (side === 'target') {
    yield {
      level: 'error',
      rule: 'target-read-only',
      subject: side,
      reason: 'the server is a standby and accepts no writes',
      fix: 'Point target.connection at the primary server.',
    };
    return;
  }
  const [row] = await sql.query(
    `select current_setting('max_standby_streaming_delay') as delay, current_setting('hot_standby_feedback') as feedback`,
  );
  if (row?.['delay'] === '-1' || row?.['feedback'] === 'on') return;
  yield {
    level: 'warning',
    rule: 'standby-cancels',
    subject: side,
    reason: `the server is a standby that cancels queries in the way of replay after ${row?.['delay']}`,
    fix: 'Use chunks well below that time, or set hot_standby_feedback = on on the standby.',
  };
}

async function* checkTimeouts(sql: SqlExecutor, side: string): AsyncGenerator<Finding> {
  const rows = await sql.query(
    `select name, setting, reset_val, coalesce(unit, '') as unit from pg_settings where name = any ($1::text[])`,
    [TIMEOUTS],
  );
  for (const { name, setting, reset_val: standard, unit } of rows) {
    if (setting !== '0') {
      yield {
        level: 'error',
        rule: 'server-timeout',
        subject: `${side}: ${name}`,
        reason: `is ${setting}${unit} and cannot be lifted for a session: a longer chunk is killed`,
        fix: `Connect without the proxy that forces it, or ask for: alter role current_user set ${name} = 0`,
      };
    } else if (standard !== '0') {
      yield {
        level: 'info',
        rule: 'server-timeout',
        subject: `${side}: ${name}`,
        reason: `is ${standard}${unit} for this role; Drover lifts it for its own sessions and keeps to chunk.timeLimit`,
        fix: '',
      };
    }
  }
}

async function* checkConnections(
  sql: SqlExecutor,
  side: 'source' | 'target',
  context: CheckContext,
): AsyncGenerator<Finding> {
  const [row] = await sql.query(
    `select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as usable,
            (select count(*) from pg_stat_activity where backend_type = 'client backend'
               and application_name not like 'drover%') as used,
            (select rolconnlimit from pg_roles where rolname = current_user) as role_limit`,
  );
  const free = Number(row?.['usable']) - Number(row?.['used']);
  const limit = Number(row?.['role_limit']);
  const budget = limit >= 0 ? Math.min(free, limit) : free;
  const wanted = context.attemptsAtOnce + CONNECTIONS_BESIDES[side];
  const tight = wanted > budget;
  yield {
    level: tight ? 'error' : wanted > budget / 2 ? 'warning' : 'info',
    rule: 'connection-budget',
    subject: side,
    reason: `Drover needs up to ${wanted} connections for ${context.attemptsAtOnce} chunks at once; ${budget} are free`,
    fix: tight ? 'Use fewer workers or a lower --concurrency, or raise max_connections.' : '',
  };
}

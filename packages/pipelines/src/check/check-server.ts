import type { Finding, SqlExecutor } from '@drover/core';
import { identifier } from '@drover/postgres';
import type { ServerFacts } from './server-facts.ts';

const OLDEST_VERSION = 110000;

/** Settings that end a long statement, transaction or connection; Drover lifts them for its sessions. */
const TIMEOUTS = [
  'statement_timeout',
  'idle_in_transaction_session_timeout',
  'transaction_timeout',
  'idle_session_timeout',
];

/** Where a server stands in a migration; the source alone is only read. */
export type ServerSide = 'source' | 'target' | 'ledger';

/** Version, role, encoding and timeouts of one server. */
export async function* checkServer(
  sql: SqlExecutor,
  side: ServerSide,
  facts: ServerFacts,
): AsyncGenerator<Finding> {
  const old = facts.version < OLDEST_VERSION;
  yield {
    level: old ? 'error' : 'info',
    rule: 'server-version',
    subject: side,
    reason: `Postgres ${facts.versionText}, database ${facts.database}, role ${facts.role}, encoding ${facts.encoding}`,
    fix: old ? 'Drover needs Postgres 11 or later: upgrade, or restore a dump into one.' : '',
  };
  if (facts.encoding === 'SQL_ASCII' && side !== 'ledger') {
    yield {
      level: 'warning',
      rule: 'encoding-unknown',
      subject: side,
      reason: `database ${facts.database} declares no encoding: a text that is not valid UTF-8 will be refused`,
      fix: 'Find such rows beforehand, or expect them among the rejects.',
    };
  }
  if (facts.standby) yield* checkStandby(sql, side);
  else if (facts.readOnly && side !== 'source') {
    yield {
      level: 'error',
      rule: `${side}-read-only`,
      subject: side,
      reason: `transactions of role ${facts.role} in database ${facts.database} are read only`,
      fix: `Lift it for the role: alter role ${identifier(facts.role)} in database ${identifier(facts.database)} set default_transaction_read_only = off;`,
    };
  }
  yield* checkTimeouts(sql, side, facts);
}

async function* checkStandby(sql: SqlExecutor, side: ServerSide): AsyncGenerator<Finding> {
  if (side !== 'source') {
    yield {
      level: 'error',
      rule: `${side}-read-only`,
      subject: side,
      reason: 'the server is a standby and accepts no writes',
      fix: `Point ${side}.connection at the primary server.`,
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
    fix: 'Use chunks well below that time, or on the standby: alter system set hot_standby_feedback = on;',
  };
}

async function* checkTimeouts(
  sql: SqlExecutor,
  side: string,
  facts: ServerFacts,
): AsyncGenerator<Finding> {
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
        fix: `Connect without the proxy that forces it, or ask for: alter role ${identifier(facts.role)} set ${name} = 0;`,
      };
    } else if (standard !== '0') {
      yield {
        level: 'info',
        rule: 'server-timeout',
        subject: `${side}: ${name}`,
        reason: `is ${standard}${unit} for role ${facts.role}; Drover lifts it for its own sessions and keeps to chunk.timeLimit`,
        fix: '',
      };
    }
  }
}

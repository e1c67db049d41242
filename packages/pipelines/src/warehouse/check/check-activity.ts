import { type Finding, formatDuration, type SqlExecutor } from '@drover/core';

/** A transaction that is open for longer is told. */
const LONG = '10 minutes';

/** Sessions that are told of at most. */
const MOST_TOLD = 5;

/**
 * Transactions that are open in the source for long: a sync follows changes only up to their beginning.
 * @param of.following some table is followed.
 */
export async function* checkActivity(
  sql: SqlExecutor,
  of: { readonly following: boolean },
): AsyncGenerator<Finding> {
  const rows = await sql.query(
    `select pid, usename as role, state, extract(epoch from clock_timestamp() - xact_start)::int8 as seconds
     from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()
       and xact_start < clock_timestamp() - interval '${LONG}'
       and backend_type is distinct from 'autovacuum worker'
     order by xact_start limit ${MOST_TOLD}`,
  );
  for (const { pid, role, state, seconds } of rows) {
    const age = formatDuration(BigInt(seconds ?? 0) * 1_000_000n);
    yield {
      level: of.following ? 'warning' : 'info',
      rule: 'transaction-long',
      subject: `source session ${pid}`,
      reason: `role ${role} has had a transaction open for ${age} (${state})${of.following ? ': `drover sync` follows changes only up to its beginning' : ''}`,
      fix: of.following
        ? `Let it end, or, where it was forgotten: select pg_terminate_backend(${pid});`
        : '',
    };
  }
}

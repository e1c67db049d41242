/**
 * Settings that every session pins, because a role or a server may say otherwise and each of them
 * changes what a value looks like, what is seen, or how long a lock is waited for.
 */
const PINNED: Readonly<Record<string, string>> = {
  client_encoding: 'UTF8',
  DateStyle: 'ISO, YMD',
  TimeZone: 'UTC',
  IntervalStyle: 'iso_8601',
  // Shortest exact form since Postgres 12; 17 digits, exact too, in 11.
  extra_float_digits: '3',
  bytea_output: 'hex',
  standard_conforming_strings: 'on',
  search_path: 'pg_catalog',
  // Row security must fail the query, never hide rows from it.
  row_security: 'off',
  // Time limits are Drover's own, kept by its clock: see `chunk.timeLimit`.
  statement_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  // A peer that vanished without a word is noticed within half a minute or so.
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
};

/** Settings that older servers do not know, by the version that brought them. */
const PINNED_SINCE: readonly { version: number; name: string; value: string }[] = [
  { version: 120000, name: 'tcp_user_timeout', value: '30s' },
  // Lets a backend notice in the middle of a long statement that its client is gone.
  { version: 140000, name: 'client_connection_check_interval', value: '5s' },
  { version: 140000, name: 'idle_session_timeout', value: '0' },
  { version: 170000, name: 'transaction_timeout', value: '0' },
];

const LOCK_TIMEOUT_MS = 10_000;

/** One statement list to run when a session opens; names unknown to a server are left out there. */
export function pinStatements(of: { applicationName: string; lockTimeoutMs?: number }): string {
  const own = {
    application_name: of.applicationName,
    lock_timeout: String(of.lockTimeoutMs ?? LOCK_TIMEOUT_MS),
  };
  const always = Object.entries({ ...PINNED, ...own }).map(
    ([name, value]) => `set ${name} = '${value.replaceAll("'", "''")}'`,
  );
  const since = PINNED_SINCE.map(
    ({ version, name, value }) =>
      `select set_config('${name}', '${value}', false) where current_setting('server_version_num')::int >= ${version}`,
  );
  return [...always, ...since].join('; ');
}

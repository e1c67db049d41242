import type { Finding, SqlExecutor } from '@drover/core';
import { identifier } from '@drover/postgres';
import type { ServerFacts } from './server-facts.ts';

/** What can limit the number of connections. */
export const LIMITS = ['server', 'database', 'role'] as const;

export type Limit = (typeof LIMITS)[number];

/** The connections that a migration wants on one side. */
export interface Demand {
  readonly side: string;
  readonly perAttempt: number;
  /** That every process holds besides those of its attempts. */
  readonly besides: number;
}

/**
 * Whether the attempts find the connections that they need.
 * @param of.demands that share the limits: both, where the two sides are one server.
 */
export async function* checkConnections(
  sql: SqlExecutor,
  of: {
    demands: readonly Demand[];
    limits: readonly Limit[];
    facts: ServerFacts;
    attemptsAtOnce: number;
  },
): AsyncGenerator<Finding> {
  const { role, database } = of.facts;
  const besides = of.demands.reduce((sum, demand) => sum + demand.besides, 0);
  const perAttempt = of.demands.reduce((sum, demand) => sum + demand.perAttempt, 0);
  const wanted = of.attemptsAtOnce * perAttempt + besides;
  const [tightest] = (await readLimits(sql))
    .filter(({ by }) => of.limits.includes(by))
    .sort((a, b) => a.free - b.free);
  if (tightest === undefined) return;
  const { free, by } = tightest;
  const tight = wanted > free;
  const atOnce = Math.floor((free - besides) / perAttempt);
  const fewer =
    atOnce > 0
      ? `Let at most ${atOnce} chunks run at once (--workers times --concurrency)`
      : 'End sessions that are not needed';
  const more = {
    server: 'raise max_connections in the settings of the server',
    database: `alter database ${identifier(database)} connection limit ${wanted};`,
    role: `alter role ${identifier(role)} connection limit ${wanted};`,
  }[by];
  yield {
    level: tight ? 'error' : wanted > free / 2 ? 'warning' : 'info',
    rule: 'connection-budget',
    subject: of.demands.map(({ side }) => side).join(' and '),
    reason: `Drover needs up to ${wanted} connections for ${of.attemptsAtOnce} chunks at once; ${Math.max(0, free)} are free by the limit of the ${by}`,
    fix: tight
      ? `${fewer}, or: ${more}`
      : wanted > free / 2
        ? `To leave others more room: ${more}`
        : '',
  };
}

/** Connections left by each limit that there is. Drover's own are not counted: `wanted` has them. */
async function readLimits(sql: SqlExecutor): Promise<{ by: Limit; free: number }[]> {
  const [row] = await sql.query(
    // Of sessions of others a role without pg_monitor sees neither the kind nor the state.
    `with other as (
       select datname, usename from pg_stat_activity
       where coalesce(backend_type, 'client backend') = 'client backend'
         and datid is not null and usesysid is not null and application_name not like 'drover%')
     select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
              - coalesce(current_setting('reserved_connections', true), '0')::int
              - (select count(*) from other) as server,
            (select nullif(datconnlimit, -1) - (select count(*) from other where datname = current_database())
             from pg_database where datname = current_database()) as database,
            (select nullif(rolconnlimit, -1) - (select count(*) from other where usename = current_user)
             from pg_roles where rolname = current_user) as role`,
  );
  return LIMITS.flatMap((by) => {
    const free = row?.[by];
    return free == null ? [] : [{ by, free: Number(free) }];
  });
}

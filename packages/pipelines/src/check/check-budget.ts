import type { Finding, SqlExecutor } from '@drover/core';
import { checkConnections, type Demand, LIMITS, type Limit } from './check-connections.ts';
import type { ServerFacts } from './server-facts.ts';

/** One database that a migration works with, and the connections that it wants there. */
export interface End extends Demand {
  readonly sql: SqlExecutor;
  readonly facts: ServerFacts;
}

/** Whether the attempts find the connections that they need, where both ends may be one server. */
export async function* checkBudget(
  [one, other]: readonly [End, End],
  attemptsAtOnce: number,
): AsyncGenerator<Finding> {
  const same = one.facts.identity === other.facts.identity;
  const shared: Limit[] = [
    ...(same ? (['server'] as const) : []),
    ...(same && one.facts.database === other.facts.database ? (['database'] as const) : []),
    ...(same && one.facts.role === other.facts.role ? (['role'] as const) : []),
  ];
  const own = LIMITS.filter((limit) => !shared.includes(limit));
  const both = { demands: [one, other], facts: other.facts, limits: shared };
  yield* checkConnections(other.sql, { ...both, attemptsAtOnce });
  for (const end of [one, other]) {
    const { facts } = end;
    yield* checkConnections(end.sql, { demands: [end], facts, limits: own, attemptsAtOnce });
  }
}

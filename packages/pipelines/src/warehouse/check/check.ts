import type { CheckContext, Finding } from '@drover/core';
import { type Database, openDatabase } from '@drover/postgres';
import { checkBudget, type End } from '../../check/check-budget.ts';
import { checkServer } from '../../check/check-server.ts';
import { guarded, placeOf } from '../../check/guarded.ts';
import { readServerFacts, type ServerFacts } from '../../check/server-facts.ts';
import type { WarehouseParts } from '../parts.ts';
import type { TablePlan } from '../table-plan.ts';
import { checkActivity } from './check-activity.ts';
import { checkBackends } from './check-backends.ts';
import { checkFollowing } from './check-following.ts';
import { checkFrontends } from './check-frontends.ts';
import { checkGrants } from './check-grants.ts';
import { checkLedger } from './check-ledger.ts';
import { checkMisfits } from './check-misfits.ts';
import { checkSourceRights } from './check-source-rights.ts';
import { checkStatistics } from './check-statistics.ts';
import { checkTables } from './check-tables.ts';
import { checkTargetTables } from './check-target-tables.ts';
import { checkTargetVersion } from './check-target-version.ts';
import { checkTimes } from './check-times.ts';
import { isFollowing, readPlans } from './read-plans.ts';

/** Connections of a process besides those of its attempts: catalogue, planning and control; the ledger's pool. */
const [SOURCE_BESIDES, LEDGER_BESIDES] = [3, 5];

/** Looks at everything that could stop a migration, and says what to do about it. Writes nothing. */
export async function* checkWarehouse(
  parts: WarehouseParts,
  context: CheckContext,
): AsyncGenerator<Finding> {
  const { connection } = parts.spec.ledger;
  await using ledger = openDatabase(connection, {
    side: 'ledger',
    applicationName: 'drover',
    max: 1,
  });
  const atSource = placeOf('source', parts.source);
  const atLedger = placeOf('ledger', ledger);
  const source = yield* guarded(atSource, reach(parts.source));
  const facts = yield* guarded(atLedger, checkLedger(ledger, source));
  const reached = yield* guarded('target', checkFrontends(parts.nodes.address));
  const answers = reached?.statements === true;
  if (answers) yield* guarded('target', checkTargetVersion(parts.statements));
  yield* checkTimes(parts.spec);
  if (source === null) return;
  const found = yield* guarded(atSource, readPlans(parts, context, answers));
  if (found === null) return;
  const { plans } = found;
  const ends = [
    { side: 'source', sql: parts.source, facts: source, ...sourceDemand(parts, context, plans) },
    { side: 'ledger', sql: ledger, facts, perAttempt: 0, besides: LEDGER_BESIDES },
  ] as const;
  if (facts !== null) {
    const [one, other] = ends;
    const both: [End, End] = [one, { ...other, facts }];
    yield* guarded(atSource, checkBudget(both, context.attemptsAtOnce));
  }
  const readable = yield* guarded(atSource, checkSourceRights(parts, plans, source.role));
  yield* checkTables(parts, found);
  yield* guarded(atSource, checkStatistics(parts, plans));
  const following = plans.filter((plan) => isFollowing(parts, plan));
  yield* guarded(atSource, checkActivity(parts.source, { following: following.length > 0 }));
  yield* guarded(atSource, checkFollowing(parts, following));
  if (answers) {
    yield* guarded('target', checkBackends(parts, plans, reached));
    yield* guarded('target', checkGrants(parts.statements, context, plans));
    yield* guarded('target', checkTargetTables(parts, context, plans));
  }
  // Last, as it takes longest.
  yield* guarded(atSource, checkMisfits(parts, { ...found, plans: readable ?? [] }));
}

async function* reach(sql: Database): AsyncGenerator<Finding, ServerFacts> {
  const facts = await readServerFacts(sql);
  yield* checkServer(sql, 'source', facts);
  return facts;
}

/** An attempt has one connection; at a table without a key one for each load, and one that holds the snapshot. */
function sourceDemand(
  { spec }: WarehouseParts,
  { attemptsAtOnce }: CheckContext,
  plans: readonly TablePlan[],
): { perAttempt: number; besides: number } {
  const wholes = plans.filter(({ key }) => key.length === 0).length;
  const besides = SOURCE_BESIDES + Math.min(attemptsAtOnce, wholes) * spec.load.parts;
  return { perAttempt: 1, besides };
}

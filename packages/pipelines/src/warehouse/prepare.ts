import { DroverError, EMPTY_RECEIPT, type MoveContext, type Receipt } from '@drover/core';
import type { Anchor } from './anchor.ts';
import { compareTable } from './compare-table.ts';
import { createDatabaseStatement, createTableStatement } from './ddl.ts';
import { targetIdentifier } from './names.ts';
import type { WarehouseParts } from './parts.ts';
import type { TablePlan } from './table-plan.ts';
import { aliveBackends, readExisting } from './target-tables.ts';

/** Copies that Doris itself makes by default. */
const DEFAULT_REPLICAS = 3;

/** Makes the table, or finds that the one that is there can take what is sent. */
export async function prepareTable(
  parts: WarehouseParts,
  { plan, anchor }: { plan: TablePlan; anchor: Anchor },
  context: MoveContext,
): Promise<Receipt> {
  const { statements } = parts;
  const { signal } = context;
  const { outside } = context.gate;
  const done = { receipt: EMPTY_RECEIPT, rejects: [] };
  // Asked before anything is changed: an attempt that has lost the chunk drops no table.
  await outside.mayCommit(done);
  const table = `${targetIdentifier(plan.database)}.${targetIdentifier(plan.table)}`;
  await statements.query(createDatabaseStatement(plan.database), signal);
  if (anchor.dropTables) await statements.query(`DROP TABLE IF EXISTS ${table} FORCE`, signal);
  const existing = await readExisting(statements, plan);
  if (existing === null) {
    const replicas = await replicasOf(parts);
    await statements.query(createTableStatement(plan, { replicas }), signal);
  } else {
    const fault = compareTable(plan, existing).find(({ level }) => level === 'error');
    if (fault !== undefined) {
      throw new DroverError('TABLE_CONFLICT', {
        message: `${fault.subject}: ${fault.reason}.`,
        hint: fault.fix,
      });
    }
  }
  await outside.settle(done);
  return EMPTY_RECEIPT;
}

/** What makes the databases and the tables of a run. */
export async function targetStatements(
  parts: WarehouseParts,
  anchor: Anchor,
): Promise<readonly string[]> {
  const replicas = await replicasOf(parts);
  const plans = await Promise.all(
    anchor.tables.map(({ stream, fingerprint }) => parts.catalogue.plan(stream, fingerprint)),
  );
  const databases = new Set(plans.map(({ database }) => database));
  return [
    ...[...databases].map(createDatabaseStatement),
    ...plans.map((plan) => createTableStatement(plan, { replicas })),
  ];
}

/** As many copies as the file says, or as Doris makes by default and there are backends for. */
export async function replicasOf(parts: WarehouseParts): Promise<number> {
  const { replicas } = parts.spec.target;
  if (replicas !== undefined) return replicas;
  const alive = await aliveBackends(parts.statements);
  if (alive > 0) return Math.min(DEFAULT_REPLICAS, alive);
  throw new DroverError('SERVER_UNAVAILABLE', { message: 'target: no backend is alive.' });
}

import {
  type ClaimedChunk,
  DroverError,
  EMPTY_RECEIPT,
  type MoveContext,
  type Receipt,
} from '@drover/core';
import type { Anchor } from './anchor.ts';
import { compareTable } from './compare-table.ts';
import { createDatabaseStatement, createTableStatement } from './ddl.ts';
import type { WarehouseParts } from './parts.ts';
import { replicasOf } from './replicas.ts';
import { createStage, dropTables, putInPlace, stagesOf, tidy } from './stage-table.ts';
import type { TablePlan } from './table-plan.ts';
import type { TargetSql } from './target-sql.ts';
import { readExisting } from './target-tables.ts';

/** Makes the table, or finds that the one that is there can take what is sent. */
export async function prepareTable(
  parts: WarehouseParts,
  of: { plan: TablePlan; chunk: ClaimedChunk; anchor: Anchor },
  context: MoveContext,
): Promise<Receipt> {
  const { plan, anchor } = of;
  const { statements } = parts;
  const { signal } = context;
  const { outside } = context.gate;
  const done = { receipt: EMPTY_RECEIPT, rejects: [] };
  await statements.query(createDatabaseStatement(plan.database), signal);
  const existing = await readExisting(statements, plan);
  if (existing === null) {
    const replicas = await replicasOf(parts);
    await statements.query(createTableStatement(plan, { replicas }), signal);
  } else if (anchor.dropTables) {
    await replaceByEmpty(parts, of, context);
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

/**
 * An empty table of the attempt's own takes the place of the one that is there: an attempt that has lost the chunk
 * finds that its table was dropped, and so cannot empty what was filled since.
 */
async function replaceByEmpty(
  parts: WarehouseParts,
  of: { plan: TablePlan; chunk: ClaimedChunk },
  context: MoveContext,
): Promise<void> {
  const { plan, chunk } = of;
  const { migrationId, signal } = context;
  const target: TargetSql = { query: (text) => parts.statements.query(text, signal) };
  const left = { migrationId, database: plan.database, chunkId: chunk.id };
  await dropTables(target, plan, await stagesOf(target, left));
  const stage = await createStage(parts, of, context);
  try {
    await context.reached('staged');
    await context.gate.outside.mayCommit({ receipt: EMPTY_RECEIPT, rejects: [] });
    await context.reached('fenced');
    await putInPlace(target, plan, stage);
  } catch (error) {
    await tidy(parts, plan, stage);
    throw error;
  }
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

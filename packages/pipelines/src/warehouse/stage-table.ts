import type { MoveContext } from '@drover/core';
import { createTableStatement } from './ddl.ts';
import { targetIdentifier } from './names.ts';
import type { WarehouseParts } from './parts.ts';
import { replicasOf } from './replicas.ts';
import type { TablePlan } from './table-plan.ts';
import type { TargetSql } from './target-sql.ts';
import { tablesLike } from './target-tables.ts';

/** An attempt that ends does not wait longer than this for its table to be dropped. */
const TIDY_MS = 10_000;

/** Names of the tables that attempts at a chunk make, to take the place of the one that is there, begin so. */
const stagePrefix = (migrationId: string, chunkId: number): string =>
  `drover_stage_${migrationId.slice(0, 8)}_${chunkId}_`;

/** The tables that attempts at the chunk have left. */
export function stagesOf(
  target: TargetSql,
  { migrationId, database, chunkId }: { migrationId: string; database: string; chunkId: number },
): Promise<readonly string[]> {
  return tablesLike(target, { database, prefix: stagePrefix(migrationId, chunkId) });
}

/** Makes an empty table of the plan's form for one attempt. @returns its name. */
export async function createStage(
  parts: WarehouseParts,
  of: { readonly plan: TablePlan; readonly chunk: { readonly id: number } },
  { migrationId, signal }: MoveContext,
): Promise<string> {
  const stage = `${stagePrefix(migrationId, of.chunk.id)}${parts.uuid().slice(0, 8)}`;
  const replicas = await replicasOf(parts);
  await parts.statements.query(createTableStatement(of.plan, { replicas, table: stage }), signal);
  return stage;
}

/** The table takes the place and the name of the plan's; the one that was there is gone. */
export async function putInPlace(
  target: TargetSql,
  plan: Pick<TablePlan, 'database' | 'table'>,
  stage: string,
): Promise<void> {
  const table = `${targetIdentifier(plan.database)}.${targetIdentifier(plan.table)}`;
  await target.query(
    `ALTER TABLE ${table} REPLACE WITH TABLE ${targetIdentifier(stage)} PROPERTIES('swap' = 'false')`,
  );
}

/** What is dropped, no attempt can put into place any more. */
export async function dropTables(
  target: TargetSql,
  { database }: Pick<TablePlan, 'database'>,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    await target.query(
      `DROP TABLE IF EXISTS ${targetIdentifier(database)}.${targetIdentifier(name)} FORCE`,
    );
  }
}

/** Best effort, and within seconds: the next attempt drops what is left. */
export async function tidy(
  parts: WarehouseParts,
  plan: Pick<TablePlan, 'database'>,
  stage: string,
): Promise<void> {
  const signal = AbortSignal.timeout(TIDY_MS);
  const target: TargetSql = { query: (text) => parts.statements.query(text, signal) };
  await dropTables(target, plan, [stage]).catch(() => {});
}

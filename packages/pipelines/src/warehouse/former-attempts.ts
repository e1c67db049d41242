import type { OpenContext } from '@drover/core';
import { endDeletions, targetOf, visibleMs } from './labels.ts';
import type { WarehouseParts } from './parts.ts';
import { dropTables, stagesOf } from './stage-table.ts';
import type { TargetSql } from './target-sql.ts';

/**
 * Keeps attempts of earlier runs, whose process may have been frozen right before it committed, from writing what
 * is old into what this run moves: their loads are given up, the tables that they made are dropped.
 */
export async function endFormerAttempts(
  parts: WarehouseParts,
  { migrationId, unsettled, log }: OpenContext,
): Promise<void> {
  const { byStream } = await parts.catalogue.plans();
  const { signal } = new AbortController();
  const how = { txnId: null, withinMs: visibleMs(parts), signal };
  const target: TargetSql = { query: (text) => parts.statements.query(text) };
  for (const { stream, ...chunk } of unsettled) {
    const plan = byStream.get(stream);
    if (plan === undefined) continue;
    const isIn = await parts.loader.settleLabel(targetOf({ migrationId }, plan, chunk), how);
    await endDeletions(parts, { plan, chunk }, { migrationId, signal });
    const of = { migrationId, database: plan.database, chunkId: chunk.id };
    await dropTables(target, plan, await stagesOf(target, of));
    log.info('an attempt of an earlier run is ended', {
      table: stream,
      chunk: chunk.id,
      committed: isIn === true,
    });
  }
}

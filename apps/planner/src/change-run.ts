import { DroverError, type Run, type RunEvent } from '@drover/core';
import { neededLedger, viewMigration } from './migration-context.ts';

export interface ChangedRun {
  readonly run: Run;
  readonly changed: boolean;
  /** Chunks given up by a cancellation. */
  readonly chunks: number;
}

/**
 * Applies an event to the unfinished runs of a migration. Workers everywhere notice within seconds.
 * @throws DroverError RUN_MISSING where there is none.
 */
export async function changeUnfinishedRun(
  options: { file: string; dryRun: boolean },
  event: RunEvent,
): Promise<readonly ChangedRun[]> {
  await using view = await viewMigration(options.file);
  const { ledger, migration } = neededLedger(view);
  const runs = await ledger.unfinishedRuns(migration.id);
  if (runs.length === 0) {
    throw new DroverError('RUN_MISSING', {
      message: `Migration "${migration.name}" has no unfinished run.`,
    });
  }
  const changes: ChangedRun[] = [];
  for (const run of runs) {
    const changed = !options.dryRun && (await ledger.changeRun({ runId: run.id, event }));
    const chunks = changed && event === 'cancel' ? await ledger.cancelChunks(run.id) : 0;
    changes.push({ run, changed, chunks });
  }
  return changes;
}

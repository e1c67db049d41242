import { DroverError, RUN_TRANSITIONS, type RunEvent, type RunState } from '@drover/core';
import { neededLedger, viewMigration } from './migration-context.ts';

export interface ChangedRun {
  readonly run: number;
  /** Before the change. */
  readonly was: RunState;
  /** Whether its state allows the event. */
  readonly applies: boolean;
  /** Whether it was changed; never with --dry-run. */
  readonly changed: boolean;
  /** Chunks given up by a cancellation. */
  readonly chunks: number;
}

/**
 * Applies an event to the unfinished runs of a migration. Workers everywhere notice within seconds.
 * @throws DroverError RUN_MISSING where there is none.
 */
export async function changeUnfinishedRuns(
  options: { file: string; dryRun: boolean },
  event: RunEvent,
): Promise<readonly ChangedRun[]> {
  await using view = await viewMigration(options.file);
  const { ledger, migration } = neededLedger(view);
  const runs = await ledger.unfinishedRuns(migration.id);
  if (runs.length === 0) throw noUnfinishedRun(migration.name);
  const changes: ChangedRun[] = [];
  for (const run of runs) {
    const changed = !options.dryRun && (await ledger.changeRun({ runId: run.id, event }));
    const chunks = changed && event === 'cancel' ? await ledger.cancelChunks(run.id) : 0;
    const applies = RUN_TRANSITIONS[run.state][event] !== null;
    changes.push({ run: run.id, was: run.state, applies, changed, chunks });
  }
  return changes;
}

export function noUnfinishedRun(migration: string): DroverError {
  return new DroverError('RUN_MISSING', {
    message: `Migration "${migration}" has no unfinished run.`,
    hint: '`drover status` shows the newest run; `drover run` starts one.',
  });
}

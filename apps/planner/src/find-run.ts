import { DroverError, type Run, type RunKind } from '@drover/core';
import type { MigrationRecord } from './migration-context.ts';

/**
 * The run that a person asked for by its number, or the newest.
 * @throws DroverError RUN_MISSING, also for a run of another migration.
 */
export async function findRun(
  { ledger, migration }: MigrationRecord,
  wanted: { run?: number; kind?: RunKind },
): Promise<Run> {
  const run =
    wanted.run === undefined
      ? await ledger.latestRun({
          migrationId: migration.id,
          ...(wanted.kind === undefined ? {} : { kind: wanted.kind }),
        })
      : await ledger.findRun(wanted.run);
  if (run?.migrationId === migration.id) return run;
  throw new DroverError('RUN_MISSING', {
    message:
      wanted.run === undefined
        ? `Migration "${migration.name}" has no run yet.`
        : `Migration "${migration.name}" has no run ${wanted.run}.`,
    hint: '`drover status` shows the newest run; `drover run` starts one.',
  });
}

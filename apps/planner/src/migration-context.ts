import { type LoadedMigration, loadMigration, systemHost } from '@drover/config';
import { DroverError, type Ledger, type Migration, type Pipeline } from '@drover/core';
import { createPostgresLedger, isInstalled } from '@drover/ledger';
import { loadPipeline } from '@drover/pipelines';
import { openDatabase } from '@drover/postgres';

/** What is on record of a migration that ran at least once. */
export interface MigrationRecord {
  readonly ledger: Ledger;
  readonly migration: Migration;
}

/** A migration for commands that only read: nothing is made anywhere. */
export interface MigrationView extends AsyncDisposable {
  readonly loaded: LoadedMigration;
  readonly pipeline: Pipeline;
  /** null where the ledger was not made yet, or the migration never ran, or the ledger cannot be read. */
  readonly ledger: MigrationRecord | null;
  /** Why the ledger cannot be read; null where that is not the reason. */
  readonly trouble: DroverError | null;
}

export async function viewMigration(file: string): Promise<MigrationView> {
  const loaded = await loadMigration(file, loadPipeline);
  const { definition, spec, lists } = loaded;
  const ledgerDatabase = openDatabase(definition.ledgerConnection(spec), {
    side: 'ledger',
    applicationName: 'drover ledger',
    max: 5,
  });
  const pipeline = definition.create({ spec, lists, host: systemHost });
  const close = async () => {
    await Promise.all([pipeline.close(), ledgerDatabase.close()]);
  };
  const view = { loaded, pipeline, [Symbol.asyncDispose]: close };
  const ledger = createPostgresLedger(ledgerDatabase, systemHost);
  try {
    const known = await isInstalled(ledgerDatabase);
    const migration = known ? await ledger.findMigration(spec.name) : null;
    const record = migration === null ? null : { ledger, migration };
    return { ...view, ledger: record, trouble: null };
  } catch (error) {
    // check works without a ledger, and says itself what is wrong with the target; others need it.
    if (error instanceof DroverError) return { ...view, ledger: null, trouble: error };
    await close();
    throw error;
  }
}

/** The ledger of a migration that must have one. */
export function neededLedger(view: MigrationView): MigrationRecord {
  if (view.ledger !== null) return view.ledger;
  if (view.trouble !== null) throw view.trouble;
  throw new DroverError('RUN_MISSING', {
    message: `The target has no record of a migration "${view.loaded.spec.name}".`,
    hint: 'Start a run with `drover run`, or give the right file with -f.',
  });
}

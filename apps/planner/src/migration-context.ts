import { type LoadedMigration, loadMigration } from '@drover/config';
import { DroverError, type Ledger, type Log, type Migration, type Pipeline } from '@drover/core';
import { createPostgresLedger, isInstalled } from '@drover/ledger';
import { loadPipeline } from '@drover/pipelines';
import { openDatabase } from '@drover/postgres';
import { systemHost } from '@drover/worker';

/** A migration for commands that only read: nothing is made anywhere. */
export interface MigrationView extends AsyncDisposable {
  readonly loaded: LoadedMigration;
  readonly pipeline: Pipeline;
  /** null where the ledger was not made yet, or the migration never ran. */
  readonly ledger: { readonly ledger: Ledger; readonly migration: Migration } | null;
}

export async function viewMigration(file: string): Promise<MigrationView> {
  const loaded = await loadMigration(file, loadPipeline);
  const { definition, spec, lists } = loaded;
  const database = openDatabase(definition.ledgerConnection(spec), {
    side: 'ledger',
    applicationName: 'drover ledger',
    max: 5,
  });
  const pipeline = definition.create({ spec, lists, host: systemHost });
  const close = async () => {
    await Promise.all([pipeline.close(), database.close()]);
  };
  const ledger = createPostgresLedger(database, systemHost);
  try {
    const migration = (await isInstalled(database)) ? await ledger.findMigration(spec.name) : null;
    return {
      loaded,
      pipeline,
      ledger: migration === null ? null : { ledger, migration },
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    // check and plan work without a ledger; they say themselves what is wrong with the target.
    if (error instanceof DroverError) {
      return { loaded, pipeline, ledger: null, [Symbol.asyncDispose]: close };
    }
    await close();
    throw error;
  }
}

/** The ledger of a migration that must have one. */
export function neededLedger(view: MigrationView): { ledger: Ledger; migration: Migration } {
  if (view.ledger !== null) return view.ledger;
  throw new DroverError('RUN_MISSING', {
    message: `The target has no record of a migration "${view.loaded.spec.name}".`,
  });
}

export const noLog: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => noLog };

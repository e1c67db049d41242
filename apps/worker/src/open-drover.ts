import { type LoadedMigration, loadMigration, systemHost } from '@drover/config';
import type { ChunkQueue, Host, Ledger, Log, Migration, Outage, Pipeline } from '@drover/core';
import type { AttemptLimits } from '@drover/engine';
import { createPostgresLedger } from '@drover/ledger';
import { loadPipeline } from '@drover/pipelines';
import { type Database, openDatabase, probeServer } from '@drover/postgres';
import { installQueue, openChunkQueue } from '@drover/queue';

/** Connections that a process holds to its ledger. */
const LEDGER_CONNECTIONS = 5;

/** Longer than any closing step holds a chunk's row; then its holder is taken for frozen. */
const LEDGER_LOCK_TIMEOUT_MS = 2_000;

/** A migration with all that works on it, wired together. */
export interface Drover extends AsyncDisposable {
  readonly loaded: LoadedMigration;
  readonly migration: Migration;
  readonly ledger: Ledger;
  readonly ledgerDatabase: Database;
  readonly queue: ChunkQueue;
  readonly pipeline: Pipeline;
  readonly host: Host;
  /** Which of its databases cannot be reached at present. Never throws. */
  probe(): Promise<readonly Outage[]>;
  readonly limits: AttemptLimits;
  /** Rejects that a run may have. */
  readonly maxRejectsInRun: number;
  readonly log: Log;
}

/**
 * Reads the file and opens the ledger, which is made where there is none, and the queue.
 * @throws DroverError FILE_INVALID, CONNECTION_LOST, QUEUE_UNAVAILABLE, ...
 */
export async function openDrover(options: { file: string; log: Log }): Promise<Drover> {
  const loaded = await loadMigration(options.file, loadPipeline);
  const { definition, spec, lists } = loaded;
  const ledgerDatabase = openDatabase(definition.ledgerConnection(spec), {
    side: 'ledger',
    applicationName: 'drover ledger',
    max: LEDGER_CONNECTIONS,
    lockTimeoutMs: LEDGER_LOCK_TIMEOUT_MS,
  });
  try {
    const ledger = createPostgresLedger(ledgerDatabase, systemHost);
    await ledger.install();
    const migration = await ledger.openMigration({ name: spec.name, pipeline: spec.pipeline });
    await installQueue(spec.queue);
    const queue = openChunkQueue(spec.queue, migration.id);
    const pipeline = definition.create({ spec, lists, host: systemHost });
    const { max, firstPause, longestPause } = spec.attempts;
    return {
      loaded,
      migration,
      ledger,
      ledgerDatabase,
      queue,
      pipeline,
      host: systemHost,
      async probe() {
        const [own, others] = await Promise.all([
          probeServer(definition.ledgerConnection(spec), 'ledger'),
          pipeline.probe(),
        ]);
        return own === null ? others : [own, ...others];
      },
      limits: {
        max,
        firstPauseMs: Number(firstPause / 1000n),
        longestPauseMs: Number(longestPause / 1000n),
      },
      maxRejectsInRun: spec.rejects.maxPerRun,
      log: options.log,
      async [Symbol.asyncDispose]() {
        await Promise.all([pipeline.close(), queue.close()]);
        await ledgerDatabase.close();
      },
    };
  } catch (error) {
    await ledgerDatabase.close();
    throw error;
  }
}

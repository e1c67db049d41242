import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Run, WorkerRecord } from '@drover/core';
import { type Door, type NarrowRow, openDoor, startTcpProxy, until } from '@drover/testkit';
import type { Drover } from '../open-drover.ts';
import {
  type MigrationFixture,
  migrationFixture,
  openFixture,
  startedRun,
} from './migration-fixture.ts';
import { startWorkerProcess, type WorkerProcess } from './worker-process.ts';

/** How a migration file names a variable of the environment. */
const reference = (name: string): string => `\${${name}}`;

/** The first bytes that a worker sends into a staging table. */
const MIDDLE_OF_A_COPY = 'copy pg_temp.drover_stage';

/** A migration of which one machine reaches source, target and queue through doors, and another directly. */
export interface DooredMigration extends AsyncDisposable {
  readonly fixture: MigrationFixture;
  /** Opened directly, in this process. */
  readonly drover: Drover;
  readonly run: Run;
  readonly source: Door;
  /** The ledger is behind it as well. */
  readonly target: Door;
  readonly queue: Door;
  /** Starts a worker behind the doors. Ended with the migration at the latest. */
  worker(options?: readonly string[]): WorkerProcess;
  /** A worker behind the doors that stands in the middle of its first data chunk until it is released. */
  workerInTheMiddle(options?: readonly string[]): Promise<WorkerProcess & { release(): void }>;
  workerElsewhere(options?: readonly string[]): WorkerProcess;
  finished(): Promise<void>;
  /** What the ledger last heard of the worker. */
  heardOf(worker: WorkerProcess): Promise<WorkerRecord | undefined>;
  /** Attempts burnt, over all chunks. */
  burnt(): Promise<number>;
}

export async function dooredMigration(
  servers: { readonly postgresUrl: string; readonly redisUrl: string },
  rows: readonly NarrowRow[],
): Promise<DooredMigration> {
  const source = await openDoor(servers.postgresUrl);
  const target = await openDoor(servers.postgresUrl);
  const queue = await openDoor(servers.redisUrl);
  const line = await startTcpProxy(target.url);
  const fixture = await migrationFixture({
    postgresUrl: servers.postgresUrl,
    queueUrl: reference('QUEUE_URL'),
    rows,
    spec: {
      source: { connection: reference('SOURCE_URL') },
      target: { connection: reference('TARGET_URL'), schema: 'wide' },
      // None to spare: what burns one parks the chunk.
      attempts: { max: 1 },
    },
  });
  const elsewhere = mkdtempSync(join(tmpdir(), 'drover-elsewhere-'));
  const file = join(elsewhere, 'migration.yaml');
  copyFileSync(fixture.file, file);
  const environment = (folder: string, sourceUrl: string, targetUrl: string, queueUrl: string) => {
    const database = (url: string) =>
      Object.assign(new URL(url), { pathname: new URL(fixture.database.url).pathname }).href;
    writeFileSync(
      join(folder, '.env'),
      `SOURCE_URL=${database(sourceUrl)}\nTARGET_URL=${database(targetUrl)}\nQUEUE_URL=${queueUrl}\n`,
    );
  };
  environment(fixture.folder, source.url, line.url, queue.url);
  environment(elsewhere, servers.postgresUrl, servers.postgresUrl, servers.redisUrl);
  const drover = await openFixture({ ...fixture, file });
  const run = await startedRun(drover);
  const processes: WorkerProcess[] = [];
  const start = (of: string, options: readonly string[] = []) => {
    const worker = startWorkerProcess(of, options);
    processes.push(worker);
    return worker;
  };
  return {
    fixture,
    drover,
    run,
    source,
    target,
    queue,
    worker: (options) => start(fixture.file, options),
    async workerInTheMiddle(options) {
      const hold = line.holdAt(MIDDLE_OF_A_COPY);
      const worker = start(fixture.file, options);
      await hold.arrived;
      return { ...worker, release: hold.release };
    },
    workerElsewhere: (options) => start(file, options),
    finished: () =>
      until('the run is done', async () => {
        const { state } = (await drover.ledger.findRun(run.id)) ?? run;
        return state === 'done';
      }),
    async heardOf({ pid }) {
      const workers = await drover.ledger.workers(drover.migration.id);
      return workers.find((worker) => worker.pid === pid);
    },
    async burnt() {
      const [row] = await fixture.database.sql.query(
        'select coalesce(sum(attempts), 0) as burnt from drover.chunk',
      );
      return Number(row?.['burnt']);
    },
    async [Symbol.asyncDispose]() {
      for (const one of processes) await one[Symbol.asyncDispose]();
      await drover[Symbol.asyncDispose]();
      for (const door of [line, source, target, queue]) await door[Symbol.asyncDispose]();
      await fixture[Symbol.asyncDispose]();
      rmSync(elsewhere, { recursive: true, force: true });
    },
  };
}

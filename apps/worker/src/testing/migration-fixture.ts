import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Delivery, Milestone, Pipeline, RunOptions } from '@drover/core';
import {
  AttemptsInHand,
  Congestion,
  Coordinator,
  executeDelivery,
  startRun,
  Throttler,
  type Workshop,
} from '@drover/engine';
import {
  createNarrowTable,
  insertNarrowRows,
  type NarrowRow,
  readWideTables,
  type ScratchDatabase,
  scratchDatabase,
  silentLog,
  type WideTables,
} from '@drover/testkit';
import { stringify } from 'yaml';
import { type Drover, openDrover } from '../open-drover.ts';

export interface FixtureOptions {
  readonly postgresUrl: string;
  /** Address of the queue; `postgres` for the database of the fixture itself. */
  readonly queueUrl: string;
  readonly spec?: { readonly [key: string]: unknown };
  readonly rows?: readonly NarrowRow[];
  /** In place of the database's own address, for instance that of a proxy. */
  readonly connect?: (url: string) => string;
}

/** A database with a narrow table, and a migration file that pivots it into the schema `wide`. */
export interface MigrationFixture extends AsyncDisposable {
  readonly database: ScratchDatabase;
  readonly folder: string;
  readonly file: string;
  wide(): Promise<WideTables>;
  insert(rows: readonly NarrowRow[]): Promise<void>;
}

export async function migrationFixture(options: FixtureOptions): Promise<MigrationFixture> {
  const database = await scratchDatabase(options.postgresUrl);
  await createNarrowTable(database.sql);
  await insertNarrowRows(database.sql, options.rows ?? []);
  const folder = mkdtempSync(join(tmpdir(), 'drover-fixture-'));
  const file = join(folder, 'migration.yaml');
  const connection = (options.connect ?? ((url) => url))(database.url);
  const spec = {
    name: `test-${randomUUID().slice(0, 8)}`,
    pipeline: 'pivot',
    source: { connection },
    target: { connection, schema: 'wide' },
    queue: { url: options.queueUrl === 'postgres' ? database.url : options.queueUrl },
    chunk: { length: '1h' },
    attempts: { firstPause: '10ms' },
    ...options.spec,
  };
  writeFileSync(file, stringify(spec));
  return {
    database,
    folder,
    file,
    wide: () => readWideTables(database.sql, 'wide', 'tbl_data_timeseries_'),
    insert: (rows) => insertNarrowRows(database.sql, rows),
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A worker's inside, one delivery at a time and stoppable at milestones. */
export function workshop(
  drover: Drover,
  options: {
    reached?: (milestone: Milestone, chunkId: number) => Promise<void>;
    pipeline?: Pipeline;
    breaker?: Workshop['breaker'];
    throttler?: Throttler;
  } = {},
): Workshop {
  return {
    ledger: drover.ledger,
    pipeline: options.pipeline ?? drover.pipeline,
    host: drover.host,
    log: silentLog,
    workerId: randomUUID(),
    limits: drover.limits,
    maxRejectsInRun: drover.maxRejectsInRun,
    // Every store is there, whatever an attempt was told.
    breaker: options.breaker ?? { look: async () => false },
    throttler: options.throttler ?? throttlerOf(drover),
    congestion: new Congestion(drover.host),
    fileHash: drover.loaded.hash,
    inHand: new AttemptsInHand(),
    stopping: new AbortController().signal,
    onPhaseClosed: () => {},
    ...(options.reached === undefined ? {} : { reached: options.reached }),
  };
}

export function throttlerOf(drover: Drover, longestHoldMs?: number): Throttler {
  return new Throttler({
    ledger: drover.ledger,
    migrationId: drover.migration.id,
    file: drover.loaded.spec.throttle,
    host: drover.host,
    stopping: new AbortController().signal,
    ...(longestHoldMs === undefined ? {} : { longestHoldMs }),
  });
}

export const openFixture = (fixture: MigrationFixture): Promise<Drover> =>
  openDrover({ file: fixture.file, log: silentLog });

export function coordinatorOf(drover: Drover, overrides: Partial<Drover> = {}): Coordinator {
  const { ledger, queue, pipeline, migration, host, loaded } = { ...drover, ...overrides };
  return new Coordinator({
    ledger,
    queue,
    pipeline,
    migration,
    host,
    log: silentLog,
    owner: randomUUID(),
    fileHash: loaded.hash,
    throttle: loaded.spec.throttle,
  });
}

/** Opens a full run and works on it in this process until the given phase has chunks to feed. */
export async function startedRun(drover: Drover, options: RunOptions = {}) {
  return startRun(
    { ...drover, log: silentLog },
    {
      kind: 'full',
      phases: ['prepare', 'data', 'finish', 'verify'],
      options,
    },
  );
}

/** Feeds and executes everything that the run has until its phase is `phase`, or to its end. */
export async function workUntil(
  drover: Drover,
  runId: number,
  phase: string | null,
  options: Parameters<typeof workshop>[1] = {},
): Promise<void> {
  await using coordinator = coordinatorOf(drover);
  const shop = workshop(drover, options);
  const noLease = new AbortController().signal;
  for (;;) {
    const run = await drover.ledger.findRun(runId);
    if (run === null || run.state !== 'running' || run.phase === phase) return;
    await coordinator.pass();
    for (const delivery of await drover.ledger.outstanding(runId)) {
      await executeDelivery(shop, delivery, noLease);
    }
  }
}

/** Feeds the phase and hands out its first delivery. */
export async function firstDelivery(drover: Drover, runId: number): Promise<Delivery> {
  await using coordinator = coordinatorOf(drover);
  await coordinator.pass();
  const [delivery] = await drover.ledger.outstanding(runId);
  if (delivery === undefined) throw new Error('nothing was fed');
  return delivery;
}

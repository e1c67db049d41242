import { randomUUID } from 'node:crypto';
import type {
  AttemptKey,
  Claim,
  Ledger,
  Migration,
  NewRun,
  Phase,
  PlannedChunk,
  ProcessHealth,
  Receipt,
  Reject,
  Run,
  Verdict,
} from '@drover/core';
import { type ScratchDatabase, scratchDatabase } from '@drover/testkit';
import { createPostgresLedger } from '../postgres-ledger.ts';

export interface LedgerFixture extends AsyncDisposable {
  readonly database: ScratchDatabase;
  readonly ledger: Ledger;
  readonly migration: Migration;
  newRun(overrides?: Partial<NewRun>): NewRun;
  /** A running run whose first phase is planned with so many chunks, and the chunks' ids. */
  plannedRun(
    chunks: number,
    phases?: readonly Phase[],
  ): Promise<{ readonly run: Run; readonly ids: readonly number[] }>;
  /** Plans a phase to its end. @returns the ids of its chunks. */
  plan(runId: number, phase: Phase, chunks: readonly PlannedChunk[]): Promise<readonly number[]>;
  /** Feeds what is due and takes the chunk, which must be to be had. */
  take(runId: number, chunkId: number): Promise<AttemptKey & { readonly claim: WonClaim }>;
  settle(key: AttemptKey, receipt?: Partial<Receipt>, rejects?: readonly Reject[]): Promise<void>;
  state(chunkId: number): Promise<string | null>;
}

type WonClaim = Extract<Claim, { won: true }>;

export async function ledgerFixture(postgresUrl: string): Promise<LedgerFixture> {
  const database = await scratchDatabase(postgresUrl);
  const ledger = createPostgresLedger(database.sql, { uuid: randomUUID });
  await ledger.install();
  const migration = await ledger.openMigration({ name: 'ships', pipeline: 'pivot' });
  const newRun = (overrides: Partial<NewRun> = {}): NewRun => ({
    migrationId: migration.id,
    kind: 'full',
    phases: ['data', 'verify'],
    fileText: 'name: ships',
    fileHash: 'hash',
    options: {},
    anchor: null,
    cutoffs: new Map(),
    ...overrides,
  });
  const plan: LedgerFixture['plan'] = async (runId, phase, chunks) => {
    await ledger.appendChunks({ runId, phase, expected: 0, chunks, complete: true });
    const rows = await database.sql.query(
      'select id from drover.chunk where run_id = $1 and phase = $2 order by ordinal',
      [runId, phase],
    );
    return rows.map((row) => Number(row['id']));
  };
  return {
    database,
    ledger,
    migration,
    newRun,
    plan,
    async plannedRun(chunks, phases = ['data', 'verify']) {
      const run = await ledger.createRun(newRun({ phases }));
      return { run, ids: await plan(run.id, run.phase, plannedChunks(chunks)) };
    },
    async take(runId, chunkId) {
      await ledger.feed({ runId, depth: 1000 });
      const attempt = newAttempt(runId, chunkId);
      const claim = await ledger.claim(attempt);
      if (!claim.won) throw new Error(`chunk ${chunkId} is ${claim.chunkState}`);
      return { chunkId, token: attempt.token, claim };
    },
    settle: ({ chunkId, token }, receipt = {}, rejects = []) =>
      database.sql.transaction((sql) =>
        ledger.settle(sql, {
          chunkId,
          token,
          receipt: receiptOf(receipt),
          rejects,
          maxRejectsInRun: 1_000,
        }),
      ),
    async state(chunkId) {
      const [row] = await database.sql.query('select state from drover.chunk where id = $1', [
        chunkId,
      ]);
      return row?.['state'] ?? null;
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

export function plannedChunks(count: number, of: Partial<PlannedChunk> = {}): PlannedChunk[] {
  return Array.from({ length: count }, (_, index) => ({
    ordinal: index,
    stream: 'fleet',
    range: { at: index },
    estimatedRows: 100,
    originId: null,
    ...of,
  }));
}

export function newAttempt(runId: number, chunkId: number) {
  const token = randomUUID();
  return {
    runId,
    chunkId,
    token,
    delivery: 1,
    applicationName: `drover r${runId} c${chunkId} ${token.slice(0, 13)}`,
    workerId: 'worker',
    host: 'host',
    pid: 1,
  };
}

export function receiptOf(overrides: Partial<Receipt> = {}): Receipt {
  return {
    read: 0,
    loaded: 0,
    rejected: 0,
    skipped: 0,
    nulled: 0,
    written: 0,
    bytesRead: 0,
    bytesWritten: 0,
    parts: [],
    sourceSnapshot: null,
    ...overrides,
  };
}

export function healthOf(overrides: Partial<ProcessHealth> = {}): ProcessHealth {
  return {
    spanMs: 2000,
    heapUsedBytes: 0,
    externalBytes: 0,
    gcCount: 0,
    gcMs: 0,
    gcTotalMs: 0,
    loopDelayMs: { p50: 0, p99: 0, max: 0 },
    cpuShare: 0,
    ...overrides,
  };
}

export function rejectOf(ship: string, rows = 1): Reject {
  return {
    key: { ship },
    rule: 'format-mismatch',
    column: null,
    reason: 'no number',
    rows,
    row: null,
  };
}

export function verdictOf(overrides: Partial<Verdict> = {}): Verdict {
  return { compared: 0, wrong: 0, stale: 0, explained: 0, differences: [], ...overrides };
}

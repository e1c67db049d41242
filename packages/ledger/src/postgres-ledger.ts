import {
  DroverError,
  type Host,
  type Ledger,
  type Run,
  type SqlDatabase,
  type SqlExecutor,
} from '@drover/core';
import { install } from './install.ts';
import { analyzeChunks, outgrewStatistics } from './statements/analyze-chunks.ts';
import { appendChunks, readPlanProgress } from './statements/append-chunks.ts';
import { readAttemptRecords, readAttempts } from './statements/attempts.ts';
import { readAttemptsEnded } from './statements/attempts-ended.ts';
import { changeThrottle } from './statements/change-throttle.ts';
import { claim, readFormerAttempts } from './statements/claim.ts';
import { closePhase } from './statements/close-phase.ts';
import { readCutoffs, storeCutoffs } from './statements/cutoffs.ts';
import { feed, readOutstanding, redeliver } from './statements/feed.ts';
import { storeGivenWork } from './statements/given-chunks.ts';
import { holdWork } from './statements/hold-work.ts';
import { intend, readIntent, readUnsettled } from './statements/intent.ts';
import { acquireLease, releaseLease } from './statements/leases.ts';
import { readLoad } from './statements/load.ts';
import { readDataChunks, readMoved } from './statements/moved.ts';
import { readMovingTime } from './statements/moving-time.ts';
import { findMigration, openMigration } from './statements/open-migration.ts';
import { readParked, readParkedIds } from './statements/parked.ts';
import { readParts } from './statements/parts.ts';
import { readProgress } from './statements/progress.ts';
import { countRejects, readRejects } from './statements/rejects.ts';
import { cancelChunks, release } from './statements/release.ts';
import { reopenStale } from './statements/reopen-stale.ts';
import {
  changeRun,
  findRun,
  insertRun,
  latestRun,
  readRuns,
  unfinishedRuns,
} from './statements/runs.ts';
import { fence, settle } from './statements/settle.ts';
import { settleVerdict } from './statements/settle-verdict.ts';
import { splitChunk } from './statements/split-chunk.ts';
import { takeTurn } from './statements/take-turn.ts';
import { dropParked, unpark } from './statements/unpark.ts';
import { readDifferences, readVerification } from './statements/verification.ts';
import { readWatermarks, storeWatermark } from './statements/watermarks.ts';
import { beat, readWorkers, retireWorker } from './statements/workers.ts';

/** The ledger in schema `drover` of a Postgres, by default the target's. The database stays the caller's. */
export function createPostgresLedger(database: SqlDatabase, host: Pick<Host, 'uuid'>): Ledger {
  const whole = <T>(work: (sql: SqlExecutor) => Promise<T>) => database.transaction(work);
  return {
    install: () => install(database),
    openMigration: (migration) => openMigration(database, { id: host.uuid(), ...migration }),
    findMigration: (name) => findMigration(database, name),
    cutoffs: (migrationId) => readCutoffs(database, migrationId),
    watermarks: (migrationId) => readWatermarks(database, migrationId),

    createRun: (run) =>
      whole(async (sql): Promise<Run> => {
        const created = await insertRun(sql, run);
        if (created === null) throw new DroverError('RUN_UNFINISHED');
        await storeCutoffs(sql, run.migrationId, run.cutoffs);
        if (run.given !== undefined) await storeGivenWork(sql, created.id, run.given);
        return created;
      }),
    findRun: (runId) => findRun(database, runId),
    latestRun: (query) => latestRun(database, query),
    runs: (query) => readRuns(database, query),
    unfinishedRuns: (migrationId) => unfinishedRuns(database, migrationId),
    changeRun: (change) => changeRun(database, change),

    planProgress: (of) => readPlanProgress(database, of),
    appendChunks: async (append) => {
      const won = await whole((sql) => appendChunks(sql, append));
      const planned = append.expected + append.chunks.length;
      if (won && outgrewStatistics(append.expected, planned)) await analyzeChunks(database);
      return won;
    },
    closePhase: (close) => closePhase(database, close),
    reopenStale: (of) => whole((sql) => reopenStale(sql, of)),

    feed: (of) => feed(database, of),
    outstanding: (runId) => readOutstanding(database, runId),
    redeliver: (deliveries) => redeliver(database, deliveries),

    claim: (attempt) => whole((sql) => claim(sql, attempt)),
    formerAttempts: (chunkId) => readFormerAttempts(database, chunkId),
    fence,
    settle,
    settleOutside: ({ watermark, ...settlement }) =>
      whole(async (sql) => {
        await settle(sql, settlement);
        if (watermark !== undefined) {
          await storeWatermark(sql, { chunkId: settlement.chunkId, watermark });
        }
      }),
    intend: (intent) => intend(database, intent),
    intent: (chunkId) => readIntent(database, chunkId),
    unsettled: (migrationId) => readUnsettled(database, migrationId),
    settleVerdict: (settlement) => whole((sql) => settleVerdict(sql, settlement)),
    release: (how) => release(database, how),
    cancelChunks: (runId) => cancelChunks(database, runId),
    splitChunk: (split) => whole((sql) => splitChunk(sql, split)),
    unpark: (of) => whole((sql) => unpark(sql, of)),
    dropParked: (chunkIds) => dropParked(database, chunkIds),
    moved: (verifyChunkId) => readMoved(database, verifyChunkId),
    dataChunks: (of) => readDataChunks(database, of),

    acquireLease: (lease) => acquireLease(database, lease),
    releaseLease: (lease) => releaseLease(database, lease),
    beat: (worker) => beat(database, worker),
    retireWorker: (workerId) => retireWorker(database, workerId),
    workers: (migrationId) => readWorkers(database, migrationId),

    load: (migrationId) => readLoad(database, migrationId),
    changeThrottle: (change) => changeThrottle(database, change),
    holdWork: (hold) => holdWork(database, hold),
    takeTurn: (turn) => takeTurn(database, turn),

    progress: (runId) => readProgress(database, runId),
    parts: (runId) => readParts(database, runId),
    attempts: (runId) => readAttempts(database, runId),
    attemptsEnded: (of) => readAttemptsEnded(database, of),
    attemptRecords: (of) => readAttemptRecords(database, of),
    movingTime: (runId) => readMovingTime(database, runId),
    parked: (runId) => readParked(database, runId),
    parkedIds: (of) => readParkedIds(database, of),
    rejectCounts: (runId) => countRejects(database, runId),
    rejects: (query) => readRejects(database, query),
    verification: (runId) => readVerification(database, runId),
    differences: (of) => readDifferences(database, of),
  };
}

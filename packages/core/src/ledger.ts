import type { ClaimedChunk, DataChunk, PipelineChunk, PlannedChunk, SplitPart } from './chunk.ts';
import type { ChunkState } from './chunk-state.ts';
import type { ErrorCode } from './error-code.ts';
import type { Json } from './json.ts';
import type { Outage } from './outage.ts';
import type { Intent, MovedRecord, PipelineKind, RunOptions, UnsettledChunk } from './pipeline.ts';
import type { Delivery, ParkedId } from './queue.ts';
import type { PartTally, Receipt, Tally } from './receipt.ts';
import type { Reject } from './reject.ts';
import type { Phase, RunEvent, RunKind, RunState } from './run-state.ts';
import type { SqlExecutor } from './sql.ts';
import type { LoadRecord, ThrottleSettings } from './throttle.ts';
import type { Difference, Verdict } from './verdict.ts';

/**
 * The state of record. Every write that changes a state is conditional and says whether it won, so
 * any number of processes may call any of these at any time; whoever loses does nothing.
 * Each method is one transaction. Times are milliseconds since 1970 by the ledger's own clock.
 */
export interface Ledger {
  /** Brings the schema to this version. Safe to call from several processes at once. */
  install(): Promise<void>;

  openMigration(migration: { name: string; pipeline: PipelineKind }): Promise<Migration>;
  findMigration(name: string): Promise<Migration | null>;
  /** Where backfill ends, by entity. */
  cutoffs(migrationId: string): Promise<ReadonlyMap<string, string>>;
  /** How far each stream has been followed, by stream. */
  watermarks(migrationId: string): Promise<ReadonlyMap<string, string>>;

  /**
   * Stores the run with its anchor, its cutoffs and the chunks it is born with. Throws RUN_UNFINISHED where
   * one of its kind is unfinished, or any that it must be alone among, and where a chunk to take over is not
   * parked any more.
   */
  createRun(run: NewRun): Promise<Run>;
  findRun(runId: number): Promise<Run | null>;
  /** The newest run, of any state or only an unfinished one. */
  latestRun(query: {
    migrationId: string;
    unfinished?: boolean;
    kind?: RunKind;
  }): Promise<Run | null>;
  /** All runs, or those of a kind, newest first. */
  runs(query: { migrationId: string; kind?: RunKind }): Promise<readonly Run[]>;
  /** The migration's unfinished runs, oldest first: at most one of each kind. */
  unfinishedRuns(migrationId: string): Promise<readonly Run[]>;
  changeRun(change: { runId: number; event: RunEvent; errorCode?: ErrorCode }): Promise<boolean>;

  planProgress(of: { runId: number; phase: Phase }): Promise<PlanProgress>;
  /**
   * Appends chunks to a phase that holds exactly `expected` planned ones so far, and with `complete`
   * says that there are no more. Of several planners one wins; the others read the progress again.
   */
  appendChunks(append: {
    runId: number;
    phase: Phase;
    expected: number;
    chunks: readonly PlannedChunk[];
    complete: boolean;
  }): Promise<boolean>;
  /**
   * Closes the run's phase when it is planned and no chunk of it is unfinished, and opens `next`,
   * or finishes the run where `next` is null. Of many callers one wins.
   */
  closePhase(close: { runId: number; phase: Phase; next: Phase | null }): Promise<boolean>;
  /**
   * Opens another round: data chunks whose verification found them stale are planned again as
   * their next generation, and so are their verifications. Closes the phase verify as `closePhase` does.
   * @returns how many chunks are moved again; 0 when the call changed nothing.
   */
  reopenStale(of: { runId: number; maxRounds: number }): Promise<number>;

  /** Turns due planned chunks of the run's phase into queued ones until `depth` are outstanding. */
  feed(feed: { runId: number; depth: number }): Promise<readonly Delivery[]>;
  /** Every chunk that is queued or running, under its current delivery. */
  outstanding(runId: number): Promise<readonly Delivery[]>;
  /** Offers chunks again under a new delivery, where their delivery is still the one named. */
  redeliver(deliveries: readonly Delivery[]): Promise<readonly Delivery[]>;

  /** Takes the chunk for a new attempt. Throws LOCK_TIMEOUT where an earlier attempt holds its row. */
  claim(claim: NewAttempt): Promise<Claim>;
  /** Application names of the chunk's attempts that did not end well. */
  formerAttempts(chunkId: number): Promise<readonly string[]>;
  fence(sql: SqlExecutor, of: AttemptKey): Promise<void>;
  /** Throws `Stopped('fenced')`, and TOO_MANY_REJECTS where the run would have more than it may. */
  settle(sql: SqlExecutor, settlement: AttemptKey & Settlement): Promise<void>;
  /** As `settle`, in a transaction of its own, for a target that the ledger does not share. */
  settleOutside(settlement: AttemptKey & Settlement & { watermark?: string }): Promise<void>;
  /** Writes down what the attempt is about to commit. Throws `Stopped('fenced')`. */
  intend(intent: AttemptKey & { intent: Intent }): Promise<void>;
  /** What the last attempt at this generation of the chunk that asked to commit meant to commit. */
  intent(chunkId: number): Promise<Intent | null>;
  /** Chunks that are not done, nor to be tried by themselves, after an attempt had asked to commit. */
  unsettled(migrationId: string): Promise<readonly UnsettledChunk[]>;
  settleVerdict(settlement: AttemptKey & { verdict: Verdict }): Promise<boolean>;
  /** Ends an attempt that did not settle. */
  release(release: AttemptKey & Release): Promise<boolean>;
  /**
   * Gives up every chunk of a cancelled run that is not done; one that was taken over from an earlier run is
   * parked again instead. Attempts in hand lose their token.
   */
  cancelChunks(runId: number): Promise<number>;
  /**
   * Tries parked chunks again, with fresh attempts: all of them in one transaction, which takes a finished
   * run back to the first phase that has work again. Chunks that are not parked any more are left alone.
   * Throws RUN_UNFINISHED where another run of that kind is unfinished, with `alone` any but a verification.
   */
  unpark(of: {
    runId: number;
    chunks: readonly Unparking[];
    alone?: boolean;
    /** How long a worker rests after each of them. */
    restMs: number;
  }): Promise<Unparked>;
  /** Gives up parked chunks; @returns how many. */
  dropParked(chunkIds: readonly number[]): Promise<number>;
  splitChunk(
    split: AttemptKey & { parts: readonly SplitPart[]; errorCode: ErrorCode },
  ): Promise<boolean>;
  /** What the attempt that settled the origin of a verify chunk has on record. */
  moved(verifyChunkId: number): Promise<MovedRecord>;
  /** Data chunks that are done, in the order of their ids, at most `limit` after the given one. */
  dataChunks(of: {
    runId: number;
    /** The run whose verify chunks are looked for. */
    verifiedBy: number;
    after: number;
    limit: number;
  }): Promise<readonly DataChunk[]>;

  /** A lease by name: taken when free, expired or already ours. */
  acquireLease(lease: { name: string; owner: string; ttlMs: number }): Promise<boolean>;
  releaseLease(lease: { name: string; owner: string }): Promise<void>;
  beat(worker: WorkerBeat): Promise<void>;
  retireWorker(workerId: string): Promise<void>;
  workers(migrationId: string): Promise<readonly WorkerRecord[]>;

  load(migrationId: string): Promise<LoadRecord>;
  /** Sets the limits that are named, null for lifted ones, and leaves the others as they are. */
  changeThrottle(change: { migrationId: string; settings: ThrottleSettings }): Promise<void>;
  /** Says why work is held from now on, null for not held: whoever measured decides. */
  holdWork(hold: { migrationId: string; held: string | null }): Promise<void>;
  /**
   * A turn to start a chunk. Of all that ask, nobody gets one sooner than `intervalMs` after the last one.
   * @returns 0 where it was given, else how many milliseconds to wait before asking again.
   */
  takeTurn(turn: { migrationId: string; intervalMs: number }): Promise<number>;

  /** Exact; of a running run with very many chunks it may be some seconds old. */
  progress(runId: number): Promise<RunProgress>;
  parts(runId: number): Promise<readonly PartTally[]>;
  attempts(runId: number): Promise<AttemptSummary>;
  /**
   * Attempts of the run that ended after a moment, null for its start; `untilMs` is the moment to ask from
   * next, so that nothing is missed or counted twice. An attempt ends a little before that is committed:
   * those of the last two seconds are left to the next call, unless the run is over.
   */
  attemptsEnded(of: { runId: number; afterMs: number | null }): Promise<EndedAttempts>;
  /**
   * From the start of the run's first data attempt to the end of the last, or to now while one goes on, in
   * milliseconds; null where there was none.
   */
  movingTime(runId: number): Promise<number | null>;
  /** Attempts of a run, or of one chunk, in the order in which they began. */
  attemptRecords(of: {
    runId: number;
    chunkId?: number;
    after: number;
    limit: number;
  }): Promise<readonly AttemptRecord[]>;
  parked(runId: number): Promise<readonly ParkedChunk[]>;
  /** Parked chunks of all runs of the migration; ids only. */
  parkedIds(of: { migrationId: string; limit: number }): Promise<readonly ParkedId[]>;
  rejectCounts(runId: number): Promise<readonly RejectCount[]>;
  rejects(of: RejectQuery): Promise<readonly RejectRecord[]>;
  verification(runId: number): Promise<VerificationSummary>;
  differences(of: { runId: number; limit: number }): Promise<readonly Difference[]>;
}

export interface Migration {
  /** Unique over all ledgers: queues are named after it. */
  readonly id: string;
  readonly name: string;
  readonly pipeline: PipelineKind;
}

export interface NewRun {
  readonly migrationId: string;
  readonly kind: RunKind;
  readonly phases: readonly Phase[];
  /** The migration file as written, references to secrets unresolved. */
  readonly fileText: string;
  readonly fileHash: string;
  readonly options: RunOptions;
  readonly anchor: Json;
  /** Moments to remember as the migration's cutoffs, by entity. */
  readonly cutoffs: ReadonlyMap<string, string>;
  /** Whether it is refused beside any unfinished run but a verification; by default beside one of its kind. */
  readonly alone?: boolean;
  /** What the phase data is born with, where it is not planned from the anchor. */
  readonly given?: GivenWork;
}

export interface GivenWork {
  /** How long a worker rests after each of the chunks. */
  readonly restMs: number;
  readonly chunks: readonly GivenChunk[];
  /** Parked chunks of earlier runs that these take the place of, and what of each stays parked. */
  readonly takenOver: readonly {
    readonly chunkId: number;
    readonly parked: readonly SplitPart[];
  }[];
}

/** A chunk that a run is born with. */
export interface GivenChunk extends SplitPart {
  /** The parked chunk whose place it takes, whole or in part. */
  readonly parentId: number | null;
  /** The rejects that it replays: they are closed when its data are in. */
  readonly rejectIds: readonly number[];
}

/** Ids of the chunks that are tried again, and of the parts that stay parked. */
export interface Unparked {
  readonly again: readonly number[];
  readonly parked: readonly number[];
}

/** How a parked chunk is tried again: whole, or as parts, of which some may stay parked. */
export interface Unparking {
  readonly chunkId: number;
  /** null for the whole chunk as it is. */
  readonly parts: {
    readonly again: readonly SplitPart[];
    readonly parked: readonly SplitPart[];
  } | null;
}

export interface Run {
  readonly id: number;
  readonly migrationId: string;
  readonly kind: RunKind;
  readonly state: RunState;
  readonly phases: readonly Phase[];
  /** The phase that is open; of a finished run the last one. */
  readonly phase: Phase;
  readonly round: number;
  readonly fileText: string;
  readonly fileHash: string;
  readonly options: RunOptions;
  readonly anchor: Json;
  readonly errorCode: ErrorCode | null;
  readonly createdAtMs: number;
  readonly finishedAtMs: number | null;
}

export interface PlanProgress {
  readonly planned: number;
  readonly last: PlannedChunk | null;
  readonly complete: boolean;
}

export interface AttemptKey {
  readonly chunkId: number;
  readonly token: string;
}

/** What an attempt did, to be written down in the transaction of its data. */
export interface Settlement {
  readonly receipt: Receipt;
  readonly rejects: readonly Reject[];
  /** Rejects that the whole run may have. */
  readonly maxRejectsInRun: number;
}

export interface NewAttempt extends AttemptKey {
  readonly runId: number;
  readonly delivery: number;
  readonly applicationName: string;
  readonly workerId: string;
  readonly host: string;
  readonly pid: number;
}

export type Claim =
  | {
      readonly won: true;
      readonly chunk: ClaimedChunk;
      readonly estimatedRows: number;
      /** Attempts burnt before this one. */
      readonly attempts: number;
      /** Earlier attempts of this generation that ended because a store went away. */
      readonly outages: number;
      /** How long the worker is to rest after the chunk, however it ended. */
      readonly restMs: number;
      /** Application names of attempts that this claim fenced. */
      readonly superseded: readonly string[];
    }
  | {
      readonly won: false;
      readonly chunkState: ChunkState | null;
      readonly runState: RunState | null;
    };

export type Release = {
  /** Why, for a person: names only. */
  readonly errorCode: ErrorCode | null;
  readonly errorText: string | null;
  readonly reason: string;
  /** How far the attempt had come. */
  readonly rows: number;
  readonly bytes: number;
} & ReleaseEvent;

export type ReleaseEvent =
  | { readonly event: 'retry' | 'handBack'; readonly pauseMs: number }
  | { readonly event: 'park' };

export interface WorkerBeat {
  readonly id: string;
  readonly migrationId: string;
  readonly host: string;
  readonly pid: number;
  /** Chunks that it takes at once at present: fewer while limits, or a target that pushed back, ask for it. */
  readonly concurrency: number;
  readonly rssBytes: number;
  readonly connections: number;
  readonly activity: readonly AttemptProgress[];
  /** Stores that this worker cannot reach: it takes no chunk until they are back. */
  readonly waitsFor: readonly Outage[];
  readonly health: ProcessHealth;
}

/** How a process fares. All but the sizes and the total are of the time since the look before. */
export interface ProcessHealth {
  /** The time since then. */
  readonly spanMs: number;
  readonly heapUsedBytes: number;
  /** Memory of objects that lie outside of the heap, buffers above all. */
  readonly externalBytes: number;
  readonly gcCount: number;
  readonly gcMs: number;
  /** Since it was first looked at. */
  readonly gcTotalMs: number;
  /** How late timers fired: what else the process would have answered so much later. */
  readonly loopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Processor time by time that passed: 1 is one core busy all the while. */
  readonly cpuShare: number;
}

export interface AttemptProgress {
  readonly runId: number;
  readonly chunkId: number;
  readonly phase: Phase;
  readonly label: string;
  readonly rows: number;
  readonly bytes: number;
  readonly elapsedMs: number;
}

export interface WorkerRecord extends Omit<WorkerBeat, 'health'> {
  /** null for a worker of an older version, which does not tell. */
  readonly health: ProcessHealth | null;
  readonly seenMsAgo: number;
}

export interface RunProgress {
  readonly phases: readonly PhaseProgress[];
  readonly total: Tally;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Source rows of the chunks settled in the last minute, and the time they cover. */
  readonly recent: { readonly rows: number; readonly chunks: number; readonly spanMs: number };
}

export interface PhaseProgress {
  readonly phase: Phase;
  readonly planned: boolean;
  readonly chunks: Readonly<Record<ChunkState, number>>;
  readonly estimatedRows: number;
  readonly estimatedRowsLeft: number;
}

export interface AttemptSummary {
  readonly attempts: number;
  readonly outcomes: readonly { outcome: string; errorCode: ErrorCode | null; count: number }[];
}

export interface EndedAttempts {
  readonly untilMs: number;
  readonly outcomes: readonly {
    readonly outcome: string;
    readonly errorCode: ErrorCode | null;
    readonly count: number;
    /** Source rows of those that moved data and settled. */
    readonly movedRows: number;
    /** How long they took together, and the slowest of them. */
    readonly totalMs: number;
    readonly slowestMs: number;
  }[];
}

/** One try at a chunk, as kept for ever. */
export interface AttemptRecord {
  readonly id: number;
  readonly chunkId: number;
  readonly phase: Phase;
  readonly stream: string;
  readonly range: Json;
  readonly generation: number;
  readonly workerId: string;
  readonly host: string;
  readonly pid: number;
  readonly startedAtMs: number;
  /** null while it goes on. */
  readonly endedAtMs: number | null;
  readonly outcome: string;
  readonly errorCode: ErrorCode | null;
  readonly errorText: string | null;
  /** Source rows and bytes it had read when it ended; null where nobody could tell. */
  readonly rows: number | null;
  readonly bytes: number | null;
}

export interface RejectCount {
  readonly rule: string;
  readonly rejects: number;
  readonly rows: number;
  /** Those of `rejects` that no replay has closed. */
  readonly open: number;
}

export interface RejectQuery {
  readonly runId: number;
  readonly limit: number;
  /** Only rejects with a greater id. */
  readonly after?: number;
  readonly rule?: string;
  readonly openOnly?: boolean;
}

export interface RejectRecord extends Reject {
  readonly id: number;
  /** Of the chunk that it was rejected from. */
  readonly stream: string;
  readonly runId: number;
  readonly chunkId: number;
  readonly createdAtMs: number;
  /** When a replay moved its range again; null while it is open. */
  readonly closedAtMs: number | null;
}

export interface ParkedChunk extends PipelineChunk {
  readonly estimatedRows: number;
  readonly attempts: number;
  readonly errorCode: ErrorCode | null;
  readonly errorText: string | null;
  readonly parkedAtMs: number;
}

export interface VerificationSummary {
  /** Data chunks that were not done, and so not verified. */
  readonly uncovered: number;
  readonly chunks: number;
  readonly verified: number;
  readonly compared: number;
  readonly wrong: number;
  readonly stale: number;
  readonly explained: number;
}

import type {
  ClaimedChunk,
  DataChunk,
  Generation,
  PipelineChunk,
  PlannedChunk,
  SplitPart,
} from './chunk.ts';
import type { Finding } from './finding.ts';
import type { Json } from './json.ts';
import type { Log } from './log.ts';
import type { Outage } from './outage.ts';
import type { Receipt } from './receipt.ts';
import type { Reject } from './reject.ts';
import type { Phase, RunKind } from './run-state.ts';
import type { Selections } from './selection.ts';
import type { SqlExecutor } from './sql.ts';
import type { Verdict } from './verdict.ts';

export const PIPELINE_KINDS = ['pivot', 'documents', 'mirror', 'warehouse', 'clone'] as const;

export type PipelineKind = (typeof PIPELINE_KINDS)[number];

/**
 * One of the five ways to move data. Made from a migration file; holds the connections that it
 * needs and closes them with `close`. Ranges and anchors are its own affair: the ledger keeps them
 * as JSON, and the pipeline parses them when they come back.
 */
export interface Pipeline {
  readonly kind: PipelineKind;
  /** Whether runs of kind `incremental` are possible. */
  readonly incremental: boolean;
  /** Whether runs that write exclude one another, as nothing else keeps an older state from being written last. */
  readonly exclusive: boolean;
  /** Above this an attempt at the range is stopped and its chunk split. */
  timeLimitMs(range: Json): number;
  /** Preflight. Reads only. */
  check(context: CheckContext): AsyncIterable<Finding>;
  /** Looks at the newest data: what is in it, and which lists would make tables of it. */
  analyze?(options: AnalysisOptions): Promise<SchemaAnalysis>;
  /** Called once a run; what it returns is in the ledger before the first chunk is planned. */
  open(context: OpenContext): Promise<Opening>;
  /**
   * The chunks of a phase, in order. May fail; may never skip. Goes on after `context.after`, so
   * that planning can be taken up again by anybody, even where the source has changed meanwhile.
   */
  plan(phase: Phase, anchor: Json, context: PlanContext): AsyncIterable<PlannedChunk>;
  /**
   * Moves a chunk of the phases prepare, data and finish. Doing it twice leaves what doing it once
   * leaves. Passes the gate exactly once, honours the signal.
   */
  move(chunk: ClaimedChunk, context: MoveContext): Promise<Receipt>;
  /** Two or more parts that cover exactly the chunk, or none where it cannot be divided. */
  split(chunk: PipelineChunk & { readonly estimatedRows: number }): readonly SplitPart[];
  /** Compares a chunk of the phase verify. Writes nothing. */
  verify(chunk: ClaimedChunk, context: VerifyContext): Promise<Verdict>;
  /**
   * Streams that the source holds and a run with this anchor does not look at, e.g. ships that came after
   * it was opened. null where finding out would mean reading the source from end to end.
   */
  uncovered(anchor: Json): Promise<readonly string[] | null>;
  /** Where the ranges of this pipeline can be named in lists. */
  readonly selections?: Selections;
  /** Asks each store, on a new connection, whether it is there. Within seconds; never throws. */
  probe(): Promise<readonly Outage[]>;
  /**
   * The one number that a query on the source gives, within seconds and without a right to write.
   * @throws DroverError FILE_INVALID where it gives anything else.
   */
  measure(sql: string): Promise<number>;
  /**
   * How far the standbys of source and target lag behind, the worst of them, in milliseconds; null where none
   * is seen. Throws PERMISSION_DENIED where the role may not see it.
   */
  replicationLagMs(): Promise<number | null>;
  /** Statements that make what the run with this anchor needs in the target, as a person would read them. */
  ddl?(anchor: Json): Promise<readonly string[]>;
  /** The range as a person would say it, e.g. `8 ships, 2026-01-01 00:00 + 24h`. */
  describe(range: Json): string;
  /** Ends, in source and target, every session that carries one of these application names. */
  evict(applicationNames: readonly string[]): Promise<void>;
  /** Connections to source and target that attempts hold at present. */
  connections(): number;
  /** What the databases say of their connections and their size. */
  usage(): Promise<readonly StoreUsage[]>;
  close(): Promise<void>;
}

export interface CheckContext {
  readonly log: Log;
  readonly options: RunOptions;
  /** Worker processes times their concurrency, as far as is known: the connection budget. */
  readonly attemptsAtOnce: number;
  /** Cutoffs that the ledger remembers, by entity. */
  readonly cutoffs: ReadonlyMap<string, string>;
}

export interface AnalysisOptions {
  readonly sampleMicros: bigint;
  readonly entities: readonly string[] | null;
  /** Only data before this moment. */
  readonly before: string | null;
}

export interface SchemaAnalysis {
  readonly from: string;
  readonly to: string;
  readonly rows: number;
  readonly columns: readonly {
    readonly entity: string;
    readonly name: string;
    readonly formats: readonly string[];
    readonly group: string;
    readonly type: string;
    readonly rows: number;
  }[];
  /** Groups whose rows fit into a table; a group that does not fit is divided. */
  readonly lists: readonly {
    readonly name: string;
    readonly names: readonly string[];
    readonly rowBytes: number;
  }[];
}

/** A chunk that was given up, or waits for a person, after an attempt had been about to commit it. */
export interface UnsettledChunk extends Generation {
  readonly stream: string;
}

export interface OpenContext {
  readonly log: Log;
  /** Unique over all ledgers. */
  readonly migrationId: string;
  readonly kind: RunKind;
  readonly options: RunOptions;
  /** How far each stream has been followed, by stream. */
  readonly watermarks: ReadonlyMap<string, string>;
  /** Of earlier runs: a process that was frozen may still commit them, unless it is kept from it. */
  readonly unsettled: readonly UnsettledChunk[];
  /** What the ledger remembers of earlier runs of the migration. */
  readonly cutoffs: ReadonlyMap<string, string>;
}

export interface Opening {
  /** Frozen in the run: all that planning needs to be the same however often it is taken up. */
  readonly anchor: Json;
  /** Moments to remember as the migration's cutoffs, by entity. */
  readonly cutoffs: ReadonlyMap<string, string>;
}

export interface PlanContext {
  /** The last chunk that the ledger holds of this phase. */
  readonly after: PlannedChunk | null;
  /** Data chunks that are done, of this run or of the runs that it verifies, newest run first. */
  dataChunks(): AsyncIterable<DataChunk>;
  readonly signal: AbortSignal;
}

/** What the command line adds to the file for one run. Frozen in the run. */
export interface RunOptions {
  readonly entities?: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly cutoff?: string;
  readonly dropTables?: boolean;
  readonly phases?: readonly Phase[];
  /** The runs that a verification verifies, newest first. */
  readonly verifies?: readonly number[];
}

/**
 * Milestones of an attempt, in order. Production does nothing at them; a test waits at one until
 * what it wants to race with has happened.
 */
export type Milestone = 'snapshot' | 'copying' | 'staged' | 'fenced' | 'settled' | 'committed';

export interface AttemptContext {
  /** Unique over all ledgers. */
  readonly migrationId: string;
  readonly anchor: Json;
  /** Every connection of the attempt carries it, so that a successor can end it. */
  readonly applicationName: string;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Running totals of this attempt, for people who watch. */
  progress(totals: { rows: number; bytes: number }): void;
  /**
   * Waits as long as the limits on the load demand; called between pieces of the stream, after `progress`. It
   * throws what ends the attempt meanwhile.
   */
  pace(): Promise<void>;
  reached(milestone: Milestone): Promise<void>;
}

export interface MoveContext extends AttemptContext {
  readonly gate: Gate;
}

export interface VerifyContext extends AttemptContext {
  /** How many differences to name; all are counted. */
  readonly maxDifferences: number;
  /** What the ledger knows of the data chunks that moved this range. */
  moved(): Promise<MovedRecord>;
}

export interface MovedRecord {
  readonly receipts: readonly Receipt[];
  readonly rejects: readonly Reject[];
}

/** The ways into the ledger. Which of them a pipeline takes depends on where the ledger lives. */
export interface Gate {
  readonly inTransaction: TransactionGate;
  readonly outside: OutsideGate;
}

/**
 * For a ledger that shares the target's database: the token is checked and the receipt settled inside the
 * transaction that writes the data.
 */
export interface TransactionGate {
  /** Locks the chunk's row until the end of the transaction. Throws `Stopped('fenced')`. */
  fence(sql: SqlExecutor): Promise<void>;
  /** Records receipt and rejects and marks the chunk done. Throws `Stopped('fenced')`. */
  settle(sql: SqlExecutor, receipt: Receipt, rejects: readonly Reject[]): Promise<void>;
}

/**
 * For a ledger elsewhere. What is about to be committed is written down first, so that whoever finds later
 * that it was committed knows what it was. The target itself must see to it that of all attempts at a
 * generation of the chunk only one commits.
 */
export interface OutsideGate {
  /** What the last attempt that asked to commit this generation of the chunk meant to commit. */
  intent(): Promise<Intent | null>;
  /** Writes the intent down. Throws `Stopped('fenced')` where the attempt has lost the chunk. */
  mayCommit(intent: Intent): Promise<void>;
  /** Marks the chunk done. Call when the target has it for good. Throws `Stopped('fenced')`. */
  settle(done: Intent): Promise<void>;
}

export interface Intent {
  readonly receipt: Receipt;
  readonly rejects: readonly Reject[];
  /** How far the chunk's stream has been followed, once this is in the target. */
  readonly watermark?: string;
  /** What the pipeline needs to find the commit again. */
  readonly note?: Json;
}

/** How full a database is. */
export interface StoreUsage {
  readonly side: 'source' | 'target';
  /** Sessions of Drover, whoever started them. */
  readonly droverConnections: number;
  readonly connections: number;
  readonly maxConnections: number;
  readonly databaseBytes: number;
  /** Room left on the disk of the data, where that can be seen from here. */
  readonly diskFreeBytes: number | null;
}

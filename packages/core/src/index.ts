export type {
  ClaimedChunk,
  DataChunk,
  Generation,
  PipelineChunk,
  PlannedChunk,
  SplitPart,
} from './chunk.ts';
export {
  CHUNK_EVENT_MEANING,
  CHUNK_EVENTS,
  CHUNK_STATE_MEANING,
  CHUNK_STATES,
  CHUNK_TRANSITIONS,
  type ChunkEvent,
  type ChunkState,
  stateAfter,
  statesAllowing,
  UNFINISHED_CHUNK_STATES,
} from './chunk-state.ts';
export { type ConnectionSpec, connectionSchema, describeConnection } from './connection.ts';
export { DroverError, Stopped, type StopReason, toDroverError } from './drover-error.ts';
export { formatDuration, parseDuration, parseRelative } from './duration.ts';
export { ERROR_CODES, ERROR_TABLE, type ErrorCode, type ErrorPolicy } from './error-code.ts';
export type { Finding, FindingLevel } from './finding.ts';
export type { Host } from './host.ts';
export { type Hours, isWithin } from './hours.ts';
export type { Json, JsonObject } from './json.ts';
export type {
  AttemptKey,
  AttemptProgress,
  AttemptRecord,
  AttemptSummary,
  Claim,
  EndedAttempts,
  GivenChunk,
  GivenWork,
  Ledger,
  Migration,
  NewAttempt,
  NewRun,
  ParkedChunk,
  PhaseProgress,
  PlanProgress,
  ProcessHealth,
  RejectCount,
  RejectQuery,
  RejectRecord,
  Release,
  ReleaseEvent,
  Run,
  RunProgress,
  Settlement,
  Unparked,
  Unparking,
  VerificationSummary,
  WorkerBeat,
  WorkerRecord,
} from './ledger.ts';
export { type Log, type LogFields, noLog } from './log.ts';
export {
  connectionShape,
  durationSchema,
  type MigrationSpec,
  migrationFileShape,
  momentSchema,
  type PipelineDefinition,
  type PipelineInput,
} from './migration-file.ts';
export { hintsAtOutage, type Outage } from './outage.ts';
export {
  type AnalysisOptions,
  type AttemptContext,
  type CheckContext,
  type Gate,
  type Intent,
  type Milestone,
  type MoveContext,
  type MovedRecord,
  type OpenContext,
  type Opening,
  type OutsideGate,
  PIPELINE_KINDS,
  type Pipeline,
  type PipelineKind,
  type PlanContext,
  type RunOptions,
  type SchemaAnalysis,
  type StoreUsage,
  type TransactionGate,
  type UnsettledChunk,
  type VerifyContext,
} from './pipeline.ts';
export {
  type ChunkConsumer,
  type ChunkQueue,
  type DeadLetters,
  type Delivery,
  type DeliveryHandler,
  deadLetterKey,
  deliveryKey,
  type ParkedId,
} from './queue.ts';
export {
  addTallies,
  EMPTY_RECEIPT,
  EMPTY_TALLY,
  isBalanced,
  type PartTally,
  type Receipt,
  type Tally,
} from './receipt.ts';
export type { Reject } from './reject.ts';
export {
  PHASES,
  type Phase,
  RUN_EVENT_MEANING,
  RUN_EVENTS,
  RUN_KINDS,
  RUN_STATE_MEANING,
  RUN_STATES,
  RUN_TRANSITIONS,
  type RunEvent,
  type RunKind,
  type RunState,
  runStatesAllowing,
  UNFINISHED_RUN_STATES,
} from './run-state.ts';
export type { Carving, ReplayPart, Selection, Selections } from './selection.ts';
export { sizeSchema } from './size.ts';
export {
  lostConnection,
  type NetworkError,
  refusedTls,
  socketErrorOf,
} from './socket-error.ts';
export type { SqlDatabase, SqlExecutor, SqlRow, SqlValue } from './sql.ts';
export {
  canHold,
  heldBy,
  LIMIT_NAMES,
  type LimitName,
  type LoadRecord,
  limitsInForce,
  type Throttle,
  type ThrottleSettings,
  throttleSchema,
} from './throttle.ts';
export {
  floorToGrid,
  formatTimestamp,
  MICROS_PER_SECOND,
  type Micros,
  parseTimestamp,
} from './timestamp.ts';
export type { Difference, DifferenceKind, Verdict } from './verdict.ts';

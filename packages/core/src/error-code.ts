/**
 * What is done about an error.
 * - `retry`: the fault is passing; the chunk is tried again after a pause and one attempt is burnt.
 * - `defer`: the other side pushes back; tried again after a pause, no attempt is burnt.
 * - `park`: this chunk needs a person; the others go on.
 * - `abort`: every chunk would fail the same way; the run stops and can be resumed.
 */
export type ErrorPolicy = 'retry' | 'defer' | 'park' | 'abort';

interface ErrorEntry {
  readonly meaning: string;
  /** What a person should do; for a passing error, where it does not pass. */
  readonly hint: string;
}

interface PassingError extends ErrorEntry {
  readonly policy: 'retry' | 'defer';
  /** Trying the same again would fail the same way: the chunk is halved first where it can be. */
  readonly splits?: true;
  /** The worker takes fewer chunks at once for a while. */
  readonly slowsDown?: true;
}

interface LastingError extends ErrorEntry {
  readonly policy: 'park' | 'abort';
  readonly splits?: never;
  readonly slowsDown?: never;
}

export const ERROR_CODES = [
  'CONNECTION_LOST',
  'SERVER_UNAVAILABLE',
  'TOO_MANY_CONNECTIONS',
  'TARGET_BUSY',
  'LOAD_IN_DOUBT',
  'DEADLOCK',
  'SERIALIZATION',
  'LOCK_TIMEOUT',
  'STATEMENT_TIMEOUT',
  'CHUNK_TIME_LIMIT',
  'OUT_OF_MEMORY',
  'IO_ERROR',
  'OBJECT_NOT_READY',
  'OBJECT_EXISTS',
  'DISK_FULL',
  'READ_ONLY_SERVER',
  'PERMISSION_DENIED',
  'AUTHENTICATION_FAILED',
  'DATABASE_MISSING',
  'UNDEFINED_OBJECT',
  'CONSTRAINT_VIOLATION',
  'INVALID_VALUE',
  'ROW_TOO_LARGE',
  'TABLE_LIMIT',
  'TABLE_CONFLICT',
  'UNSUPPORTED',
  'DATA_CORRUPTED',
  'TOO_MANY_REJECTS',
  'ROWS_REFUSED',
  'LABEL_TAKEN',
  'UNKNOWN_KEY',
  'COUNT_MISMATCH',
  'DIGEST_UNRELIABLE',
  'FILE_CHANGED',
  'FILE_INVALID',
  'CHECK_FAILED',
  'CONFIRMATION_MISSING',
  'RUN_UNFINISHED',
  'RUN_MISSING',
  'QUEUE_UNAVAILABLE',
  'LEDGER_VERSION',
  'UNKNOWN',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** The one table of codes and policies; exhaustive by type, printed into the documentation. */
export const ERROR_TABLE: Record<ErrorCode, PassingError | LastingError> = {
  CONNECTION_LOST: {
    policy: 'retry',
    meaning: 'The connection to a database broke, or could not be made.',
    hint: 'Check that the server is up and reachable from this machine; a firewall may cut long connections.',
  },
  SERVER_UNAVAILABLE: {
    policy: 'defer',
    meaning: 'The database is starting, stopping or recovering.',
    hint: 'Wait until the server is up; Drover goes on by itself.',
  },
  TOO_MANY_CONNECTIONS: {
    policy: 'defer',
    meaning: 'The database has no connection left, or the role has used up its own.',
    hint: 'Lower the workers or their concurrency, or raise max_connections (or the limit of the role or database).',
  },
  TARGET_BUSY: {
    policy: 'defer',
    slowsDown: true,
    meaning:
      'The target has taken as much at once as it can: too many versions, transactions or bytes.',
    hint: 'Drover waits, and moves fewer chunks at once by itself. Where it stays so, look at the compaction of the named table, or use larger chunks.',
  },
  LOAD_IN_DOUBT: {
    policy: 'defer',
    meaning: 'The target has not said yet whether it has committed a load.',
    hint: 'Drover asks again until it knows, and sends nothing twice meanwhile. Where it stays so, look at the named label in the target.',
  },
  DEADLOCK: {
    policy: 'retry',
    meaning: 'The database ended a deadlock by refusing this transaction.',
    hint: "Where it keeps coming, find in the server's log who else writes to these tables, and let one of the two wait.",
  },
  SERIALIZATION: {
    policy: 'retry',
    meaning: 'A concurrent transaction got in the way (serialization failure, recovery conflict).',
    hint: 'On a standby, raise max_standby_streaming_delay or set hot_standby_feedback.',
  },
  LOCK_TIMEOUT: {
    policy: 'retry',
    meaning:
      'A table stayed locked, or in use, by others for longer than Drover is willing to make readers wait.',
    hint: 'Find the long transaction on the named table (pg_locks) and let it finish.',
  },
  STATEMENT_TIMEOUT: {
    policy: 'retry',
    meaning:
      'The server or a person cancelled a statement, or it outlived a time limit of the server.',
    hint: 'Use shorter chunks; look who cancels long statements (a person, a job, a pooler), and at old_snapshot_threshold.',
    splits: true,
  },
  CHUNK_TIME_LIMIT: {
    policy: 'retry',
    meaning: 'The chunk took longer than the time limit of the migration file.',
    hint: 'Use shorter chunks, or raise chunk.timeLimit.',
    splits: true,
  },
  OUT_OF_MEMORY: {
    policy: 'retry',
    meaning:
      'The database ran out of memory, of room for locks, or of the temporary files allowed.',
    hint: 'Use shorter chunks or fewer workers; raise max_locks_per_transaction or temp_file_limit where the message names them.',
    splits: true,
  },
  IO_ERROR: {
    policy: 'retry',
    meaning: 'The server could not read or write a file of its own.',
    hint: "Look at the server's log and at its disks before going on: one of them may be failing.",
  },
  OBJECT_NOT_READY: {
    policy: 'retry',
    meaning: 'A table, an index or the database is there, but in no state to be used.',
    hint: 'Do what the message asks for, such as to refresh a materialized view or to let the database take connections.',
  },
  OBJECT_EXISTS: {
    policy: 'retry',
    meaning: 'What was about to be made is there already: another worker was quicker.',
    hint: 'Where it keeps coming, something that Drover did not make has that name: rename it, or choose other names in the migration file.',
  },
  DISK_FULL: {
    policy: 'abort',
    meaning: 'A disk of the database is full.',
    hint: 'Free space or enlarge the disk (/dev/shm where the message names shared memory), then `drover resume`.',
  },
  READ_ONLY_SERVER: {
    policy: 'abort',
    meaning: 'The target accepts no writes.',
    hint: 'Point the target at the primary server, or lift default_transaction_read_only; then `drover resume`.',
  },
  PERMISSION_DENIED: {
    policy: 'abort',
    meaning: 'The role lacks a right, or row security would hide rows from it.',
    hint: 'Grant the right that is named (`drover check` prints the statement), then `drover resume`.',
  },
  AUTHENTICATION_FAILED: {
    policy: 'abort',
    meaning: 'The server refused the login, or the two sides cannot agree on TLS.',
    hint: 'Check user, password and TLS settings in the environment, then `drover resume`.',
  },
  DATABASE_MISSING: {
    policy: 'abort',
    meaning: 'The database does not exist on that server.',
    hint: 'Create it, or correct the connection in the migration file.',
  },
  UNDEFINED_OBJECT: {
    policy: 'park',
    meaning: 'A table, column, function, type or schema that Drover needs is not there.',
    hint: 'Run `drover check`; a table dropped by hand is made again by `drover run --tables-only`.',
  },
  CONSTRAINT_VIOLATION: {
    policy: 'park',
    meaning: 'The target refused rows by a constraint or a trigger of its own.',
    hint: 'Look at the named constraint, or at the triggers: Drover creates none but the primary key.',
  },
  INVALID_VALUE: {
    policy: 'park',
    meaning: 'The target refused a value and the row could not be singled out.',
    hint: 'Look at the named column; its type in the target does not fit the source.',
  },
  ROW_TOO_LARGE: {
    policy: 'park',
    meaning: 'A row does not fit into a page of the target and could not be singled out.',
    hint: 'Spread the channels over more groups (`drover check` prints a grouping that fits).',
  },
  TABLE_LIMIT: {
    policy: 'park',
    meaning:
      'The table would need more columns than Postgres allows (1,600, dropped ones included).',
    hint: 'Spread the channels over more groups, or recreate the table.',
  },
  TABLE_CONFLICT: {
    policy: 'park',
    meaning: 'A table of the target is not of the form that Drover needs.',
    hint: 'Run `drover check`, which names the difference; rename the table away or recreate it with --drop-tables.',
  },
  UNSUPPORTED: {
    policy: 'park',
    meaning:
      'The server does not do what Drover asks of it: it lacks the feature, or has a limit that stands in the way.',
    hint: 'See which feature the message names and whether `drover check` knows of it; upgrade the server, or report it with `drover report --json`.',
  },
  DATA_CORRUPTED: {
    policy: 'park',
    meaning: 'The server found a table or an index of its own damaged.',
    hint: 'Check it with amcheck (pg_amcheck): `reindex` mends an index, a damaged table needs a backup; look at the disks as well. Then `drover reprocess`.',
  },
  TOO_MANY_REJECTS: {
    policy: 'park',
    meaning: 'The chunk has more bad rows than rejects.max allows.',
    hint: 'Mend the source, or raise rejects.max (of the run: rejects.maxPerRun); then `drover reprocess`: the good rows are loaded, the bad ones stand in `drover rejects list`.',
  },
  ROWS_REFUSED: {
    policy: 'retry',
    meaning: 'The target refused rows, and which rows these are could not be told.',
    hint: 'The chunk is halved until they stand alone. Look at the reason that the target gave, and at what the migration file says of the column.',
    splits: true,
  },
  LABEL_TAKEN: {
    policy: 'park',
    meaning: 'The target has a load under the label of the chunk that the ledger knows nothing of.',
    hint: 'Find out whether the ledger was restored from a backup; `drover reprocess` moves the chunk again, under a label of its next generation.',
  },
  UNKNOWN_KEY: {
    policy: 'park',
    meaning: 'The source sent a key that is not in the list read in the same snapshot.',
    hint: 'This is a defect in Drover: nothing was written. Please report it with `drover report --json`.',
  },
  COUNT_MISMATCH: {
    policy: 'park',
    meaning: 'loaded + rejected + skipped is not what was read. Nothing was written.',
    hint: 'This is a defect in Drover: please report it with `drover report --json`.',
  },
  DIGEST_UNRELIABLE: {
    policy: 'park',
    meaning: 'Source and target do not compute the same digest of a known row.',
    hint: 'Report the versions and encodings of both servers.',
  },
  FILE_CHANGED: {
    policy: 'defer',
    meaning: 'The migration file of this worker is not the one that the run froze.',
    hint: "Give this worker the run's file (lists included), or cancel the run and start another.",
  },
  FILE_INVALID: {
    policy: 'abort',
    meaning: 'The migration file is wrong.',
    hint: 'Correct what is named.',
  },
  CHECK_FAILED: {
    policy: 'abort',
    meaning: 'The preflight found something that would make the run fail.',
    hint: 'Mend the findings marked error, or see `drover check`.',
  },
  CONFIRMATION_MISSING: {
    policy: 'abort',
    meaning: 'A command that destroys something was not confirmed.',
    hint: 'Answer the question, or give --yes.',
  },
  RUN_UNFINISHED: {
    policy: 'abort',
    meaning: 'The migration has an unfinished run.',
    hint: 'Go on with it (`drover resume`) or give it up (`drover cancel`).',
  },
  RUN_MISSING: {
    policy: 'abort',
    meaning: 'There is no such run.',
    hint: 'See `drover status`; start one with `drover run`.',
  },
  QUEUE_UNAVAILABLE: {
    policy: 'retry',
    meaning: 'Redis (or the Postgres that carries the queue) cannot be reached, or takes no jobs.',
    hint: 'Bring it back: nothing is lost, the ledger knows what is left to do.',
  },
  LEDGER_VERSION: {
    policy: 'abort',
    meaning: 'The ledger was written by a newer Drover.',
    hint: 'Use the same version of Drover on every machine.',
  },
  UNKNOWN: {
    policy: 'retry',
    meaning: 'An error that Drover does not know; tried again, then parked.',
    hint: 'See the log of the attempt; run with --debug for the stack.',
  },
};

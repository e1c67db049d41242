import type { ErrorCode } from '@drover/core';

/**
 * The one table of SQLSTATEs: those of each code, and whole classes by their first two characters. An
 * exact one counts before its class; what is in neither is UNKNOWN. Source: errcodes.txt of Postgres 11
 * to 18, and where its C code raises each of them.
 */
const STATES: Partial<Record<ErrorCode, readonly string[]>> = {
  // PgBouncer says nearly everything with 08P01. 40003: nobody knows whether it committed.
  CONNECTION_LOST: ['08', '25P03', '40003', '57P01', '57P05', 'HV00N'],
  SERVER_UNAVAILABLE: ['57P02', '57P03'],
  TOO_MANY_CONNECTIONS: ['53300'],
  DEADLOCK: ['40P01'],
  // Conflicts with recovery, on a standby, are 40001 as well.
  SERIALIZATION: ['40'],
  LOCK_TIMEOUT: ['55P03', '55006'],
  // 25P04 is transaction_timeout. 72000: the snapshot outlived old_snapshot_threshold (up to 16).
  STATEMENT_TIMEOUT: ['57014', '25P04', '72000'],
  // 53000: no file descriptor left. 53400: temp_file_limit. All of them want less at once.
  OUT_OF_MEMORY: ['53', 'HV001'],
  // 58P01 is a file of a table, or the library of an extension, that is not there.
  IO_ERROR: ['58'],
  OBJECT_NOT_READY: ['55000'],
  // Schema, table, column, anything else. See `duplicateInCatalogue` for how else they show.
  OBJECT_EXISTS: ['42P06', '42P07', '42701', '42710'],
  DISK_FULL: ['53100'],
  READ_ONLY_SERVER: ['25006'],
  PERMISSION_DENIED: ['42501'],
  AUTHENTICATION_FAILED: ['28'],
  DATABASE_MISSING: ['3D000', '57P04'],
  UNDEFINED_OBJECT: ['42P01', '42703', '42883', '42704', '3F000'],
  // Triggers refuse rows with P0001 and P0004, or spoil them with 09000 and 27000; views with 44000.
  CONSTRAINT_VIOLATION: ['23', '44000', 'P0001', 'P0004', '09000', '27000'],
  INVALID_VALUE: ['22'],
  ROW_TOO_LARGE: ['54000'],
  TABLE_LIMIT: ['54011'],
  // Other types, a view in place of a table, generated columns, no key to conflict on, dependent views.
  TABLE_CONFLICT: ['42804', '42809', '42846', '428C9', '42P10', '42P16', '2BP01'],
  // What is refused for how it reads is refused again: class 42 is parked, not tried until it is.
  UNSUPPORTED: ['0A', '42', '54'],
  DATA_CORRUPTED: ['XX001', 'XX002'],
};

const CODES: ReadonlyMap<string, ErrorCode> = new Map(
  Object.entries(STATES).flatMap(([code, states]) =>
    states.map((state): [string, ErrorCode] => [state, code as ErrorCode]),
  ),
);

export function codeOfState(state: string): ErrorCode {
  return CODES.get(state) ?? CODES.get(state.slice(0, 2)) ?? 'UNKNOWN';
}

/**
 * Classes whose messages are the server's own and speak of names, states and numbers. The messages of all
 * others can quote values (22, 23, 44, 21, FDWs), or are written by functions and triggers (P0, 2F, 38, 39).
 */
const QUOTE_NO_DATA: ReadonlySet<string> = new Set(
  '08 0A 25 26 28 2B 3D 3F 40 42 53 54 55 57 58 72 F0 XX'.split(' '),
);

export function mayQuoteData(state: string): boolean {
  return !QUOTE_NO_DATA.has(state.slice(0, 2));
}

import { describe, expect, test } from 'vitest';
import { ERROR_CODES, ERROR_TABLE, type ErrorPolicy } from './error-code.ts';

/**
 * Codes stand in ledgers, logs and people's scripts: a code that is renamed or put under another policy
 * has to be so here as well.
 */
const POLICIES: Readonly<Record<ErrorPolicy, readonly string[]>> = {
  retry: [
    'CONNECTION_LOST',
    'DEADLOCK',
    'SERIALIZATION',
    'LOCK_TIMEOUT',
    'STATEMENT_TIMEOUT',
    'CHUNK_TIME_LIMIT',
    'OUT_OF_MEMORY',
    'IO_ERROR',
    'OBJECT_NOT_READY',
    'OBJECT_EXISTS',
    'ROWS_REFUSED',
    'QUEUE_UNAVAILABLE',
    'UNKNOWN',
  ],
  defer: [
    'SERVER_UNAVAILABLE',
    'TOO_MANY_CONNECTIONS',
    'TARGET_BUSY',
    'LOAD_IN_DOUBT',
    'FILE_CHANGED',
  ],
  park: [
    'UNDEFINED_OBJECT',
    'CONSTRAINT_VIOLATION',
    'INVALID_VALUE',
    'ROW_TOO_LARGE',
    'TABLE_LIMIT',
    'TABLE_CONFLICT',
    'UNSUPPORTED',
    'DATA_CORRUPTED',
    'TOO_MANY_REJECTS',
    'LABEL_TAKEN',
    'UNKNOWN_KEY',
    'COUNT_MISMATCH',
    'DIGEST_UNRELIABLE',
  ],
  abort: [
    'DISK_FULL',
    'READ_ONLY_SERVER',
    'PERMISSION_DENIED',
    'AUTHENTICATION_FAILED',
    'DATABASE_MISSING',
    'FILE_INVALID',
    'CHECK_FAILED',
    'CONFIRMATION_MISSING',
    'RUN_UNFINISHED',
    'RUN_MISSING',
    'LEDGER_VERSION',
  ],
};

describe('the error table', () => {
  // Mutation: `DISK_FULL: { policy: 'retry' ...` in error-code.ts fails "abort".
  test.each(['retry', 'defer', 'park', 'abort'] as const)(
    'has exactly the documented codes under %s',
    (policy) => {
      const codes = ERROR_CODES.filter((code) => ERROR_TABLE[code].policy === policy);
      expect(codes.sort()).toEqual([...POLICIES[policy]].sort());
    },
  );

  test('has every code once', () => {
    expect(new Set(ERROR_CODES).size).toBe(ERROR_CODES.length);
    expect(Object.keys(ERROR_TABLE).sort()).toEqual([...ERROR_CODES].sort());
  });

  test.each(ERROR_CODES)('%s is a word of capitals with a meaning of its own', (code) => {
    expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
    const { meaning } = ERROR_TABLE[code];
    expect(meaning).toMatch(/^\S.*\.$/);
    expect(ERROR_CODES.filter((other) => ERROR_TABLE[other].meaning === meaning)).toEqual([code]);
  });

  // Mutation: `hint: ''` at DEADLOCK satisfies the type and fails here.
  test.each(ERROR_CODES)('%s says what to do', (code) => {
    expect(ERROR_TABLE[code].hint).toMatch(/^\S.*\.$/);
  });

  test('halves a chunk only for errors that a smaller chunk may not have', () => {
    const splitting = ERROR_CODES.filter((code) => ERROR_TABLE[code].splits === true);
    expect(splitting).toEqual([
      'STATEMENT_TIMEOUT',
      'CHUNK_TIME_LIMIT',
      'OUT_OF_MEMORY',
      'ROWS_REFUSED',
    ]);
  });
});

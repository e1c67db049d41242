import { DroverError, ERROR_TABLE, type ErrorCode, Stopped } from '@drover/core';
import { describe, expect, test } from 'vitest';
import { classifyError, codeOfSaying, serverError, withoutValues } from './classify.ts';

const SAYINGS: readonly (readonly [string, ErrorCode])[] = [
  [
    '[E-235]failed to init rowset builder. version count: 2001, exceed limit: 2000, tablet: 1',
    'TARGET_BUSY',
  ],
  [
    'tablet error: version count: 2001, exceed limit: 2000. Please reduce the frequency of loading data',
    'TARGET_BUSY',
  ],
  [
    '[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = current running txns on db 7 is 1000, larger than limit 1000',
    'TARGET_BUSY',
  ],
  ['current committed txns on table 9 is 501, larger than limit 500', 'TARGET_BUSY'],
  ['[MEM_LIMIT_EXCEEDED]process memory exceeded', 'TARGET_BUSY'],
  ['[SERVICE_UNAVAILABLE]Have not get FE Master heartbeat yet', 'SERVER_UNAVAILABLE'],
  ['No backend load available.', 'SERVER_UNAVAILABLE'],
  ['get tableList write lock timeout, tableList=(Table [id=1])', 'LOCK_TIMEOUT'],
  ['Access denied for user root', 'PERMISSION_DENIED'],
  ['TStatus: errCode = 2, detailMessage = unknown database, database=x', 'UNDEFINED_OBJECT'],
  ['TStatus: errCode = 2, detailMessage = unknown table, tableName=x', 'UNDEFINED_OBJECT'],
  ['[DATA_QUALITY_ERROR]too many filtered rows', 'INVALID_VALUE'],
  ['[INTERNAL_ERROR]cancelled: sender is gone', 'CONNECTION_LOST'],
  ['[THRIFT_RPC_ERROR]Call frontend service failed', 'CONNECTION_LOST'],
  ['[TIMEOUT]transaction timed out', 'STATEMENT_TIMEOUT'],
  ['DISK_REACH_CAPACITY_LIMIT', 'DISK_FULL'],
  ['something new', 'UNKNOWN'],
];

describe('what Doris says', () => {
  test.each(SAYINGS)('%j is %s', (text, code) => {
    expect(codeOfSaying(text)).toBe(code);
  });

  test('when it pushes back burns no attempt, and slows the worker down', () => {
    const pushedBack = SAYINGS.filter(([, code]) => code === 'TARGET_BUSY');
    for (const [text] of pushedBack) {
      expect(serverError(text, 'target be:8040').policy).toBe('defer');
      expect(ERROR_TABLE[codeOfSaying(text)].slowsDown).toBe(true);
    }
  });

  test('in the numbers of its statements stands above the text', () => {
    expect(serverError('a text', 'target fe:9030', 1045).code).toBe('AUTHENTICATION_FAILED');
    expect(serverError('Unknown table', 'target fe:9030', 1105).code).toBe('UNDEFINED_OBJECT');
  });

  test('loses the values that it quotes, and what stands before the host of an address', () => {
    expect(withoutValues('src value is 4711, and more')).toBe('src value is (left out)');
    expect(withoutValues('see http://root:secret@be:8040/api')).toBe('see http://be:8040/api');
    expect(withoutValues('x'.repeat(2000))).toHaveLength(500);
  });
});

describe('what a connection fails with', () => {
  test('is a lost connection where it broke', () => {
    const cause = Object.assign(new Error('read ECONNRESET'), {
      code: 'ECONNRESET',
      syscall: 'read',
    });
    const error = classifyError(cause, 'target be:8040');
    expect(error).toMatchObject({ code: 'CONNECTION_LOST', cause });
    expect(error.message).toMatch(/^target be:8040: /);
    const driver = Object.assign(new Error('x'), { code: 'PROTOCOL_CONNECTION_LOST' });
    expect(classifyError(driver, 'target fe:9030')).toMatchObject({ code: 'CONNECTION_LOST' });
  });

  test('is left as it is where it is known already', () => {
    for (const known of [new DroverError('TARGET_BUSY'), new Stopped('fenced')]) {
      expect(classifyError(known, 'x')).toBe(known);
    }
  });
});

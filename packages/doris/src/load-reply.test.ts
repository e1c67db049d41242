import { describe, expect, test } from 'vitest';
import { readEnvelope, readFinish, readLoadReply } from './load-reply.ts';

const REPLY = {
  TxnId: 1003,
  Label: 'l1',
  Comment: '',
  TwoPhaseCommit: 'true',
  Status: 'Success',
  Message: 'OK',
  NumberTotalRows: 10,
  NumberLoadedRows: 10,
  NumberFilteredRows: 0,
  NumberUnselectedRows: 0,
  LoadBytes: 118,
  LoadTimeMs: 173,
};

const read = (changes: object) => readLoadReply(JSON.stringify({ ...REPLY, ...changes }, null, 4));

describe('a reply to a load', () => {
  test('that succeeded tells of its transaction and its rows', () => {
    expect(read({})).toEqual({
      kind: 'loaded',
      reply: {
        txnId: 1003,
        twoPhase: true,
        loadedRows: 10,
        filteredRows: 0,
        bytes: 118,
        elapsedMs: 173,
      },
    });
  });

  test('that was committed and is published later counts as loaded', () => {
    expect(read({ Status: 'Publish Timeout', TwoPhaseCommit: 'false' })).toMatchObject({
      kind: 'loaded',
      reply: { twoPhase: false },
    });
  });

  test('of fields that a later version adds, or an earlier one lacks, is read all the same', () => {
    const { LoadTimeMs: _, LoadBytes: __, ...earlier } = REPLY;
    expect(readLoadReply(JSON.stringify({ ...earlier, FirstErrorMsg: '' }))).toMatchObject({
      kind: 'loaded',
      reply: { bytes: 0, elapsedMs: 0 },
    });
  });

  test('whose label has a load already is no success, whatever became of that one', () => {
    for (const ExistingJobStatus of ['RUNNING', 'PRECOMMITTED', 'FINISHED', '']) {
      expect(read({ Status: 'Label Already Exists', ExistingJobStatus, TxnId: -1 })?.kind).toBe(
        'taken',
      );
    }
  });

  test('with refused rows names where they stand', () => {
    const ErrorURL = 'http://be:8040/api/_load_error_log?file=x';
    const Message = '[DATA_QUALITY_ERROR]too many filtered rows';
    expect(read({ Status: 'Fail', Message, ErrorURL })).toMatchObject({
      kind: 'rows refused',
      errorUrl: ErrorURL,
    });
    expect(read({ Status: 'Fail', Message })).toMatchObject({ kind: 'failed' });
    // A log that was begun before the memory was used up does not make it a fault of the rows.
    expect(read({ Status: 'Fail', Message: '[MEM_LIMIT_EXCEEDED]x', ErrorURL })).toMatchObject({
      kind: 'failed',
    });
  });

  test('in an envelope of a frontend is a failure with what it says', () => {
    const envelope = { msg: 'Unauthorized', code: 401, data: 'Access denied', count: 0 };
    expect(readLoadReply(JSON.stringify(envelope))).toEqual({
      kind: 'failed',
      message: 'Unauthorized: Access denied',
    });
    expect(readLoadReply('{"status":"FAILED","msg":"no"}')).toEqual({
      kind: 'failed',
      message: 'no',
    });
  });

  test.each([
    '',
    '{"TxnId": 10',
    'null',
    '[]',
    '"Success"',
    '{}',
    '<html></html>',
    '{"TxnId":"7","Status":"Success"}',
  ])('that is %j is no reply', (text) => {
    expect(readLoadReply(text)).toBeNull();
  });
});

describe('an envelope', () => {
  test('holds data where its code is 0, and only there', () => {
    expect(readEnvelope('{"msg":"success","code":0,"data":"VISIBLE","count":0}')).toEqual({
      ok: true,
      data: 'VISIBLE',
    });
    expect(readEnvelope('{"msg":"Error","code":1,"data":"why"}')).toEqual({
      ok: false,
      message: 'Error: why',
    });
    expect(readEnvelope('{"status":"FAILED","msg":"why"}')).toEqual({ ok: false, message: 'why' });
    expect(readEnvelope('<html>')).toMatchObject({ ok: false });
  });
});

describe('the answer to a commit', () => {
  test('is a success only where it says so', () => {
    expect(readFinish('{"status":"Success","msg":"done"}')).toEqual({ ok: true, message: 'done' });
    expect(readFinish('{"status":"ANALYSIS_ERROR","msg":"no"}')).toEqual({
      ok: false,
      message: 'no',
    });
    expect(readFinish('{"msg":"Unauthorized","code":401}')).toEqual({
      ok: false,
      message: 'Unauthorized',
    });
    expect(readFinish('')).toBeNull();
  });
});

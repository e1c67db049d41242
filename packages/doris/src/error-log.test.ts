import { describe, expect, test } from 'vitest';
import { readErrorLog } from './error-log.ts';

describe('a log of refused rows', () => {
  test('is read row by row', () => {
    const log = 'Reason: one. src line ["1","a"]; \nReason: two. src line ["2",\\N]; \n';
    expect(readErrorLog(log)).toEqual([
      { reason: 'one', line: '"1","a"' },
      { reason: 'two', line: '"2",\\N' },
    ]);
  });

  test('keeps line breaks, brackets and words of its own that stand in a row', () => {
    const row = '"1","a\nReason: b. src line [c]; d"';
    expect(readErrorLog(`Reason: x. src line [${row}]; \nReason: y. src line ["2"]; \n`)).toEqual([
      { reason: 'x', line: row },
      { reason: 'y', line: '"2"' },
    ]);
  });

  test('keeps no value in its reasons', () => {
    const log = [
      'Reason: column(c) value is incorrect while strict mode is true, src value is secret. src line ["secret"]; ',
      'Reason: the length of input is too long than schema. first 32 bytes of input str: [se]cret] schema length: 4; actual length: 9; . src line ["se]cret"]; ',
      '',
    ].join('\n');
    expect(readErrorLog(log).map(({ reason }) => reason)).toEqual([
      'column(c) value is incorrect while strict mode is true',
      'the length of input is too long than schema. first 32 bytes of input str: (left out) schema length: 4; actual length: 9; ',
    ]);
  });

  test('may lack the row, or be no log at all', () => {
    expect(readErrorLog('Reason: somewhere; \n')).toEqual([{ reason: 'somewhere;', line: '' }]);
    expect(readErrorLog('')).toEqual([]);
    expect(readErrorLog('<html>Not found</html>')).toEqual([]);
  });
});

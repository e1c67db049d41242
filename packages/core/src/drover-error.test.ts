import { describe, expect, test } from 'vitest';
import { DroverError, Stopped, toDroverError } from './drover-error.ts';
import { ERROR_CODES, ERROR_TABLE } from './error-code.ts';

describe('a DroverError', () => {
  test.each(ERROR_CODES)('of the code %s alone speaks in the words of the table', (code) => {
    const error = new DroverError(code);
    expect(error.message).toBe(ERROR_TABLE[code].meaning);
    expect(error.hint).toBe(ERROR_TABLE[code].hint);
    expect(error.policy).toBe(ERROR_TABLE[code].policy);
    expect(error.context).toEqual({});
    expect('cause' in error).toBe(false);
  });

  test('takes message, hint, context and cause from whoever knows better', () => {
    const cause = new Error('below');
    const error = new DroverError('DISK_FULL', {
      message: 'The disk of the target is full.',
      hint: 'Free 3 GB.',
      context: { sqlstate: '53100' },
      cause,
    });
    expect(error).toMatchObject({
      name: 'DroverError',
      code: 'DISK_FULL',
      policy: 'abort',
      message: 'The disk of the target is full.',
      hint: 'Free 3 GB.',
      context: { sqlstate: '53100' },
    });
    expect(error.cause).toBe(cause);
    expect(error).toBeInstanceOf(Error);
  });

  test('with an empty message or hint keeps it: the table only fills what is absent', () => {
    expect(new DroverError('DISK_FULL', { message: '', hint: '' })).toMatchObject({
      message: '',
      hint: '',
    });
  });
});

describe('anything thrown', () => {
  test('that is classified already is left as it is', () => {
    const error = new DroverError('DEADLOCK');
    expect(toDroverError(error)).toBe(error);
  });

  // Mutation: with `message: String(error)` in drover-error.ts the row of the driver's message shows.
  test.each([
    new TypeError('duplicate key (ship_id)=(secret)'),
    'text with a secret',
    { secret: 1 },
    null,
    undefined,
  ])('that nobody classified becomes UNKNOWN, without its words (%#)', (thrown) => {
    const error = toDroverError(thrown);
    expect(error.code).toBe('UNKNOWN');
    expect(error.message).not.toContain('secret');
    expect(error.message).toMatch(/^Unexpected \w+\.$/);
    expect(error.cause).toBe(thrown);
  });

  test('of an error class names the class', () => {
    expect(toDroverError(new TypeError('x')).message).toBe('Unexpected TypeError.');
  });
});

test('being stopped is no DroverError: nothing classifies it as a failure', () => {
  const stopped = new Stopped('fenced');
  expect(stopped).not.toBeInstanceOf(DroverError);
  expect(stopped).toMatchObject({ name: 'Stopped', reason: 'fenced', message: 'stopped: fenced' });
});

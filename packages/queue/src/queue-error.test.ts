import { inspect } from 'node:util';
import { DroverError } from '@drover/core';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { queueError } from './queue-error.ts';

const SECRET = 'never-shown';

describe('what Redis says', () => {
  // What a real Redis can be brought to say is tested in queue-error.redis.test.ts.
  test.each([
    ['NOAUTH Authentication required.', 'AUTHENTICATION_FAILED', /queue\.url/],
    [
      'WRONGPASS invalid username-password pair or user is disabled.',
      'AUTHENTICATION_FAILED',
      /user/,
    ],
    [
      `NOPERM User x has no permissions to run the 'evalsha' command`,
      'AUTHENTICATION_FAILED',
      /acl/,
    ],
    ['DENIED Redis is running in protected mode because ...', 'AUTHENTICATION_FAILED', /user/],
    [`OOM command not allowed when used memory > 'maxmemory'.`, 'QUEUE_UNAVAILABLE', /maxmemory/],
    [
      `ERR Error running script (call to f_1): @user_script:12: @user_script: 12: -OOM command not allowed`,
      'QUEUE_UNAVAILABLE',
      /maxmemory/,
    ],
    ['MISCONF Redis is configured to save RDB snapshots', 'QUEUE_UNAVAILABLE', /disk/],
    [`READONLY You can't write against a read only replica.`, 'QUEUE_UNAVAILABLE', /primary/],
    ['MASTERDOWN Link with MASTER is down', 'QUEUE_UNAVAILABLE', /primary/],
    ['LOADING Redis is loading the dataset in memory', 'QUEUE_UNAVAILABLE', /wait/],
    ['BUSY Redis is busy running a script.', 'QUEUE_UNAVAILABLE', /script kill/],
    ['CLUSTERDOWN The cluster is down', 'QUEUE_UNAVAILABLE', /cluster info/],
    ['ERR max number of clients reached', 'QUEUE_UNAVAILABLE', /Bring it back/],
    // A word of a refusal inside another word, or in the name of a key, is none.
    ['ERR Missing key for job OOM', 'QUEUE_UNAVAILABLE', /Bring it back/],
    ['connect ECONNREFUSED 127.0.0.1:1', 'QUEUE_UNAVAILABLE', /Bring it back/],
  ])('%s', (said, code, hint) => {
    expect(queueError(new Error(said), 'jobs could not be added')).toMatchObject({
      code,
      message: `Queue: jobs could not be added: ${said}`,
      hint: expect.stringMatching(hint) as string,
    });
  });

  // Mutation: without `withoutCommand` in queueError the command is shown; without its look at ARGUMENTS
  // the text and the stack show the password.
  test('of a login comes without the password, wherever the driver and Redis repeat it', () => {
    const said = new Error(
      `ERR unknown command 'HELLO', with args beginning with: '3' 'AUTH' 'drover' '${SECRET}' `,
    );
    const error = queueError(Object.assign(said, { command: { args: [SECRET] } }), 'no');
    expect(error.message).toBe(`Queue: no: ERR unknown command 'HELLO'`);
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain(SECRET);
  });
});

describe('what a Postgres that carries the queue says', () => {
  test.each([
    ['28P01', 'AUTHENTICATION_FAILED'],
    ['28000', 'AUTHENTICATION_FAILED'],
    ['42501', 'PERMISSION_DENIED'],
    ['3D000', 'DATABASE_MISSING'],
    ['57P01', 'QUEUE_UNAVAILABLE'],
    ['53300', 'QUEUE_UNAVAILABLE'],
  ])('with SQLSTATE %s is %s', (state, code) => {
    const said = Object.assign(new pg.DatabaseError('said', 4, 'error'), { code: state });
    expect(queueError(said, 'what')).toMatchObject({ code, message: 'Queue: what: said' });
  });
});

describe('an error of the queue', () => {
  // Mutation: without the look at AggregateError the message ends with nothing.
  test('of a host with several addresses names what each of them answered', () => {
    const tries = ['connect ECONNREFUSED ::1:1', 'connect ECONNREFUSED 127.0.0.1:1'];
    const error = queueError(new AggregateError(tries.map((text) => new Error(text))), 'what');
    expect(error.message).toBe(`Queue: what: ${tries.join(', ')}`);
  });

  test('that is classified already, and something that is no error, are taken as they are', () => {
    const error = new DroverError('FILE_INVALID');
    expect(queueError(error, 'what')).toBe(error);
    expect(queueError('thrown', 'what').message).toBe('Queue: what: string');
  });
});

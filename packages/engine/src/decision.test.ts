import { DroverError, ERROR_CODES, ERROR_TABLE, Stopped } from '@drover/core';
import { describe, expect, test } from 'vitest';
import { decide } from './decision.ts';

const limits = { max: 3, firstPauseMs: 1000, longestPauseMs: 3000 };
const attempt = (burnt: number, random = 1) => ({
  burnt,
  limits,
  random,
  storeAway: false,
  outages: 0,
});
const failure = (code: (typeof ERROR_CODES)[number]) => new DroverError(code);

describe('what becomes of an attempt', () => {
  test.each(ERROR_CODES)('%s is decided by its policy alone', (code) => {
    const decision = decide(failure(code), attempt(0));
    const { policy, splits } = ERROR_TABLE[code];
    const expected = { retry: 'retry', defer: 'handBack', park: 'park', abort: 'abort' }[policy];
    expect(decision.kind).toBe(splits === true ? 'split' : expected);
  });

  test('pauses double up to the longest, between half and the whole of their length', () => {
    const pause = (burnt: number, random: number) =>
      decide(failure('DEADLOCK'), {
        ...attempt(burnt, random),
        limits: { max: 9, firstPauseMs: 1000, longestPauseMs: 3000 },
      });
    expect([0, 1, 2, 3].map((burnt) => pause(burnt, 1))).toEqual(
      [1000, 2000, 3000, 3000].map((pauseMs) => ({ kind: 'retry', pauseMs })),
    );
    expect(pause(1, 0)).toEqual({ kind: 'retry', pauseMs: 1000 });
  });

  // Mutation: without `storeAway` in decision.ts the attempt is burnt.
  test('a store that is away burns none, unless it goes away again and again in the middle of one chunk', () => {
    const away = { ...attempt(2), storeAway: true };
    const waiting = { kind: 'handBack', pauseMs: 0, reason: 'waiting' };
    expect(decide(failure('CONNECTION_LOST'), { ...away, outages: 19 })).toEqual(waiting);
    expect(decide(failure('CONNECTION_LOST'), { ...away, outages: 20 })).toEqual({ kind: 'park' });
  });

  test('the last attempt parks the chunk', () => {
    expect(decide(failure('CONNECTION_LOST'), attempt(1)).kind).toBe('retry');
    expect(decide(failure('CONNECTION_LOST'), attempt(2))).toEqual({ kind: 'park' });
  });

  test('a chunk that is halved is tried again where it cannot be, and parked at the last attempt', () => {
    expect(decide(failure('STATEMENT_TIMEOUT'), attempt(0))).toEqual({
      kind: 'split',
      otherwise: { kind: 'retry', pauseMs: 1000 },
    });
    expect(decide(failure('CHUNK_TIME_LIMIT'), attempt(2))).toEqual({
      kind: 'split',
      otherwise: { kind: 'park' },
    });
  });

  test('stopping is no failure: the chunk goes back at once, however many attempts are burnt', () => {
    for (const reason of ['shutdown', 'held', 'lease-lost'] as const) {
      expect(decide(new Stopped(reason), attempt(9))).toEqual({
        kind: 'handBack',
        pauseMs: 0,
        reason,
      });
    }
    expect(decide(new Stopped('fenced'), attempt(0))).toEqual({ kind: 'drop' });
  });
});

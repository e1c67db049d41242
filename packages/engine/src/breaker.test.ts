import type { Log, Outage } from '@drover/core';
import { describe, expect, test, vi } from 'vitest';
import { Breaker } from './breaker.ts';

const SOURCE: Outage = { store: 'source', code: 'CONNECTION_LOST', reason: 'source: refused' };
const TARGET: Outage = { store: 'target', code: 'SERVER_UNAVAILABLE', reason: 'target: starting' };

/** So long that a test which waited for it would fail. */
const DAYS = 2 ** 31 - 1;

/** A breaker whose looks are answered by the test, and what it told meanwhile. */
function answeredBreaker(pauses: { firstPauseMs: number; longestPauseMs: number }) {
  const unanswered: ((outages: readonly Outage[]) => void)[] = [];
  const told: string[] = [];
  let looks = 0;
  const log: Log = {
    debug() {},
    info: (message) => void told.push(message),
    warn: (message, fields) => void told.push(`${message}: ${JSON.stringify(fields)}`),
    error() {},
    child: () => log,
  };
  const breaker = new Breaker({
    ...pauses,
    probe: () => {
      looks += 1;
      return new Promise((resolve) => unanswered.push(resolve));
    },
    host: { random: () => 0 },
    log,
    onOpen: () => void told.push('opened'),
    onClosed: () => void told.push('closed'),
  });
  return {
    breaker,
    told,
    looks: () => looks,
    /** Answers the next look, which may still have to begin. */
    answer: async (...outages: readonly Outage[]) => {
      await vi.waitUntil(() => unanswered.length > 0, { timeout: 5_000, interval: 1 });
      unanswered.shift()?.(outages);
    },
  };
}

const IMPATIENT = { firstPauseMs: 2, longestPauseMs: 4 };
const PATIENT = { firstPauseMs: DAYS, longestPauseMs: DAYS };

describe('a circuit breaker', () => {
  // Mutation: without `&& !wasOpen` in breaker.ts it opens and tells at each look.
  test('opens once for an outage, tells of it, and knows what is waited for', async () => {
    const { breaker, told, answer } = answeredBreaker(PATIENT);
    await using _ = breaker;
    expect([breaker.open, breaker.outages]).toEqual([false, []]);
    const first = breaker.look();
    await answer(SOURCE);
    expect(await first).toBe(true);
    expect([breaker.open, breaker.outages]).toEqual([true, [SOURCE]]);
    const second = breaker.look();
    await answer(SOURCE, TARGET);
    expect(await second).toBe(true);
    expect(breaker.outages).toEqual([SOURCE, TARGET]);
    expect(told).toEqual([
      'opened',
      `a store is away; waiting for it: {"store":"source","code":"CONNECTION_LOST","error":"source: refused"}`,
    ]);
  });

  // Mutation: with `return this.#look()` in `look` each of them asks the stores.
  test('asks the stores once for several that ask at the same time, and again for those that ask later', async () => {
    const { breaker, looks, told, answer } = answeredBreaker(PATIENT);
    await using _ = breaker;
    const together = [breaker.look(), breaker.look(), breaker.look()];
    await answer();
    expect(await Promise.all(together)).toEqual([false, false, false]);
    expect(looks()).toBe(1);
    const later = breaker.look();
    await answer();
    expect(await later).toBe(false);
    expect(looks()).toBe(2);
    expect(told).toEqual([]);
  });

  // Mutation: without `this.#wait()` nobody looks again; without `Math.min` in growing-pause.ts the last of
  // these pauses are of hours.
  test('looks again by itself until all stores are there, closes once, and can open again', async () => {
    const { breaker, looks, told, answer } = answeredBreaker(IMPATIENT);
    await using _ = breaker;
    void breaker.look();
    for (let times = 0; times < 25; times += 1) await answer(SOURCE);
    await answer();
    await vi.waitUntil(() => !breaker.open, { timeout: 5_000, interval: 1 });
    expect(looks()).toBe(26);
    expect(told.filter((text) => !text.startsWith('a store is away'))).toEqual([
      'opened',
      'all stores are back',
      'closed',
    ]);
    expect(breaker.outages).toEqual([]);
    void breaker.look();
    await answer(TARGET);
    await answer();
    await vi.waitUntil(() => !breaker.open, { timeout: 5_000, interval: 1 });
    expect(told.filter((text) => text === 'opened')).toHaveLength(2);
  });

  test('closes at the look of somebody who asks while it pauses', async () => {
    const { breaker, told, answer } = answeredBreaker(PATIENT);
    await using _ = breaker;
    const opening = breaker.look();
    await answer(SOURCE);
    await opening;
    const closing = breaker.look();
    await answer();
    expect(await closing).toBe(false);
    expect(told.at(-1)).toBe('closed');
  });

  // Mutation: without the signal in `pause` of breaker.ts it waits for days.
  test('that is disposed while it pauses ends at once and looks no more', async () => {
    const { breaker, looks, answer } = answeredBreaker(PATIENT);
    const look = breaker.look();
    await answer(SOURCE);
    await look;
    await breaker[Symbol.asyncDispose]();
    expect(looks()).toBe(1);
  });

  // Mutation: without `await this.#waiting` in its disposal the look goes on behind its back.
  test('that is disposed while it looks waits for the answer, and looks no more', async () => {
    const { breaker, looks, told, answer } = answeredBreaker(IMPATIENT);
    void breaker.look();
    await answer(SOURCE);
    await vi.waitUntil(() => looks() === 2, { timeout: 5_000, interval: 1 });
    const ended = breaker[Symbol.asyncDispose]().then(() => told.push('ended'));
    await new Promise(setImmediate);
    told.push('answered');
    await answer(SOURCE);
    await ended;
    expect(told.slice(-2)).toEqual(['answered', 'ended']);
    expect(looks()).toBe(2);
  });
});

import { DroverError, Stopped } from '@drover/core';
import { expect, test } from 'vitest';
import { untilReachable } from './until-reachable.ts';

const away = () => new DroverError('CONNECTION_LOST', { message: 'source: refused' });

/** Work that ends each time as told, and what was said about its being away. */
function patience(outcomes: readonly (Error | string)[], options: { random?: number } = {}) {
  const unwanted = new AbortController();
  const told: { readonly code: string; readonly pauseMs: number }[] = [];
  let tries = 0;
  const done = (onAway: () => void = () => {}) =>
    untilReachable(
      async () => {
        const outcome = outcomes[tries] ?? 'more than enough';
        tries += 1;
        if (outcome instanceof Error) throw outcome;
        return outcome;
      },
      {
        host: { random: () => options.random ?? 0 },
        signal: unwanted.signal,
        onAway: ({ code }, pauseMs) => {
          told.push({ code, pauseMs });
          onAway();
        },
      },
    );
  return { done, told, unwanted, tries: () => tries };
}

// Mutation: with `times: 0` in until-reachable.ts the second pause is as short as the first.
test('what needs a store that is away is done again after growing pauses, until it is there', async () => {
  const { done, told, tries } = patience([away(), new DroverError('QUEUE_UNAVAILABLE'), 'there']);
  expect(await done()).toBe('there');
  expect(tries()).toBe(3);
  expect(told).toEqual([
    { code: 'CONNECTION_LOST', pauseMs: 500 },
    { code: 'QUEUE_UNAVAILABLE', pauseMs: 1_000 },
  ]);
});

// Mutation: without `hintsAtOutage` in until-reachable.ts a wrong password is tried for ever.
test('what waiting does not mend is thrown at once', async () => {
  for (const error of [new DroverError('AUTHENTICATION_FAILED'), new TypeError('a defect')]) {
    const { done, told } = patience([error, 'never']);
    await expect(done()).rejects.toBe(error);
    expect(told).toEqual([]);
  }
});

// Mutation: without `throwIfAborted` the work is begun all the same.
test('nothing is begun for somebody who does not want it any more', async () => {
  const { done, unwanted, tries } = patience(['unwanted']);
  unwanted.abort(new Stopped('shutdown'));
  await expect(done()).rejects.toEqual(new Stopped('shutdown'));
  expect(tries()).toBe(0);
});

// Mutation: without the signal in `pause` it sleeps on for days.
test('a pause ends when nobody wants it any more, with the reason', async () => {
  const { done, unwanted, tries } = patience([away(), 'never'], { random: 1e6 });
  await expect(
    done(() => queueMicrotask(() => unwanted.abort(new Stopped('shutdown')))),
  ).rejects.toEqual(new Stopped('shutdown'));
  expect(tries()).toBe(1);
});

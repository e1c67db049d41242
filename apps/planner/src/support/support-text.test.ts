import { DroverError } from '@drover/core';
import { describe, expect, test } from 'vitest';
import { attempt } from './outcome.ts';
import { type FilledSection, supportText } from './support-text.ts';

const textOf = (sections: readonly FilledSection[]) =>
  supportText('ships', new Date('2026-01-31T08:15:30Z'), sections);

const away = (message: string) => new DroverError('CONNECTION_LOST', { message });

async function failed(title: string, error: Error): Promise<FilledSection> {
  const outcome = await attempt<never>(60_000, () => Promise.reject(error));
  return { title, outcome };
}

describe('the support file', () => {
  test('begins with what is in it, each section with its gist', () => {
    const text = textOf([
      { title: 'A', outcome: { value: { summary: 'gist', text: 'all of it' } } },
    ]);
    expect(text).toContain('migration ships, made at 2026-01-31T08:15:30.000Z');
    expect(text).toContain('\n 1. A  gist\n');
    expect(text).toMatch(/=\n1\. A\n=+\n\nall of it\n/);
  });

  // Mutations in support-text.ts: without the hint; without `earlier`.
  test('says why a section is empty, with code and hint, and not twice', async () => {
    const text = textOf([
      await failed('A', away('source h:1/d is gone')),
      await failed('B', away('source h:1/d is gone')),
      await failed('C', away('target h:2/d is gone')),
    ]);
    expect(text).toContain(' 1. A  could not be filled: CONNECTION_LOST\n');
    expect(text).toMatch(
      /CONNECTION_LOST\nsource h:1\/d is gone\nWhat to do: Check that the server/,
    );
    expect(text).toMatch(/2\. B\n=+\n\nCould not be filled, for the reason given in section 1\.\n/);
    expect(text.split('source h:1/d is gone')).toHaveLength(2);
    expect(text).toContain('target h:2/d is gone');
  });

  // Mutation: the whole stack in `framesOf`.
  test('shows of an error nobody foresaw where it came from, not what it says', async () => {
    const text = textOf([await failed('A', new TypeError('row 4711 holds "data"'))]);
    expect(text).toContain('UNKNOWN\nUnexpected TypeError.');
    expect(text).toMatch(/\n {4}at .*support-text\.test\.ts/);
    expect(text).not.toContain('data');
  });
});

describe('what is tried', () => {
  // Mutation: without the race in outcome.ts this does not end.
  test('is given up after a while, and what comes of it later is not missed', async () => {
    const { promise, reject } = withResolvers();
    const outcome = await attempt(1, () => promise);
    expect(outcome).toMatchObject({ late: true, error: { code: 'CONNECTION_LOST' } });
    reject(new Error('too late for anybody'));
    await expect(promise).rejects.toThrow('too late');
  });

  test.each([
    ['at once', () => 7],
    ['later', async () => 7],
  ])('may come true %s', async (_, work) => {
    expect(await attempt(60_000, work)).toEqual({ value: 7 });
  });

  test.each([
    ['at once', () => raise()],
    ['later', async () => raise()],
  ])('may fail %s', async (_, work) => {
    expect(await attempt(60_000, work)).toMatchObject({ late: false, error: { code: 'UNKNOWN' } });
  });
});

function raise(): never {
  throw new Error('it fails');
}

function withResolvers(): { promise: Promise<never>; reject: (error: Error) => void } {
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<never>((_, no) => {
    reject = no;
  });
  return { promise, reject };
}

import { describe, expect, test } from 'vitest';
import { formatDuration, parseDuration, parseRelative } from './duration.ts';

const HOUR = 3_600_000_000n;

const LENGTHS: readonly (readonly [string, bigint])[] = [
  ['1us', 1n],
  ['500ms', 500_000n],
  ['15s', 15_000_000n],
  ['90m', 5_400_000_000n],
  ['24h', 24n * HOUR],
  ['7d', 168n * HOUR],
  ['1d12h', 36n * HOUR],
  ['1h30m15s250ms7us', 5_415_250_007n],
  [' 24h ', 24n * HOUR],
  // More than a JavaScript number counts exactly.
  ['9007199254740993us', 9_007_199_254_740_993n],
];

describe('a length of time', () => {
  test.each(LENGTHS)('%s is read to the microsecond', (text, micros) => {
    expect(parseDuration(text)).toBe(micros);
  });

  // Mutation: without the comparison of the joined parts in duration.ts, "24 hours" is read as 24h.
  test.each([
    '',
    ' ',
    '0s',
    '0h0m',
    '24',
    'h',
    '24 h',
    '24 hours',
    '1.5h',
    '-1h',
    '1h x',
    'x1h',
    '1H',
    '1w',
    '1h,30m',
    '١h',
  ])('is not read from "%s"', (text) => {
    expect(parseDuration(text)).toBeNull();
  });

  test.each([
    ['1d', 24n * HOUR],
    ['1d12h', 36n * HOUR],
    ['1h30m', 5_400_000_000n],
    ['1ms', 1_000n],
    ['1s1us', 1_000_001n],
    ['0s', 0n],
  ] as const)('is written shortest, largest unit first: %s', (text, micros) => {
    expect(formatDuration(micros)).toBe(text);
  });

  test('comes back from its text unchanged, at every power of two up to ten thousand years', () => {
    for (let micros = 1n; micros < 87_600_000n * HOUR; micros *= 2n) {
      for (const one of [micros, micros - 1n, micros + 1n].filter((value) => value > 0n)) {
        expect(parseDuration(formatDuration(one))).toBe(one);
      }
    }
  });
});

describe('a moment relative to now', () => {
  test.each([
    ['now', 0n],
    [' now ', 0n],
    ['now-1h', -HOUR],
    ['now+5m', 300_000_000n],
    ['now-1d12h', -36n * HOUR],
  ] as const)('%s is an offset', (text, offsetMicros) => {
    expect(parseRelative(text)).toEqual({ offsetMicros });
  });

  test.each(['', 'Now', 'now-', 'now-0h', 'now-1', 'now1h', 'now--1h', 'then', '1h', 'now-1h x'])(
    'is not read from "%s"',
    (text) => {
      expect(parseRelative(text)).toBeNull();
    },
  );
});

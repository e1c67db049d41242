import { describe, expect, test } from 'vitest';
import { bytes, count, duration, table } from './human.ts';

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1,000'],
  [1_234_567_890, '1,234,567,890'],
  [9_007_199_254_740_991, '9,007,199,254,740,991'],
])('%d rows are shown as %s, never rounded', (value, text) => {
  expect(count(value)).toBe(text);
});

// Mutation: `scaled >= 1000` for every unit in human.ts shows 999,950 bytes as 1000.0 kB.
test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [1549, '1.5 kB'],
  [999_949, '999.9 kB'],
  [999_950, '1.0 MB'],
  [10_000_000, '10.0 MB'],
  [2_500_000_000, '2.5 GB'],
  [999_999_999_999, '1.0 TB'],
  [1_234_567_000_000_000, '1234.6 TB'],
])('%d bytes are shown as %s', (value, text) => {
  expect(bytes(value)).toBe(text);
});

// Mutation: `seconds < 60` in human.ts shows 59,950 ms as 60.0 s.
test.each([
  [0, '0 ms'],
  [0.4, '0 ms'],
  [850, '850 ms'],
  [999.4, '999 ms'],
  [999.6, '1.0 s'],
  [12_345, '12.3 s'],
  [59_949, '59.9 s'],
  [59_950, '1m 00s'],
  [60_000, '1m 00s'],
  [245_000, '4m 05s'],
  [3_599_499, '59m 59s'],
  [3_599_500, '1h 00m'],
  [11_520_000, '3h 12m'],
  [360_000_000, '100h 00m'],
])('%d ms are shown as %s', (value, text) => {
  expect(duration(value)).toBe(text);
});

describe('a table', () => {
  test('has columns of equal width, numbers to the right, and no blanks at the end', () => {
    const rows = [
      ['data', '1,234', '12.5 MB', 'done'],
      ['verify', '7', '900 B', ''],
    ];
    expect(table(['phase', 'rows', 'size', 'state'], rows)).toBe(
      [
        'phase    rows     size  state',
        '------  -----  -------  -----',
        'data    1,234  12.5 MB  done',
        'verify      7    900 B',
      ].join('\n'),
    );
  });

  test('of no rows is its head', () => {
    expect(table(['phase', 'rows'], [])).toBe('phase  rows\n-----  ----');
  });

  test('sets a column to the left as soon as one cell is no number', () => {
    expect(
      table(['n'], [['100'], ['all']])
        .split('\n')
        .slice(2),
    ).toEqual(['100', 'all']);
    expect(
      table(['n'], [['100'], ['1']])
        .split('\n')
        .slice(2),
    ).toEqual(['100', '  1']);
  });
});

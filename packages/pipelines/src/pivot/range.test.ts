import { describe, expect, test } from 'vitest';
import { describeRange, parseDataRange, spanPredicate } from './range.ts';

describe('a range', () => {
  test('is told as a person would say it', () => {
    const span = { from: '2026-01-01 00:00:00', to: '2026-01-02 00:00:00' };
    expect(describeRange({ ships: ['A', 'B'], ...span })).toBe(
      'A, B 2026-01-01 00:00:00 to 2026-01-02 00:00:00',
    );
    expect(describeRange({ ships: ['A', 'B', 'C', 'D'], from: null, to: null })).toBe(
      'A and 3 more from the first row to the last row',
    );
    expect(describeRange({ nullKeys: true })).toBe('rows without ship, channel or time');
    expect(describeRange({ ship: 'A' })).toBe('tables of A');
    expect(describeRange({ table: 't' })).toBe('t');
  });

  test('of another shape is refused', () => {
    for (const range of [{}, { ships: ['A'] }, { nullKeys: false }, null, [], 'A']) {
      expect(() => parseDataRange(range)).toThrow();
    }
    expect(() => parseDataRange({ ships: ['A'], from: null, to: null, more: 1 })).toThrow();
  });

  test('is half open in SQL, and quoted', () => {
    const [from, to] = ["0044-03-15 BC'; drop", 'infinity'];
    expect(spanPredicate({ from, to }, '"t"', 'timestamp')).toBe(
      `"t" >= '0044-03-15 BC''; drop'::timestamp and "t" < 'infinity'::timestamp`,
    );
    expect(spanPredicate({ from: null, to }, '"t"', 'date')).toBe(`"t" < 'infinity'::timestamp`);
    expect(spanPredicate({ from: null, to: null }, '"t"', 'date')).toBe('true');
  });
});

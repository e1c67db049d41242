import { expect, test } from 'vitest';
import { outgrewStatistics } from './analyze-chunks.ts';

test('statistics are taken at ten thousand chunks and each time the plan has doubled', () => {
  expect(outgrewStatistics(0, 9_999)).toBe(false);
  expect(outgrewStatistics(9_000, 11_000)).toBe(true);
  expect(outgrewStatistics(10_000, 19_999)).toBe(false);
  expect(outgrewStatistics(19_000, 20_000)).toBe(true);
  const taken = Array.from({ length: 500 }, (_, batch) =>
    outgrewStatistics(batch * 2000, (batch + 1) * 2000),
  );
  expect(taken.filter(Boolean)).toHaveLength(7);
});

import { expect, test } from 'vitest';
import { TextPairs } from './text-pairs.ts';

test('pairs are kept once, told as new once, and given for their ships', () => {
  const pairs = new TextPairs();
  const [one, two] = [
    { ship: 'A', channel: 'B,C' },
    { ship: 'A,B', channel: 'C' },
  ];
  expect(pairs.add([one])).toBe(true);
  expect(pairs.add([one])).toBe(false);
  expect(pairs.add([one, two])).toBe(true);
  expect(pairs.add([])).toBe(false);
  expect(pairs.of(['A'])).toEqual([one]);
  expect(pairs.of(['A', 'A,B'])).toEqual([one, two]);
  expect(pairs.of(['C'])).toEqual([]);
});

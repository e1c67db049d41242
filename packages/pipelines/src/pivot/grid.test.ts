import { DroverError } from '@drover/core';
import { expect, test } from 'vitest';
import { estimateRows, toMicros } from './grid.ts';

const density = {
  perMicro: 1e-6,
  first: toMicros('2026-01-01 00:00:00'),
  last: toMicros('2026-01-01 01:00:00'),
};

test('the rows of a span are those of its time, from the first to the last there is', () => {
  expect(estimateRows(density, { from: null, to: null })).toBe(3600);
  expect(estimateRows(density, { from: '2026-01-01 00:30:00', to: null })).toBe(1800);
  expect(estimateRows(density, { from: '2026-01-01 00:00:00', to: '2026-01-01 00:00:10.5' })).toBe(
    11,
  );
});

test('a span that ends before it starts has no rows, and without statistics none are known', () => {
  expect(estimateRows(density, { from: '2026-01-02 00:00:00', to: null })).toBe(0);
  expect(estimateRows(null, { from: null, to: null })).toBe(0);
});

test('a moment is exact to the microsecond, and what is none is an error', () => {
  expect(toMicros('1969-12-31 23:59:59.999999')).toBe(-1n);
  expect(() => toMicros('infinity')).toThrow(DroverError);
});

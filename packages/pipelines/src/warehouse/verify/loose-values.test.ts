import { describe, expect, test } from 'vitest';
import type { ColumnPlan } from '../table-plan.ts';
import { sameLoosely } from './loose-values.ts';

const column = (type: string) => ({ type }) as ColumnPlan;

describe('values without an exact text', () => {
  // Mutations: one tolerance for both; texts compared instead of numbers; infinities within a tolerance of all numbers.
  test.each([
    { type: 'DOUBLE', source: '0.1', target: '1e-1', same: true },
    { type: 'DOUBLE', source: '0.30000000000000004', target: '0.3', same: true },
    { type: 'DOUBLE', source: '0.3', target: '0.30000000001', same: false },
    { type: 'DOUBLE', source: '-0', target: '0', same: true },
    { type: 'DOUBLE', source: '1', target: '-1', same: false },
    { type: 'DOUBLE', source: 'NaN', target: 'NaN', same: true },
    { type: 'DOUBLE', source: 'NaN', target: '0', same: false },
    { type: 'DOUBLE', source: 'Infinity', target: '-Infinity', same: false },
    { type: 'DOUBLE', source: 'Infinity', target: 'Infinity', same: true },
    { type: 'DOUBLE', source: 'Infinity', target: '1e308', same: false },
    { type: 'DOUBLE', source: '0', target: null, same: false },
    { type: 'FLOAT', source: '3.3333333', target: '3.333333', same: true },
    { type: 'FLOAT', source: '3.3333333', target: '3.3333', same: false },
    { type: 'JSON', source: '', target: '', same: true },
    { type: 'JSON', source: '', target: null, same: false },
    { type: 'JSON', source: null, target: null, same: true },
  ])('$type $source is the same as $target: $same', ({ type, source, target, same }) => {
    expect(sameLoosely(column(type), source, target)).toBe(same);
  });
});

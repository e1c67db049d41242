import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matchRows } from './match-rows.ts';
import type { Copies, KeyedRows } from './rows.ts';
import type { Subject } from './subject.ts';

const SUBJECT = { loose: [] } as unknown as Subject;

function side(rows: readonly (readonly [key: string, hash: string])[]): Map<string, KeyedRows> {
  const found = new Map<string, KeyedRows>();
  for (const [key, hash] of rows) {
    const known = found.get(key) ?? { key: [key], rows: [] as Copies[] };
    const copies = { hash, loose: [], copies: 1, xmin: '', misfit: false, printedKey: [] };
    found.set(key, { key: known.key, rows: [...known.rows, copies] });
  }
  return found;
}

function count(
  source: readonly (readonly [string, string])[],
  target: readonly (readonly [string, string])[],
) {
  const counts = { missing: 0, extra: 0, different: 0 };
  for (const { kind, rows } of matchRows(SUBJECT, side(source), side(target))) counts[kind] += rows;
  return counts;
}

const rows = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2', '3')), {
  maxLength: 12,
});

describe('matching rows', () => {
  // Mutations: copies not set off; a pair yielded though it was; rows of a key that only the target has left out.
  test('leaves no more than what cannot be set off, key by key', () => {
    fc.assert(
      fc.property(rows, rows, (source, target) => {
        const expected = { missing: 0, extra: 0, different: 0 };
        for (const key of 'abc') {
          const ours = source.filter(([name]) => name === key);
          const theirs = target.filter(([name]) => name === key);
          const equal = ['1', '2', '3'].reduce((sum, hash) => {
            const both = [ours, theirs].map((all) => all.filter((row) => row[1] === hash).length);
            return sum + Math.min(...both);
          }, 0);
          const [left, right] = [ours.length - equal, theirs.length - equal];
          expected.different += Math.min(left, right);
          expected.missing += Math.max(0, left - right);
          expected.extra += Math.max(0, right - left);
        }
        expect(count(source, target)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});

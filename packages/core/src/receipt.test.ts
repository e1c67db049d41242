import { describe, expect, test } from 'vitest';
import { deliveryKey } from './queue.ts';
import { addTallies, EMPTY_TALLY, isBalanced, type Tally } from './receipt.ts';

// Powers of two: a sum shows which of the fields went into it.
const ONE: Tally = { read: 7, loaded: 4, rejected: 2, skipped: 1, nulled: 8, written: 16 };
const TWO: Tally = {
  read: 448,
  loaded: 256,
  rejected: 128,
  skipped: 64,
  nulled: 512,
  written: 1024,
};

describe('a tally', () => {
  // Mutation: `rejected: a.rejected + b.skipped` in receipt.ts fails here.
  test('is added field by field', () => {
    expect(addTallies(ONE, TWO)).toEqual({
      read: 455,
      loaded: 260,
      rejected: 130,
      skipped: 65,
      nulled: 520,
      written: 1040,
    });
  });

  test('sums the same in any order, and the empty one changes nothing', () => {
    expect(addTallies(TWO, ONE)).toEqual(addTallies(ONE, TWO));
    expect(addTallies(ONE, EMPTY_TALLY)).toEqual(ONE);
    expect(addTallies(EMPTY_TALLY, ONE)).toEqual(ONE);
  });

  test('stays balanced when balanced ones are added', () => {
    expect([EMPTY_TALLY, ONE, TWO, addTallies(ONE, TWO)].every(isBalanced)).toBe(true);
  });

  test.each(['read', 'loaded', 'rejected', 'skipped'] as const)(
    'is out of balance when %s is one off',
    (field) => {
      expect(isBalanced({ ...ONE, [field]: ONE[field] + 1 })).toBe(false);
      expect(isBalanced({ ...ONE, [field]: ONE[field] - 1 })).toBe(false);
    },
  );

  test.each(['nulled', 'written'] as const)(
    'is balanced whatever %s says: many rows make one, and a nulled row is a loaded one',
    (field) => {
      expect(isBalanced({ ...ONE, [field]: ONE[field] + 1 })).toBe(true);
    },
  );
});

describe('the name of a delivery', () => {
  test('tells run, chunk and delivery apart', () => {
    const names = [
      { runId: 1, chunkId: 11, delivery: 1 },
      { runId: 11, chunkId: 1, delivery: 1 },
      { runId: 1, chunkId: 1, delivery: 11 },
      { runId: 1, chunkId: 1, delivery: 1 },
    ].map(deliveryKey);
    expect(new Set(names).size).toBe(names.length);
  });

  // BullMQ refuses a job id that has a colon or is a whole number.
  test('is one that the queue takes as a job id', () => {
    expect(deliveryKey({ runId: 3, chunkId: 20, delivery: 1 })).toBe('r3-c20-d1');
  });
});

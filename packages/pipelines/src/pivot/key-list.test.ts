import { expect, test } from 'vitest';
import { framedKey, SEPARATOR } from './framing.ts';
import { KeyList, keyBytes } from './key-list.ts';
import { HOSTILE_CHANNELS } from './testing/torture.ts';

const line = (keys: readonly string[]) =>
  Buffer.concat(keys.flatMap((key) => [framedKey(key), Buffer.from([SEPARATOR])])).subarray(0, -1);

/** The keys of a line, each found after the one before it. */
function follow(list: KeyList, keys: readonly string[]): number[] {
  const bytes = line(keys);
  const found: number[] = [];
  let [at, previous] = [0, -1];
  for (const _ of keys) {
    previous = list.matchNext(keyBytes(bytes), at, bytes.length, previous);
    found.push(previous);
    if (previous < 0) return found;
    at += list.length(previous) + 1;
  }
  expect(at).toBe(bytes.length + 1);
  return found;
}

const KEYS = [...HOSTILE_CHANNELS, '', 'aa', 'ab', 'a b'];

test('every key is found at its place in any order, learnt or not', () => {
  const list = new KeyList(KEYS);
  const order = KEYS.map((_, index) => index);
  for (const indexes of [
    order,
    order,
    [...order].reverse(),
    order.filter((n) => n % 2 === 1),
    order,
  ]) {
    expect(
      follow(
        list,
        indexes.map((index) => KEYS[index] ?? ''),
      ),
    ).toEqual(indexes);
  }
});

// Mutation: without the look at the byte after the key in `#is` (key-list.ts) `a` is taken for `aa`.
test('a key that only starts like another, or continues it, is not taken for it', () => {
  for (const [keys, other] of [
    [['a'], 'aa'],
    [['aa'], 'a'],
    [[''], 'a'],
    [['a'], ''],
    [['é'], 'e\u0301'],
  ] as const) {
    const list = new KeyList(keys);
    expect(follow(list, [other])).toEqual([-1]);
    const bytes = framedKey(other);
    expect(list.match(keyBytes(bytes), 0, bytes.length, 0)).toBe(-1);
  }
});

test('a guess that is wrong costs only a look', () => {
  const list = new KeyList(['A', 'B', 'AB']);
  const bytes = line(['AB', 'A']);
  for (const guess of [0, 1, 2]) {
    expect(list.match(keyBytes(bytes), 0, bytes.length, guess)).toBe(2);
    expect(list.match(keyBytes(bytes), 3, bytes.length, guess)).toBe(0);
  }
});

// Mutation: without the loop over the last bytes in key-list.ts a difference in one of them is overlooked.
test('keys that differ in one byte, at whatever place, are told apart', () => {
  for (let length = 1; length <= 13; length += 1) {
    const key = 'abcdefghijklm'.slice(0, length);
    const list = new KeyList(['x', key]);
    for (let place = 0; place < length; place += 1) {
      const other = `${key.slice(0, place)}~${key.slice(place + 1)}`;
      // Behind other bytes, so that nothing is aligned by chance.
      const bytes = Buffer.concat([Buffer.from('-'.repeat(place)), framedKey(other)]);
      const lists = keyBytes(bytes);
      expect(list.match(lists, place, bytes.length, 1)).toBe(-1);
      expect(list.matchNext(lists, place, bytes.length, 0)).toBe(-1);
    }
  }
});

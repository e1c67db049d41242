import { expect, test } from 'vitest';
import { LineSplitter } from './line-splitter.ts';

const LINES = ['', 'a', '', 'bc'.repeat(50), '\\N\t\r', 'é日🚢', ''];
const STREAM = Buffer.from(`${LINES.join('\n')}\n`);

function split(pieces: readonly Buffer[], maxBytes = 100): string[] {
  const splitter = new LineSplitter(maxBytes);
  return pieces.flatMap((piece) =>
    Array.from(splitter.push(piece), ({ bytes, start, end }) => bytes.toString('utf8', start, end)),
  );
}

// Mutation: without `this.#carried = 0` in `push` of line-splitter.ts lines grow into each other.
test('lines are the same wherever the stream is cut', () => {
  for (let at = 0; at <= STREAM.length; at += 1) {
    expect(split([STREAM.subarray(0, at), STREAM.subarray(at)])).toEqual(LINES);
  }
  for (let length = 1; length < 20; length += 1) {
    const pieces = Array.from({ length: Math.ceil(STREAM.length / length) }, (_, n) =>
      Buffer.from(STREAM.subarray(n * length, (n + 1) * length)),
    );
    expect(split(pieces)).toEqual(LINES);
  }
});

test('a line without its end is not given', () => {
  expect(split([Buffer.from('a\nb')])).toEqual(['a']);
});

test('a line longer than is allowed is an error as soon as it shows', () => {
  expect(split([Buffer.alloc(50, 120), Buffer.alloc(50, 120), Buffer.from('\n')])).toHaveLength(1);
  expect(() => split([Buffer.alloc(50, 120), Buffer.alloc(51, 120)])).toThrow(RangeError);
});

test('a line longer than the first buffer is kept whole', () => {
  const long = 'x'.repeat(200_000);
  const stream = Buffer.from(`a\n${long}\nb\n`);
  const pieces = Array.from({ length: 7 }, (_, n) => stream.subarray(n * 30_000, (n + 1) * 30_000));
  expect(split(pieces, 1e6)).toEqual(['a', long, 'b']);
});

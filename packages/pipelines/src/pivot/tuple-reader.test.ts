import { DroverError } from '@drover/core';
import { describe, expect, test } from 'vitest';
import { COPY_HEADER, COPY_TRAILER } from './table-buffer.ts';
import { binaryRow, copyOf } from './testing/tuple-stream.ts';
import { TupleReader, TupleTooLong } from './tuple-reader.ts';

const MAX = 1000;

/** Two fields each: NULL, empty, one byte, all bytes, what looks like header or trailer, and a long one. */
const ROWS: readonly (readonly (Buffer | null)[])[] = [
  [null, null],
  [Buffer.alloc(0), Buffer.alloc(0)],
  [Buffer.from('a'), null],
  [null, Buffer.from([0xff, 0xff])],
  [COPY_TRAILER, COPY_HEADER],
  [Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)), Buffer.alloc(0)],
  [Buffer.alloc(600, 0xff), Buffer.from('\0\n\\.\n')],
];
const STREAM = copyOf(ROWS.map(binaryRow));
/** NULL is not told apart from nothing: the source query sends no NULL. */
const FIELDS = ROWS.map((row) => row.map((field) => (field ?? Buffer.alloc(0)).toString('hex')));

const newReader = (options = {}) => new TupleReader({ fields: 2, maxBytes: MAX, ...options });

function read(pieces: readonly Buffer[], reader = newReader()) {
  const found: string[][] = [];
  for (const piece of pieces) {
    for (const { bytes, offsets } of reader.push(piece)) {
      const fields: string[] = [];
      for (let field = 0; field < offsets.length; field += 2) {
        fields.push(bytes.toString('hex', offsets[field], offsets[field + 1]));
      }
      found.push(fields);
    }
  }
  return { found, ended: reader.ended };
}

/** The stream cut into pieces of a length; each piece a buffer of its own, as the network gives them. */
function piecesOf(stream: Buffer, length: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < stream.length; at += length) {
    pieces.push(Buffer.from(stream.subarray(at, at + length)));
  }
  return pieces;
}

describe('a stream of tuples', () => {
  // Mutation: without `copyWithin` in `push` of tuple-reader.ts every cut inside a tuple fails.
  test('is the same wherever it is cut in two', () => {
    for (let at = 0; at <= STREAM.length; at += 1) {
      const pieces = [STREAM.subarray(0, at), STREAM.subarray(at)].map((one) => Buffer.from(one));
      expect({ at, ...read(pieces) }).toEqual({ at, found: FIELDS, ended: true });
    }
  });

  test('is the same in pieces of any one length, a byte at a time too', () => {
    for (let length = 1; length <= STREAM.length; length += 1) {
      expect({ length, ...read(piecesOf(STREAM, length)) }).toEqual({
        length,
        found: FIELDS,
        ended: true,
      });
    }
  });

  test('is the same cut twice within the header and the first tuples', () => {
    for (let first = 0; first < 40; first += 1) {
      for (let second = first; second < 60; second += 1) {
        const cuts = [0, first, second, STREAM.length];
        const pieces = [0, 1, 2].map((n) => Buffer.from(STREAM.subarray(cuts[n], cuts[n + 1])));
        expect(read(pieces)).toEqual({ found: FIELDS, ended: true });
      }
    }
  });

  test('may have a longer header, which is passed over whole', () => {
    const header = Buffer.concat([COPY_HEADER, Buffer.from('more')]);
    header.writeInt32BE(4, COPY_HEADER.length - 4);
    const stream = Buffer.concat([header, STREAM.subarray(COPY_HEADER.length)]);
    for (let length = 1; length <= 40; length += 1) {
      expect(read(piecesOf(stream, length))).toEqual({ found: FIELDS, ended: true });
    }
  });

  test('may have no tuple', () => {
    expect(read([copyOf([])])).toEqual({ found: [], ended: true });
  });

  test('of many megabytes keeps no more than a tuple', () => {
    const row = binaryRow([Buffer.alloc(300, 1), Buffer.alloc(300, 2)]);
    const reader = newReader();
    let count = 0;
    for (const _ of reader.push(COPY_HEADER)) count += 1;
    const piece = Buffer.concat(Array<Buffer>(100).fill(row));
    for (let index = 0; index < 100; index += 1) {
      // Cut within a row each time, so that something is always carried over.
      for (const half of [piece.subarray(0, 700), piece.subarray(700)]) {
        for (const _ of reader.push(half)) count += 1;
      }
    }
    expect(count).toBe(10_000);
  });
});

describe('a stream that is not whole', () => {
  test('is not ended, wherever it breaks off', () => {
    for (let at = 0; at < STREAM.length; at += 1) {
      const { found, ended } = read([Buffer.from(STREAM.subarray(0, at))]);
      expect({ at, ended }).toEqual({ at, ended: false });
      expect(found).toEqual(FIELDS.slice(0, found.length));
    }
  });

  const wrong = (stream: Buffer, reader?: TupleReader) => {
    for (const length of [1, 5, stream.length]) {
      expect(() => read(piecesOf(stream, length), reader ?? newReader())).toThrow(DroverError);
    }
  };

  test('or has no signature is refused', () => {
    const stream = Buffer.from(STREAM);
    stream.write('X', 3);
    wrong(stream);
    wrong(Buffer.from('ship\tchannel\tvalue\n'.repeat(3)));
  });

  test('or whose header says that it is longer than could be is refused', () => {
    for (const length of [-1, -(2 ** 31), MAX + 1, 2 ** 31 - 1]) {
      const stream = Buffer.from(STREAM);
      stream.writeInt32BE(length, COPY_HEADER.length - 4);
      wrong(stream);
    }
  });

  test('or has another number of fields is refused', () => {
    wrong(copyOf([binaryRow([null])]));
    wrong(copyOf([binaryRow([null, null, null])]));
    wrong(copyOf([binaryRow([])]));
    const stream = copyOf([binaryRow([null, null])]);
    stream.writeInt16BE(-2, COPY_HEADER.length);
    wrong(stream);
  });

  // Mutation: with any negative length taken for NULL in `#tupleEnd` of tuple-reader.ts this passes.
  test('or has a field of a length below that of NULL is refused', () => {
    const stream = copyOf([binaryRow([null, null])]);
    stream.writeInt32BE(-2, COPY_HEADER.length + 2);
    wrong(stream);
  });

  test('or goes on after its end is refused', () => {
    expect(() => read([Buffer.concat([STREAM, Buffer.from('x')])])).toThrow(DroverError);
    expect(() => read([STREAM, Buffer.from('x')])).toThrow(DroverError);
    expect(() => read([Buffer.concat([STREAM, STREAM])])).toThrow(DroverError);
  });
});

describe('a tuple that is too long', () => {
  // Mutation: with the limit looked at only when the tuple is whole (tuple-reader.ts), nothing is thrown here.
  test('is refused as soon as its length is read, without waiting for its bytes', () => {
    for (const bytes of [MAX, 2 ** 31 - 1]) {
      const head = Buffer.alloc(6);
      head.writeInt16BE(2);
      head.writeInt32BE(bytes, 2);
      for (const length of [1, 100]) {
        expect(() => read(piecesOf(Buffer.concat([COPY_HEADER, head]), length))).toThrow(
          TupleTooLong,
        );
      }
    }
  });

  test('is one byte above the limit, not at it', () => {
    const overhead = 2 + 4 + 4;
    const exact = copyOf([binaryRow([Buffer.alloc(MAX - overhead), null])]);
    expect(read([exact]).found).toHaveLength(1);
    const above = copyOf([binaryRow([Buffer.alloc(MAX - overhead), Buffer.alloc(1)])]);
    expect(() => read([above])).toThrow(TupleTooLong);
  });
});

import { expect, test } from 'vitest';
import { COPY_HEADER, COPY_TRAILER, TableBuffer } from './table-buffer.ts';

function append(buffer: TableBuffer, row: Buffer, cells: number): void {
  buffer.reserve(row.length);
  buffer.endRow(buffer.length + row.copy(buffer.bytes, buffer.length), cells);
}

// Mutation: without the copy in `reserve` of table-buffer.ts the rows before the growth are lost.
test('rows come out as one whole COPY, however much it had to grow', () => {
  const buffer = new TableBuffer();
  const rows = [1, 5000, 20_000, 300_000, 7].map((size, index) => Buffer.alloc(size, index + 1));
  for (const row of rows) append(buffer, row, 2);
  const { copy, rows: marks } = buffer.take(undefined);
  expect(copy.equals(Buffer.concat([COPY_HEADER, ...rows, COPY_TRAILER]))).toBe(true);
  expect(marks.map(({ end }) => copy[end - 1])).toEqual([1, 2, 3, 4, 5]);
  expect(buffer).toMatchObject({ written: 5, loaded: 10 });
});

test('what was taken out stays as it is while the next rows come, and its buffer serves again', () => {
  const buffer = new TableBuffer();
  append(buffer, Buffer.from('first'), 1);
  const first = buffer.take(undefined);
  append(buffer, Buffer.from('second'), 1);
  expect(first.copy.includes('first')).toBe(true);
  const second = buffer.take(first.bytes);
  append(buffer, Buffer.from('third'), 1);
  expect(buffer.bytes).toBe(first.bytes);
  expect(
    second.copy.equals(Buffer.concat([COPY_HEADER, Buffer.from('second'), COPY_TRAILER])),
  ).toBe(true);
  const third = buffer.take(undefined);
  expect(third.copy.equals(Buffer.concat([COPY_HEADER, Buffer.from('third'), COPY_TRAILER]))).toBe(
    true,
  );
  expect(third.rows).toHaveLength(1);
});

test('the trailer finds room where rows fill the buffer to the last byte', () => {
  const buffer = new TableBuffer();
  const row = Buffer.alloc(buffer.bytes.length - buffer.length, 9);
  append(buffer, row, 1);
  expect(buffer.take(undefined).copy.equals(Buffer.concat([COPY_HEADER, row, COPY_TRAILER]))).toBe(
    true,
  );
});

import {
  framedKey,
  MARK,
  MISMATCH_TAG,
  NULL_TAG,
  SEPARATOR,
  TEXT_END,
  TEXT_FORM,
  tagBytes,
} from '../framing.ts';
import { COPY_HEADER, COPY_TRAILER } from '../table-buffer.ts';
import type { Tuple } from '../tuple-reader.ts';

/** A narrow row as the source would frame it; ships are left out where there is one. */
export interface TupleItem {
  readonly ship?: string;
  readonly channel: string;
  readonly value: Buffer;
}

/** Fields of a binary row; null is NULL. */
export function binaryRow(fields: readonly (Buffer | null)[]): Buffer {
  const count = Buffer.alloc(2);
  count.writeInt16BE(fields.length);
  const parts = fields.flatMap((field) => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(field === null ? -1 : field.length);
    return field === null ? [length] : [length, field];
  });
  return Buffer.concat([count, ...parts]);
}

export function copyOf(rows: readonly Buffer[]): Buffer {
  return Buffer.concat([COPY_HEADER, ...rows, COPY_TRAILER]);
}

/** The fields of one timestamp, as framing.ts describes them. */
export function tupleFields(time: bigint, items: readonly TupleItem[]): Buffer[] {
  const list = (keys: readonly string[]) =>
    Buffer.concat(
      keys.flatMap((key, index) =>
        index === 0 ? [framedKey(key)] : [Buffer.from([SEPARATOR]), framedKey(key)],
      ),
    );
  const ships = items.flatMap((item) => (item.ship === undefined ? [] : [item.ship]));
  return [
    int8(time),
    ...(ships.length === 0 ? [] : [list(ships)]),
    list(items.map((item) => item.channel)),
    Buffer.concat(items.map((item) => item.value)),
  ];
}

/** A tuple that lies somewhere in a larger buffer, as the reader lends it. */
export function tupleOf(fields: readonly Buffer[]): Tuple {
  const before = Buffer.alloc(7, 0xee);
  const offsets = new Int32Array(fields.length * 2);
  let at = before.length;
  for (const [index, field] of fields.entries()) {
    offsets.set([at, at + field.length], index * 2);
    at += field.length;
  }
  return { bytes: Buffer.concat([before, ...fields, before]), offsets };
}

export function int8(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

/** A value of a type of fixed length. */
export const fixed = (column: number, bytes: Buffer): Buffer =>
  Buffer.concat([tagBytes(column, null), bytes]);

/** A value of a type of varying length that is no text. */
export const varying = (column: number, bytes: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([tagBytes(column, null), length, bytes]);
};

const ended = (tag: number, text: string): Buffer =>
  Buffer.concat([tagBytes(tag, null), Buffer.from(text), Buffer.from([TEXT_END])]);

export const textValue = (column: number, text: string): Buffer => ended(column, text);
export const asText = (column: number, text: string): Buffer => ended(column + TEXT_FORM, text);
export const noValue = (): Buffer => tagBytes(NULL_TAG, null);
export const mismatch = (row: object): Buffer => ended(MISMATCH_TAG, JSON.stringify(row));

/** The same where the values of another column come without a tag. */
export const marked = (value: Buffer): Buffer => Buffer.concat([MARK, value]);

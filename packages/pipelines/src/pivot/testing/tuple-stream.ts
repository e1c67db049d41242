import { framedKey, MISMATCH_TAG, NULL_TAG, SEPARATOR, TEXT_FORM } from '../framing.ts';
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
export function tupleFields(
  time: bigint,
  items: readonly TupleItem[],
  count = items.length,
): Buffer[] {
  const list = (keys: readonly string[]) =>
    Buffer.concat(
      keys.flatMap((key, index) =>
        index === 0 ? [framedKey(key)] : [Buffer.from([SEPARATOR]), framedKey(key)],
      ),
    );
  const ships = items.flatMap((item) => (item.ship === undefined ? [] : [item.ship]));
  return [
    int8(time),
    int8(BigInt(count)),
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
  Buffer.concat([Buffer.from([column]), bytes]);

const varying = (tag: number, text: string): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(Buffer.byteLength(text));
  return Buffer.concat([Buffer.from([tag]), length, Buffer.from(text)]);
};

export const textValue = (column: number, text: string): Buffer => varying(column, text);
export const asText = (column: number, text: string): Buffer => varying(column + TEXT_FORM, text);
export const noValue = (): Buffer => Buffer.from([NULL_TAG]);
export const mismatch = (row: object): Buffer => varying(MISMATCH_TAG, JSON.stringify(row));

import { DroverError } from '@drover/core';

/** Thrown when one tuple outgrows the limit; the caller divides the work and tries again. */
export class TupleTooLong extends Error {
  override readonly name = 'TupleTooLong';

  constructor(maxBytes: number) {
    super(`a tuple is longer than ${maxBytes} bytes`);
  }
}

/** A tuple where it lies: fields are found by `offsets`, pairs of start and end. Only lent. */
export interface Tuple {
  readonly bytes: Buffer;
  readonly offsets: Int32Array;
}

/** Signature, flags and length of the header extension. Source: the binary format of COPY. */
const HEADER_BYTES = 19;
const TRAILER_BYTES = 2;
const NULL_LENGTH = -1;
const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');

/**
 * Cuts a binary COPY into tuples. One that lies within a piece is handed on where it lies; only one that
 * spans pieces is copied together. Memory is that of the longest tuple.
 */
export class TupleReader {
  readonly #maxBytes: number;
  readonly #offsets: Int32Array;
  #carry: Buffer = Buffer.allocUnsafe(64 * 1024);
  #carried = 0;
  #state: 'header' | 'tuples' | 'end' = 'header';

  constructor(of: { fields: number; maxBytes: number }) {
    this.#maxBytes = of.maxBytes;
    this.#offsets = new Int32Array(of.fields * 2);
  }

  /** Whether the trailer has come: a stream that ends before it is not whole. */
  get ended(): boolean {
    return this.#state === 'end';
  }

  *push(piece: Buffer): Generator<Tuple, void, undefined> {
    const carried = this.#carried > 0;
    if (carried) this.#keep(piece);
    const bytes = carried ? this.#carry : piece;
    const end = carried ? this.#carried : piece.length;
    let at = 0;
    if (this.#state === 'header') at = this.#skipHeader(bytes, end);
    for (
      let next = this.#tupleEnd(bytes, at, end);
      next !== null;
      next = this.#tupleEnd(bytes, at, end)
    ) {
      yield { bytes, offsets: this.#offsets };
      at = next;
    }
    if (this.#state === 'end' && at + TRAILER_BYTES < end) {
      throw new DroverError('COUNT_MISMATCH', {
        message: 'The source went on after its last tuple.',
      });
    }
    if (carried) {
      this.#carry.copyWithin(0, at, end);
      this.#carried = end - at;
    } else {
      this.#keep(piece.subarray(at));
    }
  }

  /** Where the tuples begin, or 0 while the header is not whole. */
  #skipHeader(bytes: Buffer, end: number): number {
    if (end < HEADER_BYTES) return 0;
    if (bytes.compare(SIGNATURE, 0, SIGNATURE.length, 0, SIGNATURE.length) !== 0) {
      throw new DroverError('COUNT_MISMATCH', { message: 'The source sent no binary COPY.' });
    }
    const extension = bytes.readInt32BE(HEADER_BYTES - 4);
    if (extension < 0 || extension > this.#maxBytes) {
      throw new DroverError('COUNT_MISMATCH', { message: 'The source sent no binary COPY.' });
    }
    if (HEADER_BYTES + extension > end) return 0;
    this.#state = 'tuples';
    return HEADER_BYTES + extension;
  }

  /** Finds the fields of the tuple at `at`; null where it is not whole, or is the trailer. */
  #tupleEnd(bytes: Buffer, at: number, end: number): number | null {
    if (this.#state !== 'tuples' || at + 2 > end) return null;
    const fields = bytes.readInt16BE(at);
    if (fields === -1) {
      this.#state = 'end';
      return null;
    }
    if (fields * 2 !== this.#offsets.length) {
      throw new DroverError('COUNT_MISMATCH', { message: `The source sent ${fields} fields.` });
    }
    let next = at + 2;
    for (let field = 0; field < fields; field += 1) {
      if (next + 4 > end) return null;
      const sent = bytes.readInt32BE(next);
      if (sent < NULL_LENGTH) {
        throw new DroverError('COUNT_MISMATCH', {
          message: `The source sent a field of ${sent} bytes.`,
        });
      }
      const length = Math.max(0, sent);
      this.#offsets[field * 2] = next + 4;
      next += 4 + length;
      this.#offsets[field * 2 + 1] = next;
      // What is still to come shows as soon as a length is read: no need to wait for all of it.
      if (next - at > this.#maxBytes) throw new TupleTooLong(this.#maxBytes);
      if (next > end) return null;
    }
    return next;
  }

  #keep(piece: Buffer): void {
    const needed = this.#carried + piece.length;
    if (needed > this.#carry.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#carry.length * 2));
      this.#carry.copy(larger, 0, 0, this.#carried);
      this.#carry = larger;
    }
    piece.copy(this.#carry, this.#carried);
    this.#carried = needed;
  }
}

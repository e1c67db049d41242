const NEWLINE = 0x0a;

/**
 * Cuts a stream of pieces into lines. A line that lies within one piece is handed on where it lies;
 * only one that spans pieces is copied together. Memory is that of the longest line.
 */
export class LineSplitter {
  readonly #maxBytes: number;
  #carry = Buffer.allocUnsafe(64 * 1024);
  #carried = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Calls `line(bytes, start, end)` for each line, without its newline. The bytes are only lent. */
  *push(piece: Buffer): Generator<{ bytes: Buffer; start: number; end: number }, void, undefined> {
    let start = 0;
    while (start < piece.length) {
      const newline = piece.indexOf(NEWLINE, start);
      if (newline === -1) {
        this.#keep(piece, start, piece.length);
        return;
      }
      if (this.#carried === 0) {
        yield { bytes: piece, start, end: newline };
      } else {
        this.#keep(piece, start, newline);
        const end = this.#carried;
        this.#carried = 0;
        yield { bytes: this.#carry, start: 0, end };
      }
      start = newline + 1;
    }
  }

  #keep(piece: Buffer, start: number, end: number): void {
    const needed = this.#carried + end - start;
    if (needed > this.#maxBytes)
      throw new RangeError(`a line is longer than ${this.#maxBytes} bytes`);
    if (needed > this.#carry.length) {
      const larger = Buffer.allocUnsafe(
        Math.min(this.#maxBytes, Math.max(needed, this.#carry.length * 2)),
      );
      this.#carry.copy(larger, 0, 0, this.#carried);
      this.#carry = larger;
    }
    piece.copy(this.#carry, this.#carried, start, end);
    this.#carried = needed;
  }
}

const INITIAL_BYTES = 16 * 1024;

/** Start and end of a binary COPY. Source: its format; no flags, no extension. */
export const COPY_HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
export const COPY_TRAILER = Buffer.from([0xff, 0xff]);

/** Binary rows for one table, collected until they are worth a COPY; and the table's tally. */
export class TableBuffer {
  bytes: Buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  length = COPY_HEADER.copy(this.bytes);
  /** Of each buffered row: where it ends, and how many source rows are in it. */
  rows: { end: number; cells: number }[] = [];
  written = 0;
  loaded = 0;
  rejected = 0;
  skipped = 0;
  nulled = 0;

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }

  endRow(end: number, cells: number): void {
    this.length = end;
    this.rows.push({ end, cells });
    this.written += 1;
    this.loaded += cells;
  }

  /** Takes the rows out, as a whole COPY; `spare` becomes the buffer for the next ones. */
  take(spare: Buffer | undefined): TakenRows {
    this.reserve(COPY_TRAILER.length);
    const length = this.length + COPY_TRAILER.copy(this.bytes, this.length);
    const taken = { bytes: this.bytes, copy: this.bytes.subarray(0, length), rows: this.rows };
    this.bytes = spare ?? Buffer.allocUnsafe(INITIAL_BYTES);
    this.length = COPY_HEADER.copy(this.bytes);
    this.rows = [];
    return taken;
  }
}

export interface TakenRows {
  /** The buffer itself, to be used again. */
  readonly bytes: Buffer;
  /** Header, rows and trailer. */
  readonly copy: Buffer;
  readonly rows: readonly { readonly end: number; readonly cells: number }[];
}

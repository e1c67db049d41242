const INITIAL_BYTES = 16 * 1024;

/** Rows of COPY text for one table, collected until they are worth a COPY; and the table's tally. */
export class TableBuffer {
  bytes: Buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  length = 0;
  /** Source rows in each buffered row. */
  rowCells: number[] = [];
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

  endRow(length: number, cells: number): void {
    this.length = length;
    this.rowCells.push(cells);
    this.written += 1;
    this.loaded += cells;
  }

  /** Takes the rows out; `spare` becomes the buffer for the next ones. */
  take(spare: Buffer | undefined): { rows: Buffer; bytes: Buffer; rowCells: readonly number[] } {
    const taken = {
      rows: this.bytes.subarray(0, this.length),
      bytes: this.bytes,
      rowCells: this.rowCells,
    };
    this.bytes = spare ?? Buffer.allocUnsafe(INITIAL_BYTES);
    this.length = 0;
    this.rowCells = [];
    return taken;
  }
}

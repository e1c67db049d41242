/** Rows that a load's log shows at most (§3). */
const LOGGED_ROWS = 50;

/** The rows that one load left out, and why (§3). */
export class ErrorLog {
  readonly #lines: string[] = [];

  get isFull(): boolean {
    return this.#lines.length >= LOGGED_ROWS;
  }

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  /** Nothing happens when it is full. */
  add(reason: string, row: Buffer): void {
    if (!this.isFull) this.#lines.push(`Reason: ${reason}. src line [${row.toString('utf8')}]; \n`);
  }

  toString(): string {
    return this.#lines.join('');
  }
}

/** The logs of one backend, by the name of their file. */
export class ErrorLogs {
  readonly #logs = new Map<string, ErrorLog>();

  /** @returns the path and query under which a log can be fetched. */
  publish(log: ErrorLog): string {
    const number = this.#logs.size + 1;
    const file = `__shard_${number % 1024}/error_log_insert_stmt_${number.toString(16)}`;
    this.#logs.set(file, log);
    return `/api/_load_error_log?file=${file}`;
  }

  read(file: string): string | null {
    return this.#logs.get(file)?.toString() ?? null;
  }
}

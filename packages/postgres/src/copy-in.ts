import type { Duplex } from 'node:stream';
import pg from 'pg';
import { classifyError } from './classify.ts';

/** Which COPY of the sequence failed, and at which of its lines, both counted from 0. */
export class CopyInError extends Error {
  override readonly name = 'CopyInError';
  readonly statement: number;
  /** null where the server named no line. */
  readonly line: number | null;

  constructor(statement: number, line: number | null, cause: unknown) {
    super('COPY was refused', { cause });
    this.statement = statement;
    this.line = line;
  }
}

interface WireConnection {
  readonly stream: Duplex;
  parse(query: { text: string; name: string; types: never[] }): void;
  bind(config: object): void;
  execute(config: object): void;
  sync(): void;
}

const COPY_DATA = 0x64;
const COPY_DONE = Buffer.from([0x63, 0, 0, 0, 4]);

/**
 * Runs any number of `COPY ... FROM STDIN` statements on one connection without waiting for the
 * server between them. Source: the extended query protocol, where statements may follow each other
 * before a Sync, and where the server skips everything after an error up to the Sync. A library
 * would wait for the server twice per COPY, which over a distance costs more than the copying.
 */
export class CopyIn implements pg.Submittable {
  readonly #where: string;
  #connection: WireConnection | undefined;
  #completed = 0;
  #error: Error | undefined;
  #settle: { resolve: () => void; reject: (error: unknown) => void } | undefined;
  #wake: (() => void) | undefined;
  #rows = 0;

  constructor(where: string) {
    this.#where = where;
  }

  /** Rows that the server has taken so far. */
  get rows(): number {
    return this.#rows;
  }

  /**
   * Sends one whole COPY. The buffer may be used again when `sent` was called. Resolves when the
   * connection can take more.
   * @throws CopyInError as soon as the server has refused this or an earlier COPY.
   */
  async send(statement: string, data: Buffer, sent: () => void): Promise<void> {
    const connection = await this.#ready();
    const { stream } = connection;
    stream.cork();
    connection.parse({ text: statement, name: '', types: [] });
    connection.bind({});
    connection.execute({});
    const header = Buffer.allocUnsafe(5);
    header[0] = COPY_DATA;
    header.writeUInt32BE(data.length + 4, 1);
    stream.write(header);
    stream.write(data, () => sent());
    const free = stream.write(COPY_DONE);
    stream.uncork();
    if (!free) await this.#drained(stream);
    if (this.#error !== undefined) throw this.#error;
  }

  /** Ends the sequence; resolves when the server has taken everything. */
  async finish(): Promise<void> {
    const connection = await this.#ready();
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      connection.sync();
    });
  }

  async #ready(): Promise<WireConnection> {
    if (this.#connection === undefined && this.#error === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#error !== undefined) throw this.#error;
    return this.#connection as WireConnection;
  }

  #drained(stream: Duplex): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        stream.off('drain', done);
        stream.off('close', done);
        this.#wake = undefined;
        resolve();
      };
      this.#wake = done;
      stream.on('drain', done);
      stream.on('close', done);
    });
  }

  submit(connection: pg.Connection): void {
    this.#connection = connection as unknown as WireConnection;
    this.#wake?.();
  }

  handleCopyInResponse(): void {}

  handleCommandComplete(message: { text?: string }): void {
    this.#completed += 1;
    this.#rows += Number(/^COPY (\d+)/.exec(message.text ?? '')?.[1] ?? 0);
  }

  handleError(error: unknown): void {
    if (error instanceof pg.DatabaseError) {
      this.#error = new CopyInError(
        this.#completed,
        lineOf(error.where),
        classifyError(error, this.#where),
      );
      // The server skips what it has been sent up to here.
      if (this.#settle === undefined) this.#connection?.sync();
    } else {
      this.#error = classifyError(error, this.#where);
    }
    this.#settle?.reject(this.#error);
    this.#wake?.();
  }

  handleReadyForQuery(): void {
    this.#settle?.resolve();
  }
}

/** From the CONTEXT of the error: `COPY stage, line 12, column c: "..."`. */
function lineOf(context: string | undefined): number | null {
  const match = /^COPY .*?, line (\d+)/m.exec(context ?? '');
  return match === null ? null : Number(match[1]) - 1;
}

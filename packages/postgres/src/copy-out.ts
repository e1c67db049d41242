import type { Duplex } from 'node:stream';
import type pg from 'pg';
import { classifyError } from './classify.ts';

/** Above this the server is not listened to until the consumer has caught up. */
const MAX_WAITING_BYTES = 1024 * 1024;

const HEADER_BYTES = 5;

/** Messages of the protocol by their first byte. */
const COPY_DATA = 0x64;

/** May stand between rows, or before them: CopyOutResponse, notice, parameter, notification. */
const SKIPPED: ReadonlySet<number> = new Set([0x48, 0x4e, 0x53, 0x41]);

type Listener = (piece: Buffer) => void;

/**
 * The bytes of one `COPY ... TO STDOUT`. The server wraps each row into a message of its own: headers are
 * taken out in the buffer that came from the socket, which costs less per row than any object would.
 * Everything else is left to the driver.
 */
export class CopyOut implements pg.Submittable {
  readonly #text: string;
  readonly #where: string;
  readonly #header = Buffer.alloc(HEADER_BYTES);
  readonly #pieces: Buffer[] = [];
  #stream: Duplex | undefined;
  #driver: Listener | undefined;
  #headerBytes = 0;
  /** Bytes of the message in hand that have not come yet. */
  #rest = 0;
  #isRow = false;
  #waitingBytes = 0;
  #rows = 0;
  #over = false;
  #error: unknown;
  #wake: (() => void) | undefined;

  constructor(text: string, where: string) {
    this.#text = text;
    this.#where = where;
  }

  /** Rows of which at least the beginning has been handed out, or waits to be. */
  get rows(): number {
    return this.#rows;
  }

  /** Pieces as they arrive, which do not end where rows end. @throws DroverError */
  async *pieces(): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      const piece = this.#pieces.shift();
      if (piece !== undefined) {
        this.#waitingBytes -= piece.length;
        if (this.#driver !== undefined && this.#waitingBytes < MAX_WAITING_BYTES) {
          this.#stream?.resume();
        }
        yield piece;
      } else if (this.#error !== undefined) throw classifyError(this.#error, this.#where);
      else if (this.#over) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  submit(connection: pg.Connection): void {
    const { stream } = connection as pg.Connection & { readonly stream: Duplex };
    const [driver] = stream.listeners('data') as Listener[];
    if (driver === undefined) throw new TypeError('the driver does not listen to its connection');
    this.#stream = stream;
    this.#driver = driver;
    stream.off('data', driver);
    stream.on('data', this.#onData);
    (connection as pg.Connection & { query(text: string): void }).query(this.#text);
  }

  handleError(error: unknown): void {
    this.#error = error ?? new Error('COPY failed');
    this.#stream?.off('data', this.#onData);
    this.#wake?.();
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.#over = true;
    this.#wake?.();
  }

  readonly #onData = (buffer: Buffer): void => {
    let read = 0;
    let written = 0;
    while (read < buffer.length) {
      if (this.#rest === 0) {
        const taken = this.#takeHeader(buffer, read);
        if (taken === null) {
          this.#push(buffer.subarray(0, written));
          this.#giveBack(buffer.subarray(read));
          return;
        }
        read += taken;
        if (this.#headerBytes > 0) break;
        continue;
      }
      const length = Math.min(this.#rest, buffer.length - read);
      if (this.#isRow) {
        buffer.copyWithin(written, read, read + length);
        written += length;
      }
      read += length;
      this.#rest -= length;
    }
    this.#push(buffer.subarray(0, written));
  };

  /** @returns the bytes taken; null for a message that ends the rows: its header is with those before it. */
  #takeHeader(buffer: Buffer, at: number): number | null {
    const whole = this.#headerBytes === 0 && buffer.length - at >= HEADER_BYTES;
    let taken = HEADER_BYTES;
    let header = buffer;
    let start = at;
    if (!whole) {
      taken = Math.min(HEADER_BYTES - this.#headerBytes, buffer.length - at);
      buffer.copy(this.#header, this.#headerBytes, at, at + taken);
      this.#headerBytes += taken;
      if (this.#headerBytes < HEADER_BYTES) return taken;
      header = this.#header;
      start = 0;
    }
    const kind = header[start] ?? 0;
    this.#isRow = kind === COPY_DATA;
    if (!this.#isRow && !SKIPPED.has(kind)) {
      // What has been kept of the header beforehand is told by `headerBytes`.
      if (!whole) this.#headerBytes -= taken;
      return null;
    }
    this.#headerBytes = 0;
    this.#rest = header.readUInt32BE(start + 1) - 4;
    if (this.#isRow) this.#rows += 1;
    return taken;
  }

  #push(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#waitingBytes += piece.length;
    if (this.#waitingBytes >= MAX_WAITING_BYTES) this.#stream?.pause();
    this.#wake?.();
  }

  /** The end, or an error: the driver knows what to make of it. */
  #giveBack(rest: Buffer): void {
    const stream = this.#stream;
    const driver = this.#driver;
    this.#driver = undefined;
    if (stream === undefined || driver === undefined) return;
    stream.off('data', this.#onData);
    stream.on('data', driver);
    const kept = Buffer.from(this.#header.subarray(0, this.#headerBytes));
    this.#headerBytes = 0;
    driver(kept.length === 0 ? rest : Buffer.concat([kept, rest]));
    stream.resume();
  }
}

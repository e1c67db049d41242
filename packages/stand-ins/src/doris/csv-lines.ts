import { NotDescribed } from './refusal.ts';
import type { Generation } from './store.ts';

/** How a load's text is written, by its headers (§2). */
export interface CsvFormat {
  readonly generation: Generation;
  readonly separator: Buffer;
  /** One byte each, null where the header was not sent. */
  readonly encloseByte: number | null;
  readonly escapeByte: number | null;
  readonly trimDoubleQuotes: boolean;
}

export interface CsvLine {
  /** Without the line's end. */
  readonly bytes: Buffer;
  /** Where the separators between the fields start. */
  readonly separators: readonly number[];
}

type State = 'start of field' | 'plain' | 'enclosed' | 'escaped' | 'closed';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const FIRST_CAPACITY_BYTES = 4096;

/**
 * Cuts streamed bytes into lines (§5 rules 1, 3 and 5). The pieces may end anywhere. A field is enclosed only
 * if it begins so; within it separators and line ends are data, and the escape hides the byte after it. A
 * doubled enclosing byte stays inside the field on D26 and ends the enclosure on D24.
 */
export class CsvLines {
  readonly #format: CsvFormat;
  #line = Buffer.allocUnsafe(FIRST_CAPACITY_BYTES);
  #length = 0;
  #separators: number[] = [];
  #state: State = 'start of field';
  /** Where the field starts: a separator cannot begin before it. */
  #fieldStart = 0;

  constructor(format: CsvFormat) {
    this.#format = format;
  }

  *push(piece: Buffer): Generator<CsvLine> {
    for (const byte of piece) {
      this.#append(byte);
      if (this.#isHidden(byte)) continue;
      if (byte === LINE_FEED) {
        const line = this.#take(this.#endOfLine());
        // A line without a byte is dropped and not counted (§5 rule 1).
        if (line.bytes.length > 0) yield line;
      } else if (this.#endsWithSeparator()) {
        this.#separators.push(this.#length - this.#format.separator.length);
        this.#state = 'start of field';
        this.#fieldStart = this.#length;
      }
    }
  }

  /** The last line, if the text did not end with a line's end. */
  *end(): Generator<CsvLine> {
    if (this.#state === 'enclosed' || this.#state === 'escaped') {
      throw new NotDescribed('a text that ends inside an enclosed field');
    }
    if (this.#length > 0) yield this.#take(this.#length);
  }

  /** Moves on by one byte; true where it is within an enclosure or bounds it. */
  #isHidden(byte: number): boolean {
    const { encloseByte, escapeByte, generation } = this.#format;
    switch (this.#state) {
      case 'escaped':
        this.#state = 'enclosed';
        return true;
      case 'enclosed':
        if (byte === escapeByte) this.#state = 'escaped';
        else if (byte === encloseByte) this.#state = 'closed';
        return true;
      case 'closed':
        this.#state = generation === 'D26' && byte === encloseByte ? 'enclosed' : 'plain';
        return this.#state === 'enclosed';
      case 'start of field':
        this.#state = byte === encloseByte ? 'enclosed' : 'plain';
        return this.#state === 'enclosed';
      case 'plain':
        return false;
    }
  }

  #endsWithSeparator(): boolean {
    const { separator } = this.#format;
    const from = this.#length - separator.length;
    return from >= this.#fieldStart && separator.compare(this.#line, from, this.#length) === 0;
  }

  #endOfLine(): number {
    const end = this.#length - 1;
    return this.#line[end - 1] === CARRIAGE_RETURN ? end - 1 : end;
  }

  #take(end: number): CsvLine {
    const line = {
      bytes: Buffer.from(this.#line.subarray(0, end)),
      separators: this.#separators,
    };
    this.#length = 0;
    this.#separators = [];
    this.#state = 'start of field';
    this.#fieldStart = 0;
    return line;
  }

  #append(byte: number): void {
    if (this.#length === this.#line.length) {
      this.#line = Buffer.concat([this.#line], this.#line.length * 2);
    }
    this.#line[this.#length] = byte;
    this.#length += 1;
  }
}

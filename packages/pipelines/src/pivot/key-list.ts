import { framedKey, SEPARATOR } from './framing.ts';

/** Bytes in which keys lie, and a view of them. */
export interface KeyBytes {
  readonly bytes: Buffer;
  readonly view: DataView;
}

export function keyBytes(bytes: Buffer): KeyBytes {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) };
}

/**
 * Framed keys, found in a list at a given place. The list is given as bytes and as a view of the same
 * bytes: they are compared four at a time, as comparing keys is the most of the work in JavaScript.
 */
export class KeyList {
  readonly #bytes: Buffer;
  readonly #offset: Int32Array;
  /** Each key's bytes by fours, as far as there are four; and where those of a key begin. */
  readonly #words: Int32Array;
  readonly #firstWord: Int32Array;
  readonly #byText = new Map<string, number>();
  /** Which key followed which one last time; index 0 stands for the start of a line. */
  readonly #next: Int32Array;

  constructor(keys: readonly string[]) {
    const framed = keys.map(framedKey);
    this.#bytes = Buffer.concat(framed);
    this.#offset = new Int32Array(keys.length + 1);
    this.#next = new Int32Array(keys.length + 1);
    this.#words = new Int32Array(framed.reduce((sum, key) => sum + (key.length >>> 2), 0));
    this.#firstWord = new Int32Array(keys.length);
    let offset = 0;
    let word = 0;
    for (const [index, key] of framed.entries()) {
      this.#offset[index] = offset;
      this.#firstWord[index] = word;
      this.#byText.set(key.toString('latin1'), index);
      for (let at = 0; at + 4 <= key.length; at += 4) this.#words[word++] = key.readInt32LE(at);
      offset += key.length;
    }
    this.#offset[keys.length] = offset;
  }

  length(key: number): number {
    return (this.#offset[key + 1] as number) - (this.#offset[key] as number);
  }

  /** The key at `at`, tried first as the one given; -1 where it is none of the list. */
  match(list: KeyBytes, at: number, end: number, guess: number): number {
    return this.#is(list, at, end, guess) ? guess : this.#lookUp(list.bytes, at, end);
  }

  /**
   * The key at `at`, tried first as the one that followed `previous` last time, then as the one after that:
   * a sample that is missing leaves the order as it was.
   */
  matchNext(list: KeyBytes, at: number, end: number, previous: number): number {
    const guess = this.#next[previous + 1] as number;
    if (this.#is(list, at, end, guess)) return guess;
    const second = this.#next[guess + 1] as number;
    if (this.#is(list, at, end, second)) return second;
    const found = this.#lookUp(list.bytes, at, end);
    if (found >= 0) this.#next[previous + 1] = found;
    return found;
  }

  #is({ bytes, view }: KeyBytes, at: number, end: number, key: number): boolean {
    const from = this.#offset[key] as number;
    const length = (this.#offset[key + 1] as number) - from;
    const stop = at + length;
    if (stop > end || (stop < end && bytes[stop] !== SEPARATOR)) return false;
    const whole = length & ~3;
    let word = this.#firstWord[key] as number;
    for (let index = 0; index < whole; index += 4) {
      if (view.getInt32(at + index, true) !== this.#words[word++]) return false;
    }
    for (let index = whole; index < length; index += 1) {
      if (bytes[at + index] !== this.#bytes[from + index]) return false;
    }
    return true;
  }

  #lookUp(bytes: Buffer, at: number, end: number): number {
    let stop = at;
    while (stop < end && bytes[stop] !== SEPARATOR) stop += 1;
    return this.#byText.get(bytes.toString('latin1', at, stop)) ?? -1;
  }
}

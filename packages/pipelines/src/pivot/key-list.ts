import { framedKey, SEPARATOR } from './framing.ts';

/** Framed keys, found in a list at a given place. */
export class KeyList {
  readonly #bytes: Buffer;
  readonly #offset: Int32Array;
  readonly #byText = new Map<string, number>();
  /** Which key followed which one last time; index 0 stands for the start of a line. */
  readonly #next: Int32Array;

  constructor(keys: readonly string[]) {
    const framed = keys.map(framedKey);
    this.#bytes = Buffer.concat(framed);
    this.#offset = new Int32Array(keys.length + 1);
    this.#next = new Int32Array(keys.length + 1);
    let offset = 0;
    for (const [index, key] of framed.entries()) {
      this.#offset[index] = offset;
      this.#byText.set(key.toString('latin1'), index);
      offset += key.length;
    }
    this.#offset[keys.length] = offset;
  }

  length(key: number): number {
    return (this.#offset[key + 1] as number) - (this.#offset[key] as number);
  }

  /** The key at `at`, tried first as the one given; -1 where it is none of the list. */
  match(bytes: Buffer, at: number, end: number, guess: number): number {
    return this.#is(bytes, at, end, guess) ? guess : this.#lookUp(bytes, at, end);
  }

  /**
   * The key at `at`, tried first as the one that followed `previous` last time, then as the one after that:
   * a sample that is missing leaves the order as it was.
   */
  matchNext(bytes: Buffer, at: number, end: number, previous: number): number {
    const guess = this.#next[previous + 1] as number;
    if (this.#is(bytes, at, end, guess)) return guess;
    const second = this.#next[guess + 1] as number;
    if (this.#is(bytes, at, end, second)) return second;
    const found = this.#lookUp(bytes, at, end);
    if (found >= 0) this.#next[previous + 1] = found;
    return found;
  }

  #is(bytes: Buffer, at: number, end: number, key: number): boolean {
    const from = this.#offset[key] as number;
    const length = (this.#offset[key + 1] as number) - from;
    const stop = at + length;
    if (stop > end || (stop < end && bytes[stop] !== SEPARATOR)) return false;
    const keys = this.#bytes;
    for (let index = 0; index < length; index += 1) {
      if (bytes[at + index] !== keys[from + index]) return false;
    }
    return true;
  }

  #lookUp(bytes: Buffer, at: number, end: number): number {
    let stop = at;
    while (stop < end && bytes[stop] !== SEPARATOR) stop += 1;
    return this.#byText.get(bytes.toString('latin1', at, stop)) ?? -1;
  }
}

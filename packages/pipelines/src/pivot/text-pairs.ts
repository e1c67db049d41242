import type { TextPair } from './source-query.ts';

/** Channels whose wide column is text although values of other formats come: they are asked for as text. */
export class TextPairs {
  readonly #pairs = new Map<string, TextPair>();

  /** @returns whether one of them is new. */
  add(pairs: readonly TextPair[]): boolean {
    const before = this.#pairs.size;
    for (const pair of pairs) this.#pairs.set(JSON.stringify([pair.ship, pair.channel]), pair);
    return this.#pairs.size > before;
  }

  of(ships: readonly string[]): readonly TextPair[] {
    return [...this.#pairs.values()].filter((pair) => ships.includes(pair.ship));
  }
}

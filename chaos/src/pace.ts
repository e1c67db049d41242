import type { Line } from './line.ts';

const LEAST_SLICE_MS = 1;
const MOST_SLICE_MS = 64;

/** Chunks that should be left for each fault that is still to come. */
const WANTED = { least: 4, most: 8 } as const;

/**
 * Keeps a run going for as long as faults are to come, whatever the machine can do: the lines to the
 * databases are made slower when chunks run short, and quicker when there are plenty.
 */
export class Pace {
  readonly #lines: readonly Line[];
  #sliceMs = 8;

  constructor(lines: readonly Line[]) {
    this.#lines = lines;
    this.apply();
  }

  adjust(left: { chunks: number; faults: number }): void {
    const each = left.chunks / Math.max(1, left.faults);
    if (each < WANTED.least) this.#sliceMs = Math.min(MOST_SLICE_MS, this.#sliceMs * 2);
    if (each > WANTED.most) this.#sliceMs = Math.max(LEAST_SLICE_MS, this.#sliceMs / 2);
    this.apply();
  }

  /** Faults are over: as fast as it goes. */
  release(): void {
    this.#sliceMs = 0;
    this.apply();
  }

  /** Again after a fault that slowed a line more than that. */
  apply(): void {
    for (const line of this.#lines) line.slow(this.#sliceMs);
  }
}

import type {
  GivenChunk,
  GivenWork,
  Pipeline,
  Run,
  Selection,
  SplitPart,
  Unparking,
} from '@drover/core';
import { type ParkedFilter, type ParkedInRun, selectionOf } from './choose-parked.ts';

export interface ReprocessWish {
  /** Ranges that a person named; null for parked chunks as they are. */
  readonly list: readonly Selection[] | null;
  readonly filter: ParkedFilter;
  /** Cut each chunk into so many parts at least, where it can be divided; 1 for none. */
  readonly parts: number;
  /** At most so many chunks; null for all. */
  readonly limit: number | null;
  /** How long a worker rests after each chunk. */
  readonly restMs: number;
}

/** What reprocessing would do. Chunks of `inPlace` run again in their own run, the rest in a new one. */
export interface ReprocessPlan {
  readonly inPlace: readonly { readonly run: Run; readonly chunks: readonly Unparking[] }[];
  /** null where no new run is needed. */
  readonly given: GivenWork | null;
  /** Chunks that only their own run could try again, and that cannot any more; they stay parked. */
  readonly left: readonly ParkedInRun[];
  /** Every chunk that would be tried, in order, with the run it would run in; null for the new one. */
  readonly chunks: readonly { readonly run: number | null; readonly part: SplitPart }[];
}

/**
 * Decides how parked chunks and named ranges are tried again. A parked chunk runs again in its own run, unless
 * that run was cancelled or was started with another content of the file: then a new run takes it over. What
 * a list names and no parked chunk covers goes to the new run, too.
 * @param parked those that the filter chose.
 */
export function planReprocess(
  parked: readonly ParkedInRun[],
  wish: ReprocessWish,
  context: { readonly pipeline: Pick<Pipeline, 'selections' | 'split'>; readonly fileHash: string },
): ReprocessPlan {
  const builder = new PlanBuilder(wish);
  for (const one of parked) {
    const carved = carve(one, wish, context.pipeline);
    if (carved.inside.length === 0) continue;
    const inside =
      one.chunk.phase === 'data'
        ? carved.inside.flatMap((part) => divide(part, wish.parts, context.pipeline))
        : carved.inside;
    const own = one.run.state !== 'cancelled' && one.run.fileHash === context.fileHash;
    if (!own && one.chunk.phase !== 'data') {
      builder.leave(one);
      continue;
    }
    builder.add(one, { inside, outside: carved.outside, own });
  }
  const foreign = foreignParts(parked, wish, context.pipeline);
  for (const part of foreign) builder.addForeign(part);
  return builder.plan();
}

function carve(
  { chunk }: ParkedInRun,
  { list, filter }: ReprocessWish,
  { selections }: Pick<Pipeline, 'selections'>,
): { inside: readonly SplitPart[]; outside: readonly SplitPart[] } {
  const named = selections?.of(chunk.range) ?? [];
  if (selections === undefined || named.length === 0 || chunk.phase !== 'data') {
    // A list names data; what was chosen without one is tried whole.
    return list === null ? { inside: [chunk], outside: [] } : { inside: [], outside: [chunk] };
  }
  const byFilter = selections.carve(chunk, selectionOf(filter, named));
  if (list === null) return byFilter;
  const byList = byFilter.inside.map((part) => selections.carve(part, list));
  return {
    inside: byList.flatMap((one) => one.inside),
    outside: [...byFilter.outside, ...byList.flatMap((one) => one.outside)],
  };
}

/** Halved until there are enough parts, or nothing can be halved any more. */
function divide(
  part: SplitPart,
  parts: number,
  pipeline: Pick<Pipeline, 'split'>,
): readonly SplitPart[] {
  let pieces: readonly SplitPart[] = [part];
  while (pieces.length < parts) {
    const halves = pieces.flatMap((piece) => {
      const two = pipeline.split({ id: 0, phase: 'data', ...piece });
      return two.length < 2 ? [piece] : two;
    });
    if (halves.length === pieces.length) break;
    pieces = halves;
  }
  return pieces;
}

/** What the list names and no parked chunk of it covers. */
function foreignParts(
  parked: readonly ParkedInRun[],
  { list, filter, parts }: ReprocessWish,
  pipeline: Pick<Pipeline, 'selections' | 'split'>,
): readonly SplitPart[] {
  const { selections } = pipeline;
  if (list === null || selections === undefined) return [];
  const wanted = list.filter((one) => filter.entities?.includes(one.entity) ?? true);
  const ranges = parked
    .filter(({ chunk }) => chunk.phase === 'data')
    .map(({ chunk }) => chunk.range);
  return selections.cover(wanted, ranges).flatMap((part) => divide(part, parts, pipeline));
}

/** Collects the chunks in the order in which they come, up to the limit. */
class PlanBuilder {
  readonly #wish: ReprocessWish;
  readonly #inPlace = new Map<number, { run: Run; chunks: Unparking[] }>();
  readonly #given: GivenChunk[] = [];
  readonly #takenOver: { chunkId: number; parked: readonly SplitPart[] }[] = [];
  readonly #leftParked: ParkedInRun[] = [];
  readonly #chunks: { run: number | null; part: SplitPart }[] = [];

  constructor(wish: ReprocessWish) {
    this.#wish = wish;
  }

  add(
    { run, chunk }: ParkedInRun,
    cut: { inside: readonly SplitPart[]; outside: readonly SplitPart[]; own: boolean },
  ): void {
    const again = cut.inside.slice(0, this.#left());
    if (again.length === 0) return;
    const stays = [...cut.outside, ...cut.inside.slice(again.length)];
    for (const part of again) this.#chunks.push({ run: cut.own ? run.id : null, part });
    if (!cut.own) {
      this.#takenOver.push({ chunkId: chunk.id, parked: stays });
      for (const part of again) {
        this.#given.push({ ...bare(part), parentId: chunk.id, rejectIds: [] });
      }
      return;
    }
    const whole = stays.length === 0 && again.length === 1;
    const unparking = {
      chunkId: chunk.id,
      parts: whole ? null : { again: again.map(bare), parked: stays.map(bare) },
    };
    const entry = this.#inPlace.get(run.id) ?? { run, chunks: [] };
    entry.chunks.push(unparking);
    this.#inPlace.set(run.id, entry);
  }

  leave(one: ParkedInRun): void {
    this.#leftParked.push(one);
  }

  addForeign(part: SplitPart): void {
    if (this.#left() === 0) return;
    this.#chunks.push({ run: null, part });
    this.#given.push({ ...bare(part), parentId: null, rejectIds: [] });
  }

  plan(): ReprocessPlan {
    const given =
      this.#given.length === 0
        ? null
        : { chunks: this.#given, takenOver: this.#takenOver, restMs: this.#wish.restMs };
    return {
      inPlace: [...this.#inPlace.values()],
      given,
      left: this.#leftParked,
      chunks: this.#chunks,
    };
  }

  #left(): number {
    const { limit } = this.#wish;
    return limit === null ? Number.POSITIVE_INFINITY : limit - this.#chunks.length;
  }
}

const bare = ({ stream, range, estimatedRows }: SplitPart): SplitPart => ({
  stream,
  range,
  estimatedRows,
});

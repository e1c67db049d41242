import {
  type Carving,
  DroverError,
  type Json,
  type Micros,
  type Selection,
  type Selections,
  type SplitPart,
} from '@drover/core';
import {
  boundsOf,
  countCells,
  cutOnGrid,
  type Interval,
  intersect,
  intervalOf,
  isEndless,
  merge,
  subtract,
} from './interval.ts';
import { parseDataRange, type Span, streamOf } from './range.ts';
import { replayParts } from './replay.ts';

/** Chunks that a list may make of times that no chunk has; above this it was not meant. */
const MAX_CHUNKS = 1_000_000;

/** What a list names, by ship: in order of time, joined. */
type Named = ReadonlyMap<string, readonly Interval[]>;

/**
 * Lists of ships and times for the ranges of a pivot. The rows without ship, channel or time, and the
 * ranges of the phases prepare and finish, cannot be named in one. `chunkMicros` is the length of the
 * plan's chunks in microseconds.
 */
export function pivotSelections({ chunkMicros }: { chunkMicros: bigint }): Selections {
  // A list is read once, however many chunks it carves.
  const read = new WeakMap<readonly Selection[], Named>();
  const named = (selection: readonly Selection[]): Named => {
    const known = read.get(selection) ?? readSelection(selection);
    read.set(selection, known);
    return known;
  };
  return {
    of: selectionsOf,
    carve: (chunk, selection) => carve(chunk, named(selection)),
    cover: (selection, without) => cover(named(selection), without, chunkMicros),
    replay: (rejects) => replayParts(rejects, chunkMicros),
  };
}

function selectionsOf(range: Json): Selection[] {
  const span = spanOf(range);
  return span === null
    ? []
    : span.ships.map((entity) => ({ entity, from: span.from, to: span.to }));
}

function spanOf(range: Json): Span | null {
  if (typeof range !== 'object' || range === null || !('ships' in range)) return null;
  const data = parseDataRange(range);
  return 'nullKeys' in data ? null : data;
}

function readSelection(selection: readonly Selection[]): Named {
  const intervals = new Map<string, Interval[]>();
  for (const one of selection) append(intervals, one.entity, intervalOf(one));
  return new Map([...intervals].map(([ship, list]) => [ship, merge(list)]));
}

/** Ships of which the same is cut stay together, in the order of the chunk. */
function carve(chunk: SplitPart, named: Named): Carving {
  const span = spanOf(chunk.range);
  if (span === null) return { inside: [], outside: [chunk] };
  const whole = intervalOf(span);
  const groups = new Map<string, CarvedShips>();
  for (const ship of span.ships) {
    const inside = intersect(whole, named.get(ship) ?? []);
    const key = inside.map(({ from, to }) => `${from}/${to}`).join(' ');
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, { ships: [ship], inside, outside: subtract(whole, inside) });
    } else group.ships.push(ship);
  }
  const parts = (side: 'inside' | 'outside') =>
    [...groups.values()].flatMap((group) =>
      group[side].map((interval) => partOf({ chunk, span, whole, group, interval })),
    );
  const inside = parts('inside');
  return { inside, outside: inside.length === 0 ? [chunk] : parts('outside') };
}

interface CarvedShips {
  readonly ships: string[];
  readonly inside: readonly Interval[];
  readonly outside: readonly Interval[];
}

/** One piece of the chunk. Bounds of the chunk keep their text; rows go by ships and length. */
function partOf(cut: {
  chunk: SplitPart;
  span: Span;
  whole: Interval;
  group: CarvedShips;
  interval: Interval;
}): SplitPart {
  const { chunk, span, whole, group, interval } = cut;
  const { ships } = group;
  const bounds = boundsOf(interval);
  // Where the chunk has no end, no piece is known to be longer than another.
  const share = isEndless(whole)
    ? 1 / (group.inside.length + group.outside.length)
    : lengthOf(interval) / lengthOf(whole);
  return {
    stream: streamOf(ships),
    range: {
      ships,
      from: interval.from === whole.from ? span.from : bounds.from,
      to: interval.to === whole.to ? span.to : bounds.to,
    } satisfies Span,
    estimatedRows: Math.round((chunk.estimatedRows * share * ships.length) / span.ships.length),
  };
}

/** @throws DroverError FILE_INVALID where the list names more time than there can be chunks. */
function cover(named: Named, without: readonly Json[], chunkMicros: Micros): SplitPart[] {
  const taken = new Map<string, Interval[]>();
  for (const range of without) {
    const span = spanOf(range);
    if (span === null) continue;
    for (const ship of span.ships) if (named.has(ship)) append(taken, ship, intervalOf(span));
  }
  const left = [...named].flatMap(([ship, intervals]) => {
    const others = merge(taken.get(ship) ?? []);
    return intervals
      .flatMap((interval) => subtract(interval, others))
      .map((interval) => ({ ship, interval }));
  });
  const chunks = left.reduce((sum, { interval }) => sum + countCells(interval, chunkMicros), 0n);
  if (chunks > MAX_CHUNKS) {
    throw new DroverError('FILE_INVALID', {
      message: `What the list names and no chunk has would take ${chunks} chunks of this chunk.length; at most ${MAX_CHUNKS} are made.`,
      hint: 'Name less time, or choose a longer chunk.length.',
    });
  }
  return left.flatMap(({ ship, interval }) =>
    cutOnGrid(interval, chunkMicros).map((cell) => ({
      stream: ship,
      range: { ships: [ship], ...boundsOf(cell) } satisfies Span,
      estimatedRows: 0,
    })),
  );
}

function append(lists: Map<string, Interval[]>, ship: string, interval: Interval): void {
  const list = lists.get(ship);
  if (list === undefined) lists.set(ship, [interval]);
  else list.push(interval);
}

const lengthOf = ({ from, to }: Interval): number => Number(to - from);

import { floorToGrid, formatTimestamp, type Micros } from '@drover/core';
import { toMicros } from './grid.ts';
import type { Span } from './range.ts';

/**
 * A half-open piece of a line on which every moment has a place: microseconds since 1970. The infinities of
 * Postgres stand next to its first and its last finite moment, so that an open end is a place like any
 * other, and no interval has nulls: open at the start, it begins with -infinity; open at the end, it ends
 * after infinity.
 */
export interface Interval {
  readonly from: Micros;
  readonly to: Micros;
}

const FIRST = toMicros('4714-11-24 00:00:00 BC');
const LAST = toMicros('294276-12-31 23:59:59.999999');
const MINUS_INFINITY = FIRST - 1n;
const INFINITY = LAST + 1n;
const OPEN_END = INFINITY + 1n;

/** The place of a moment as Postgres prints it; beyond its finite ones it is that of the nearest. */
export function placeOf(moment: string): Micros {
  if (moment === '-infinity') return MINUS_INFINITY;
  if (moment === 'infinity') return INFINITY;
  const micros = toMicros(moment);
  if (micros < FIRST) return FIRST;
  return micros > LAST ? INFINITY : micros;
}

export function intervalOf({ from, to }: Pick<Span, 'from' | 'to'>): Interval {
  return {
    from: from === null ? MINUS_INFINITY : placeOf(from),
    to: to === null ? OPEN_END : placeOf(to),
  };
}

/** The same as text; an end that leaves nothing out is null. */
export function boundsOf({ from, to }: Interval): Pick<Span, 'from' | 'to'> {
  return {
    from: from === MINUS_INFINITY ? null : textOf(from),
    to: to === OPEN_END ? null : textOf(to),
  };
}

/** Whether a place is that of a moment that Postgres has, and no infinity. */
export const isMoment = (place: Micros): boolean => place >= FIRST && place <= LAST;

/** Whether it has no length that could be told: an end is open, or infinity itself. */
export const isEndless = ({ from, to }: Interval): boolean => from < FIRST || to > LAST;

export const byStart = (a: Interval, b: Interval): number =>
  a.from === b.from ? 0 : a.from < b.from ? -1 : 1;

/** In order; those that overlap or touch are joined. One that ends before it starts holds nothing. */
export function merge(intervals: readonly Interval[]): Interval[] {
  const merged: Interval[] = [];
  for (const next of [...intervals].sort(byStart)) {
    const last = merged.at(-1);
    if (last === undefined || next.from > last.to) merged.push(next);
    else if (next.to > last.to) merged[merged.length - 1] = { from: last.from, to: next.to };
  }
  return merged;
}

/** What the interval shares with the others, which are merged. */
export function intersect(interval: Interval, others: readonly Interval[]): Interval[] {
  return others
    .map(({ from, to }) => ({
      from: later(from, interval.from),
      to: earlier(to, interval.to),
    }))
    .filter(isFilled);
}

/** What the interval has and none of the others, which are merged. */
export function subtract(interval: Interval, others: readonly Interval[]): Interval[] {
  const shared = intersect(interval, others);
  return [interval.from, ...shared.map(({ to }) => to)]
    .map((from, index) => ({ from, to: shared[index]?.from ?? interval.to }))
    .filter(isFilled);
}

/** How many pieces `cutOnGrid` would make. */
export function countCells(interval: Interval, length: Micros): bigint {
  if (isEndless(interval)) return 1n;
  return (floorToGrid(interval.to - 1n, length) - floorToGrid(interval.from, length)) / length + 1n;
}

/** Cuts the interval at the multiples of `length`, as the plan does; an endless one stays whole. */
export function cutOnGrid(interval: Interval, length: Micros): Interval[] {
  const first = floorToGrid(interval.from, length);
  const cuts = Array.from(
    { length: Number(countCells(interval, length)) - 1 },
    (_, index) => first + BigInt(index + 1) * length,
  );
  return [interval.from, ...cuts].map((from, index) => ({ from, to: cuts[index] ?? interval.to }));
}

const isFilled = ({ from, to }: Interval): boolean => from < to;

const textOf = (place: Micros): string =>
  place === INFINITY ? 'infinity' : formatTimestamp(place);

// Math.max and Math.min take no bigint.
function later(a: Micros, b: Micros): Micros {
  if (a > b) return a;
  return b;
}

function earlier(a: Micros, b: Micros): Micros {
  if (a < b) return a;
  return b;
}

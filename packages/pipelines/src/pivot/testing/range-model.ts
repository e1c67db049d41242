import { formatTimestamp, type Json, parseTimestamp } from '@drover/core';
import fc from 'fast-check';
import { parseDataRange, type Span } from '../range.ts';

/** A moment as a number small enough to be exact, the infinities as those of JavaScript. */
export function placeOnLine(moment: string): number {
  if (moment === '-infinity') return Number.NEGATIVE_INFINITY;
  if (moment === 'infinity') return Number.POSITIVE_INFINITY;
  return Number(parseTimestamp(moment));
}

/** Microseconds since 1970 as Postgres prints them, from a column with a zone or without one. */
export const momentText = (value: number, zone = ''): string =>
  Number.isFinite(value)
    ? `${formatTimestamp(BigInt(value))}${zone}`
    : value > 0
      ? 'infinity'
      : '-infinity';

/** A range that must be one of ships and times. */
export function spanIn(range: Json): Span {
  const data = parseDataRange(range);
  if ('nullKeys' in data) throw new TypeError('the range has no ships');
  return data;
}

/** Whether a range holds a ship's row of this time, as the predicates in SQL would say. */
export function holds(range: Json, ship: string, time: number): boolean {
  const data = parseDataRange(range);
  if ('nullKeys' in data || !data.ships.includes(ship)) return false;
  return (
    (data.from === null || time >= placeOnLine(data.from)) &&
    (data.to === null || time < placeOnLine(data.to))
  );
}

/** Bounds around 1970, so near one another that every relation between two ranges occurs. */
const bound = fc.oneof(
  { weight: 2, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constant('infinity') },
  {
    weight: 12,
    arbitrary: fc
      .tuple(fc.integer({ min: -6, max: 6 }), fc.constantFrom('', '+00'))
      .map(([value, zone]) => momentText(value, zone)),
  },
);

/** Every time at which a range with such bounds can begin to hold or cease to. */
export const TIMES = [
  Number.NEGATIVE_INFINITY,
  ...Array.from({ length: 16 }, (_, index) => index - 8),
  Number.POSITIVE_INFINITY,
];

export const SHIPS = ['A', 'B', 'C'];

export const selections = fc.array(
  fc.record({ entity: fc.constantFrom(...SHIPS), from: bound, to: bound }),
  { maxLength: 8 },
);

export const spans = fc.record({
  ships: fc.shuffledSubarray(SHIPS, { minLength: 1 }),
  from: bound,
  to: bound,
});

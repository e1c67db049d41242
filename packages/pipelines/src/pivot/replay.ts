import {
  floorToGrid,
  MICROS_PER_SECOND,
  type Micros,
  type ReplayPart,
  type Selections,
} from '@drover/core';
import { z } from 'zod';
import { boundsOf, byStart, type Interval, placeOf } from './interval.ts';
import { NULL_KEYS, type Span } from './range.ts';

const MICROS_PER_DAY = 86_400n * MICROS_PER_SECOND;

/** As Postgres prints a moment of the type date. */
const DATE = /^\d+-\d{2}-\d{2}( BC)?$/;

/** What every reject's key holds; only rows without ship, channel or time have a null in it. */
const keySchema = z.object({
  ship: z.string().nullable(),
  time: z.string().nullable(),
  channel: z.string().nullable().optional(),
});

interface Piece extends Interval {
  readonly ids: number[];
}

/**
 * The times of each ship that has rejects. Two of the same cell of the plan's grid become one range
 * where less than a thousandth of a chunk lies between them: what the range has besides costs less to
 * move again than a chunk of its own would. No range is longer than a chunk of the plan.
 */
export function replayParts(
  rejects: Parameters<Selections['replay']>[0],
  chunkMicros: Micros,
): ReplayPart[] {
  const withoutKey: number[] = [];
  const ships = new Map<string, Piece[]>();
  for (const { id, key } of rejects) {
    const { ship, time, channel } = keySchema.parse(key);
    if (ship === null || time === null || channel === null) {
      withoutKey.push(id);
      continue;
    }
    const pieces = ships.get(ship) ?? [];
    pieces.push({ ids: [id], ...momentOf(time) });
    ships.set(ship, pieces);
  }
  const parts = [...ships].flatMap(([ship, pieces]) =>
    join(pieces, chunkMicros).map(({ ids, ...interval }) => ({
      stream: ship,
      range: { ships: [ship], ...boundsOf(interval) } satisfies Span,
      estimatedRows: 0,
      rejectIds: ids,
    })),
  );
  if (withoutKey.length === 0) return parts;
  return [...parts, { ...NULL_KEYS, estimatedRows: 0, rejectIds: withoutKey }];
}

/** As short as the column's type tells moments apart: a bound within a day would be cut to the day. */
function momentOf(time: string): Interval {
  const from = placeOf(time);
  return { from, to: from + (DATE.test(time) ? MICROS_PER_DAY : 1n) };
}

function join(pieces: readonly Piece[], chunkMicros: Micros): Piece[] {
  const near = chunkMicros / 1000n;
  const joined: Piece[] = [];
  for (const next of [...pieces].sort(byStart)) {
    const last = joined.at(-1);
    const isNear =
      last !== undefined &&
      next.from - last.to < near &&
      floorToGrid(next.from, chunkMicros) === floorToGrid(last.from, chunkMicros);
    if (!isNear) {
      joined.push(next);
      continue;
    }
    last.ids.push(...next.ids);
    joined[joined.length - 1] = { ids: last.ids, from: last.from, to: next.to };
  }
  return joined;
}

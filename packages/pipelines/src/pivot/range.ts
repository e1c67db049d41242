import type { Json } from '@drover/core';
import { literal } from '@drover/postgres';
import { z } from 'zod';

/**
 * The range of a data or verify chunk: ships and a half-open span of time `[from, to)`. An end that
 * is null is open. Moments are Postgres' own text, so that microseconds, BC and zones survive.
 * `nullKeys` is the chunk of the rows that have no ship, channel or time.
 */
const spanSchema = z.strictObject({
  ships: z.array(z.string()),
  from: z.string().nullable(),
  to: z.string().nullable(),
});

const dataRangeSchema = z.union([spanSchema, z.strictObject({ nullKeys: z.literal(true) })]);

/** The range of a prepare chunk: one ship's tables. */
const shipRangeSchema = z.strictObject({ ship: z.string() });

/** The range of a finish chunk: one table. */
const tableRangeSchema = z.strictObject({ table: z.string() });

export type Span = z.infer<typeof spanSchema>;
export type DataRange = z.infer<typeof dataRangeSchema>;

export const parseDataRange = (range: Json): DataRange => dataRangeSchema.parse(range);
export const parseShipRange = (range: Json) => shipRangeSchema.parse(range);
export const parseTableRange = (range: Json) => tableRangeSchema.parse(range);

/** The chunk of the rows that have no ship, channel or time. */
export const NULL_KEYS = { stream: 'null keys', range: { nullKeys: true } } as const;

/** What the chunks of these ships are called together. */
export function streamOf(ships: readonly string[]): string {
  return ships.length === 1 ? (ships[0] ?? '') : `${ships.length} ships`;
}

export function describeRange(range: Json): string {
  const ship = shipRangeSchema.safeParse(range);
  if (ship.success) return `tables of ${ship.data.ship}`;
  const table = tableRangeSchema.safeParse(range);
  if (table.success) return table.data.table;
  const data = parseDataRange(range);
  if ('nullKeys' in data) return 'rows without ship, channel or time';
  return `${describeShips(data.ships)} ${data.from ?? 'from the first row'} to ${data.to ?? 'the last row'}`;
}

function describeShips(ships: readonly string[]): string {
  if (ships.length <= 3) return ships.join(', ');
  return `${ships[0]} and ${ships.length - 1} more`;
}

/** The span as SQL on a time column; `true` where both ends are open. */
export function spanPredicate(
  span: Pick<Span, 'from' | 'to'>,
  column: string,
  type: string,
): string {
  // As a date a bound within a day would be cut to the day; Postgres compares dates with timestamps.
  const boundType = type === 'date' ? 'timestamp' : type;
  const parts = [
    ...(span.from === null ? [] : [`${column} >= ${literal(span.from)}::${boundType}`]),
    ...(span.to === null ? [] : [`${column} < ${literal(span.to)}::${boundType}`]),
  ];
  return parts.length === 0 ? 'true' : parts.join(' and ');
}

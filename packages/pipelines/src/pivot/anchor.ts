import {
  DroverError,
  type Json,
  type OpenContext,
  type Opening,
  parseRelative,
  parseTimestamp,
} from '@drover/core';
import { literal } from '@drover/postgres';
import { z } from 'zod';
import { readShips } from './channels.ts';
import type { PivotParts } from './parts.ts';
import { readSourceTable, type SourceTable } from './source-table.ts';

/** What a run froze when it opened. A part is planned on its own: its ships have the same bounds. */
const anchorSchema = z.strictObject({
  chunkMicros: z.string().transform(BigInt),
  parts: z.array(
    z.strictObject({
      ships: z.array(z.string()),
      from: z.string().nullable(),
      to: z.string().nullable(),
    }),
  ),
  /** Whether rows without ship, channel or time are possible. */
  nullKeys: z.boolean(),
  dropTables: z.boolean(),
});

export type Anchor = z.output<typeof anchorSchema>;
export type AnchorPart = Anchor['parts'][number];

export const parseAnchor = (anchor: Json): Anchor => anchorSchema.parse(anchor);

export const shipsOf = (anchor: Anchor): string[] => anchor.parts.flatMap((part) => part.ships);

/** Resolves ships, bounds and cutoffs, once: relative moments by the source's clock. */
export async function openPivot(
  parts: PivotParts,
  context: Pick<OpenContext, 'log' | 'options' | 'cutoffs'>,
): Promise<Opening> {
  const { spec } = parts;
  const { options } = context;
  const table = await readSourceTable(parts.source, spec);
  const ships = await chosenShips(parts, table, options.entities);
  const moment = (text: string | undefined) => resolveMoment(parts, table, text);
  const from = await moment(options.from ?? spec.from);
  const to = await moment(options.to ?? spec.to);
  const freshCutoff = await moment(options.cutoff ?? spec.cutoff);

  const cutoffs = new Map<string, string>();
  const bounded = ships.map((ship) => {
    // A cutoff once stored stays, so that backfill ends where realtime began; only the command line moves it.
    const remembered = options.cutoff === undefined ? context.cutoffs.get(ship) : undefined;
    const cutoff = remembered ?? freshCutoff;
    if (cutoff !== null) cutoffs.set(ship, cutoff);
    return { ship, from, to: earlier(to, cutoff) };
  });
  for (const { ship, from: start, to: end } of bounded) {
    if (start !== null && end !== null && micros(start) >= micros(end)) {
      throw new DroverError('FILE_INVALID', {
        message: `Nothing to move for ${ship}: it starts at ${start} and ends before ${end}.`,
        hint: 'Correct from, to or cutoff, in the file or on the command line.',
      });
    }
  }
  const { chunk } = spec;
  const together = chunk.ships === 'together' || (chunk.ships === 'auto' && table.timeIndex);
  return {
    anchor: {
      chunkMicros: chunk.length.toString(),
      parts: together ? groupByBounds(bounded) : bounded.map(apart),
      nullKeys: [table.columns.entity, table.columns.channel, table.columns.time].some(
        (column) => column.nullable,
      ),
      dropTables: options.dropTables ?? false,
    },
    cutoffs,
  };
}

/** Ships that have rows and that no part of the anchor has. */
export async function uncoveredShips(
  parts: PivotParts,
  anchorJson: Json,
): Promise<readonly string[] | null> {
  const table = await readSourceTable(parts.source, parts.spec);
  if (!table.pairIndex) return null;
  const covered = new Set(shipsOf(parseAnchor(anchorJson)));
  return (await readShips(parts.source, table)).filter((ship) => !covered.has(ship));
}

interface BoundedShip {
  readonly ship: string;
  readonly from: string | null;
  readonly to: string | null;
}

const apart = ({ ship, from, to }: BoundedShip) => ({ ships: [ship], from, to });

function groupByBounds(bounded: readonly BoundedShip[]) {
  const parts = new Map<string, { ships: string[]; from: string | null; to: string | null }>();
  for (const { ship, from, to } of bounded) {
    const key = `${from}/${to}`;
    const part = parts.get(key) ?? { ships: [], from, to };
    part.ships.push(ship);
    parts.set(key, part);
  }
  return [...parts.values()];
}

async function chosenShips(
  parts: PivotParts,
  table: SourceTable,
  asked: readonly string[] | undefined,
): Promise<readonly string[]> {
  if (asked !== undefined) return asked;
  if (parts.spec.ships !== 'all') return parts.spec.ships;
  const ships = await readShips(parts.source, table);
  if (ships.length > 0) return ships;
  throw new DroverError('FILE_INVALID', {
    message: `The source table ${table.schema}.${table.name} has no rows.`,
    hint: 'Correct source.table, or name the ships in the file.',
  });
}

/** A moment as the source prints it, or null where none is given. */
export async function resolveMoment(
  parts: Pick<PivotParts, 'source' | 'spec'>,
  table: SourceTable,
  text: string | undefined,
): Promise<string | null> {
  if (text === undefined) return null;
  const { type } = table.columns.time;
  const relative = parseRelative(text);
  const zone = literal(parts.spec.source.timeZone);
  const clock = type.includes('with time zone')
    ? 'clock_timestamp()'
    : `(clock_timestamp() at time zone ${zone})`;
  const expression =
    relative === null
      ? `${literal(text)}::${type}`
      : `(${clock} + interval '${inSeconds(relative.offsetMicros)} seconds')::${type}`;
  const [row] = await parts.source.query(`select (${expression})::text as moment`);
  return row?.['moment'] ?? null;
}

/** Exact; Postgres before 12 takes no number of microseconds above 2^31. */
function inSeconds(offsetMicros: bigint): string {
  const size = offsetMicros < 0n ? -offsetMicros : offsetMicros;
  const fraction = String(size % 1_000_000n).padStart(6, '0');
  return `${offsetMicros < 0n ? '-' : ''}${size / 1_000_000n}.${fraction}`;
}

function micros(text: string): bigint {
  const value = parseTimestamp(text);
  if (value === null) throw new DroverError('FILE_INVALID', { message: `"${text}" is no moment.` });
  return value;
}

function earlier(a: string | null, b: string | null): string | null {
  if (a === null) return b;
  if (b === null) return a;
  return micros(a) < micros(b) ? a : b;
}

import { floorToGrid, type Micros, parseTimestamp, type SqlExecutor } from '@drover/core';
import type { Span } from './range.ts';

/** Above this many cells of the grid a span locks the whole ship instead. */
const MAX_CELLS = 48;

/**
 * Takes the target's range lock for the rest of the transaction: whoever writes wide rows of a ship
 * holds it, so writers of overlapping spans commit one after the other. A span locks its ship (shared)
 * and each cell of the grid that it touches; an open or very long one locks its ship alone.
 */
export async function lockRange(
  sql: SqlExecutor,
  lock: { namespace: string; span: Span; cellMicros: Micros },
): Promise<void> {
  const cells = cellsOf(lock.span, lock.cellMicros);
  const ships = [...lock.span.ships].sort();
  const shared = cells === null ? [] : ships.map((ship) => `${lock.namespace}:${ship}`);
  const exclusive =
    cells === null
      ? ships.map((ship) => `${lock.namespace}:${ship}`)
      : ships.flatMap((ship) => cells.map((cell) => `${lock.namespace}:${ship}:${cell}`));
  // In one order for everybody: ships before cells, each sorted.
  await sql.query(
    `select count(pg_advisory_xact_lock_shared(hashtextextended(name, 0)))
     from unnest($1::text[]) with ordinality as wanted(name, place)`,
    [shared],
  );
  await sql.query(
    `select count(pg_advisory_xact_lock(hashtextextended(name, 0)))
     from unnest($1::text[]) with ordinality as wanted(name, place)`,
    [exclusive],
  );
}

function cellsOf(span: Span, cellMicros: Micros): bigint[] | null {
  const from = span.from === null ? null : parseTimestamp(span.from);
  const to = span.to === null ? null : parseTimestamp(span.to);
  if (from === null || to === null) return null;
  const first = floorToGrid(from, cellMicros) / cellMicros;
  const last = floorToGrid(to - 1n, cellMicros) / cellMicros;
  if (last - first >= BigInt(MAX_CELLS)) return null;
  return Array.from({ length: Number(last - first) + 1 }, (_, index) => first + BigInt(index));
}

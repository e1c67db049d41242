import { DroverError, floorToGrid, formatTimestamp, parseTimestamp } from '@drover/core';
import { identifier, literal, qualifiedName } from '@drover/postgres';
import type { AnchorPart } from './anchor.ts';
import type { PivotParts } from './parts.ts';
import type { Span } from './range.ts';
import type { SourceTable } from './source-table.ts';

/** Cells that one planning query looks at. */
const CELLS_PER_QUERY = 1000;

/** Without an index on time every cell of the grid becomes a chunk; above this it was not meant. */
const MAX_BLIND_CELLS = 1_000_000;

export interface RowDensity {
  readonly perMicro: number;
  readonly first: bigint;
  readonly last: bigint;
}

/** Starts of the grid's cells that hold rows, in order; with no index on time, of all cells. */
export async function* cellStarts(
  parts: PivotParts,
  table: SourceTable,
  part: AnchorPart,
  length: bigint,
): AsyncGenerator<string> {
  const bounds = await timeBounds(parts, table, part);
  if (bounds === null) return;
  if (!table.timeIndex) {
    yield* blindCells(bounds, length);
    return;
  }
  let from: string | null = bounds.first;
  while (from !== null) {
    const starts = await probeCells(parts, table, { from, to: part.to, length });
    yield* starts.map((micros) => formatTimestamp(micros));
    const last = starts.at(-1);
    from =
      starts.length < CELLS_PER_QUERY || last === undefined ? null : formatTimestamp(last + length);
  }
}

function* blindCells(bounds: { first: string; last: string }, length: bigint): Generator<string> {
  const first = floorToGrid(toMicros(bounds.first), length);
  const last = floorToGrid(toMicros(bounds.last), length);
  if ((last - first) / length > BigInt(MAX_BLIND_CELLS)) {
    throw new DroverError('FILE_INVALID', {
      message: `From ${bounds.first} to ${bounds.last} there are more than ${MAX_BLIND_CELLS} chunks of this length, and no index on time tells which of them are empty.`,
      hint: 'Choose a longer chunk.length, or give from and to.',
    });
  }
  for (let start = first; start <= last; start += length) yield formatTimestamp(start);
}

/** One probe of the index per cell that holds rows; empty cells cost nothing. */
async function probeCells(
  parts: PivotParts,
  table: SourceTable,
  probe: { from: string; to: string | null; length: bigint },
): Promise<bigint[]> {
  const { time } = table.columns;
  const column = identifier(time.name);
  const until =
    probe.to === null ? `${column} < 'infinity'` : `${column} < ${literal(probe.to)}::${time.type}`;
  const next = (atLeast: string) =>
    `(select ${floorSql(microsSql(column), String(probe.length))}
      from ${qualifiedName(table.schema, table.name)} where ${column} >= ${atLeast} and ${until}
      order by ${column} limit 1)`;
  const rows = await parts.source.query(
    `with recursive cell(number, start) as (
       select 1, ${next(`${literal(probe.from)}::${time.type}`)}
       union all
       select number + 1, ${next(momentSql(`(cell.start + ${probe.length})`, time.type))}
       from cell where cell.start is not null and number < ${CELLS_PER_QUERY})
     select start from cell where start is not null order by number`,
  );
  return rows.map((row) => BigInt(row['start']?.split('.')[0] ?? 0));
}

/** Last moment of Postgres, 294276-12-31, in microseconds since 1970; an int8 does not hold it. */
const LAST_MICROS = '9224318015999999999';

/**
 * Microseconds since 1970 as an exact numeric. Until Postgres 13 `extract` gives a float, so whole seconds
 * and microseconds are taken apart.
 */
function microsSql(column: string): string {
  const moment = `(${column}::timestamp)`;
  return (
    `(extract(epoch from date_trunc('second', ${moment}))::numeric * 1000000` +
    ` + mod(extract(microseconds from ${moment})::numeric, 1000000))`
  );
}

/** The greatest multiple of a number that is not above the value; division would round. */
function floorSql(value: string, of: string): string {
  return `(${value} - mod(mod(${value}, ${of}) + ${of}, ${of}))`;
}

/** The moment of a numeric of microseconds; `infinity` beyond what Postgres has. */
function momentSql(micros: string, type: string): string {
  const day = '86400000000';
  const days = floorSql(micros, day);
  return (
    `(case when ${micros} > ${LAST_MICROS} then 'infinity'::${type} else ` +
    `(timestamp '1970-01-01' + make_interval(days => (${days} / ${day})::int, ` +
    `secs => ((${micros} - ${days}) / 1000000)::float8))::${type} end)`
  );
}

/** First and last finite moment of the part; null where it has none. */
async function timeBounds(
  parts: PivotParts,
  table: SourceTable,
  part: AnchorPart,
): Promise<{ first: string; last: string } | null> {
  const { entity, channel, time } = table.columns;
  const from = qualifiedName(table.schema, table.name);
  const column = identifier(time.name);
  const inside = [
    part.from === null
      ? `${column} > '-infinity'`
      : `${column} >= ${literal(part.from)}::${time.type}`,
    part.to === null ? `${column} < 'infinity'` : `${column} < ${literal(part.to)}::${time.type}`,
  ].join(' and ');
  const end = (direction: string, where: string) =>
    `(select ${column} from ${from} where ${where} and ${inside} order by ${column} ${direction} limit 1)`;
  const ship = identifier(entity.name);
  const name = identifier(channel.name);
  // With an index on time two probes; with one on ship and channel two per channel; else a scan.
  const perChannel = (direction: string, aggregate: string) =>
    `(select ${aggregate}(found.t) from unnest($1::${entity.type}[]) wanted(ship), lateral (
        with recursive skip(channel) as (
          (select ${name} from ${from} where ${ship} = wanted.ship order by ${name} limit 1)
          union all
          select (select ${name} from ${from} where ${ship} = wanted.ship and ${name} > skip.channel
                  order by ${name} limit 1) from skip where skip.channel is not null)
        select ${end(direction, `${ship} = wanted.ship and ${name} = skip.channel`)} as t
        from skip where skip.channel is not null) found)`;
  const [row] = table.timeIndex
    ? await parts.source.query(
        `select ${end('asc', 'true')}::text as first, ${end('desc', 'true')}::text as last`,
      )
    : table.pairIndex
      ? await parts.source.query(
          `select ${perChannel('asc', 'min')}::text as first, ${perChannel('desc', 'max')}::text as last`,
          [part.ships],
        )
      : await parts.source.query(
          `select min(${column})::text as first, max(${column})::text as last from ${from}
           where ${ship} = any ($1::${entity.type}[]) and ${inside}`,
          [part.ships],
        );
  const first = row?.['first'];
  const last = row?.['last'];
  return first == null || last == null ? null : { first, last };
}

/**
 * Rows per microsecond by the statistics, for estimates. These know of the whole table: each of its
 * `shipsInAll` is taken to have an equal share.
 */
export async function rowDensity(
  parts: PivotParts,
  table: SourceTable,
  part: AnchorPart,
  shipsInAll: number,
): Promise<RowDensity | null> {
  const whole = await timeBounds(parts, table, { ships: part.ships, from: null, to: null });
  if (whole === null || table.estimatedRows === null) return null;
  const first = toMicros(whole.first);
  const last = toMicros(whole.last);
  const rows = (table.estimatedRows * part.ships.length) / Math.max(shipsInAll, part.ships.length);
  return { perMicro: rows / Math.max(1, Number(last - first)), first, last };
}

export function estimateRows(density: RowDensity | null, span: Pick<Span, 'from' | 'to'>): number {
  if (density === null) return 0;
  const from = span.from === null ? density.first : toMicros(span.from);
  const to = span.to === null ? density.last : toMicros(span.to);
  return Math.max(0, Math.round(Number(to - from) * density.perMicro));
}

export function toMicros(text: string): bigint {
  const micros = parseTimestamp(text);
  if (micros === null) throw new DroverError('UNKNOWN', { message: `"${text}" is no moment.` });
  return micros;
}

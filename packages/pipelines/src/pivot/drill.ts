import { parseTimestamp } from '@drover/core';
import { identifier, literal, qualifiedName, type Session } from '@drover/postgres';
import { distinctRows } from './digest.ts';
import { exactText } from './hashing.ts';
import { LineSplitter } from './line-splitter.ts';
import type { Span } from './range.ts';
import type { SourceTable, ValueColumn } from './source-table.ts';
import type { PivotSpec } from './spec.ts';

/** A cell as one side has it. Long values are compared by a hash, and fetched only to be shown. */
interface Cell {
  readonly time: string;
  readonly hash: string;
  /** Transaction that wrote the source row, as `xmin` prints it; empty where it is not known. */
  readonly xmin: string;
}

/** Cells that are not the same on both sides; one side is null where it has none. */
export interface CellDifference {
  readonly time: string;
  readonly source: Cell | null;
  readonly target: Cell | null;
}

export interface DrillPlace {
  readonly source: Session;
  readonly target: Session;
  readonly table: SourceTable;
  readonly spec: PivotSpec;
  readonly span: Span;
  readonly ship: string;
  readonly channel: string;
  readonly wide: { readonly name: string; readonly columnType: string };
  /** False where the target lacks the column, or the table: it then has no cell. */
  readonly hasColumn: boolean;
  /** Value columns whose values belong into the wide column; none where the channel belongs elsewhere. */
  readonly values: readonly ValueColumn[];
}

/**
 * Compares one channel cell by cell: both sides in time order, side by side, in the memory of two
 * lines. Calls of the generator must be run to the end or the sessions are lost.
 */
export async function* compareCells(place: DrillPlace): AsyncGenerator<CellDifference> {
  const left =
    place.values.length > 0 ? cells(place.source.copyOut(sourceCellsSql(place))) : noCells();
  const right = place.hasColumn ? cells(place.target.copyOut(targetCellsSql(place))) : noCells();
  let source = await left.next();
  let target = await right.next();
  while (!source.done || !target.done) {
    const order = source.done
      ? 1
      : target.done
        ? -1
        : compareTimes(source.value.time, target.value.time);
    const ours = order <= 0 && !source.done ? source.value : null;
    const theirs = order >= 0 && !target.done ? target.value : null;
    if (ours === null || theirs === null || ours.hash !== theirs.hash) {
      yield { time: (ours ?? theirs)?.time ?? '', source: ours, target: theirs };
    }
    if (ours !== null) source = await left.next();
    if (theirs !== null) target = await right.next();
  }
}

function sourceCellsSql(place: DrillPlace): string {
  const { columns } = place.table;
  const time = identifier(columns.time.name);
  const text = place.values
    .map(
      (value) =>
        `when ${identifier(columns.format.name)} = ${literal(value.format)} then ${exactText(identifier(value.name), textType(place, value.type))}`,
    )
    .join(' ');
  const rows = distinctRows(place.table, place.spec, { ...place.span, ships: [place.ship] });
  const channel = `${identifier(columns.channel.name)} = ${literal(place.channel)}::${columns.channel.type}`;
  return `copy (select moment, md5(convert_to(value, 'UTF8')), drover_xmin from (
      select ${time} as moment, case ${text} end as value, drover_xmin from ${rows} as moved where ${channel}
    ) as cells where value is not null order by moment) to stdout`;
}

function targetCellsSql(place: DrillPlace): string {
  const time = identifier(place.table.columns.time.name);
  const column = identifier(place.channel);
  const inside = [
    `${column} is not null`,
    ...(place.span.from === null ? [] : [`${time} >= ${literal(place.span.from)}`]),
    ...(place.span.to === null ? [] : [`${time} < ${literal(place.span.to)}`]),
  ].join(' and ');
  return `copy (select ${time}, md5(convert_to(${exactText(column, place.wide.columnType)}, 'UTF8')), ''
    from ${qualifiedName(place.spec.target.schema, place.wide.name)} where ${inside} order by ${time}) to stdout`;
}

/** A wide text column holds a float as the source printed it: there the text counts, not the bits. */
function textType(place: DrillPlace, type: string): string {
  return place.wide.columnType === 'text' ? 'text' : type;
}

async function* noCells(): AsyncGenerator<Cell, void> {}

async function* cells(pieces: AsyncIterable<Buffer>): AsyncGenerator<Cell, void> {
  const splitter = new LineSplitter(64 * 1024);
  for await (const piece of pieces) {
    for (const line of splitter.push(piece)) {
      const [time = '', hash = '', xmin = ''] = line.bytes
        .toString('utf8', line.start, line.end)
        .split('\t');
      yield { time, hash, xmin };
    }
  }
}

/** Order of moments as Postgres has it, with the infinite ones at the ends. */
function compareTimes(a: string, b: string): number {
  if (a === b) return 0;
  const left = rank(a);
  const right = rank(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

function rank(time: string): bigint | number {
  if (time === 'infinity') return Number.POSITIVE_INFINITY;
  if (time === '-infinity') return Number.NEGATIVE_INFINITY;
  return parseTimestamp(time) ?? 0n;
}

/** The values of a differing cell, for people; null where a side has none. */
export async function readCellValues(
  place: DrillPlace,
  time: string,
): Promise<{ source: string | null; target: string | null }> {
  const { columns } = place.table;
  const text = place.values
    .map(
      (value) =>
        `when ${identifier(columns.format.name)} = ${literal(value.format)} then ${identifier(value.name)}::text`,
    )
    .join(' ');
  const rows = distinctRows(place.table, place.spec, { ...place.span, ships: [place.ship] });
  const [ours] =
    place.values.length > 0
      ? await place.source.query(
          `select case ${text} end as value from ${rows} as moved
           where ${identifier(columns.channel.name)} = ${literal(place.channel)}::${columns.channel.type}
             and ${identifier(columns.time.name)} = $1::${columns.time.type}`,
          [time],
        )
      : [];
  const [theirs] = place.hasColumn
    ? await place.target.query(
        `select ${identifier(place.channel)}::text as value
         from ${qualifiedName(place.spec.target.schema, place.wide.name)}
         where ${identifier(columns.time.name)} = $1::${columns.time.type}`,
        [time],
      )
    : [];
  return { source: ours?.['value'] ?? null, target: theirs?.['value'] ?? null };
}

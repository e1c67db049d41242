import {
  formatTimestamp,
  type Json,
  type Micros,
  type Phase,
  type PlanContext,
  type PlannedChunk,
  type SplitPart,
} from '@drover/core';
import { type Anchor, type AnchorPart, parseAnchor, shipsOf } from './anchor.ts';
import { readShips } from './channels.ts';
import { cellStarts, estimateRows, rowDensity } from './grid.ts';
import { intervalOf, isMoment } from './interval.ts';
import type { PivotParts } from './parts.ts';
import { NULL_KEYS, parseDataRange, type Span, streamOf } from './range.ts';
import { readSourceTable, type SourceTable } from './source-table.ts';

type Unnumbered = Omit<PlannedChunk, 'ordinal'>;

export async function* planPivot(
  parts: PivotParts,
  phase: Phase,
  anchorJson: Json,
  context: PlanContext,
): AsyncGenerator<PlannedChunk> {
  const anchor = parseAnchor(anchorJson);
  const first = context.after === null ? 0 : context.after.ordinal + 1;
  let ordinal = first;
  for await (const chunk of chunksOf(parts, phase, anchor, context)) {
    yield { ordinal, ...chunk };
    ordinal += 1;
  }
}

function chunksOf(
  parts: PivotParts,
  phase: Phase,
  anchor: Anchor,
  context: PlanContext,
): AsyncIterable<Unnumbered> {
  switch (phase) {
    case 'prepare':
      return skip(context, prepareChunks(anchor));
    case 'data':
      return dataChunks(parts, anchor, context);
    case 'finish':
      return skip(context, finishChunks(parts, anchor));
    case 'verify':
      return verifyChunks(anchor, context);
  }
}

/** Leaves out what the ledger has already, where the list is the same each time. */
async function* skip(
  context: PlanContext,
  chunks: Iterable<Unnumbered> | AsyncIterable<Unnumbered>,
): AsyncGenerator<Unnumbered> {
  let left = context.after === null ? 0 : context.after.ordinal + 1;
  for await (const chunk of chunks) {
    if (left > 0) left -= 1;
    else yield chunk;
  }
}

function* prepareChunks(anchor: Anchor): Generator<Unnumbered> {
  for (const ship of shipsOf(anchor)) {
    yield { stream: ship, range: { ship }, estimatedRows: 0, originId: null };
  }
}

function* finishChunks(parts: PivotParts, anchor: Anchor): Generator<Unnumbered> {
  for (const ship of shipsOf(anchor)) {
    for (const group of parts.layout.groups.keys()) {
      const table = parts.layout.tableName(ship, group);
      yield { stream: ship, range: { table }, estimatedRows: 0, originId: null };
    }
  }
}

/**
 * What was moved, once per ship: of several full runs the newest that has the ship, and what was moved again
 * since. Data chunks that come to be done later, because they were parked, are planned when they are.
 */
async function* verifyChunks(anchor: Anchor, context: PlanContext): AsyncGenerator<Unnumbered> {
  const wanted = new Set(shipsOf(anchor));
  const owner = new Map<string, number>();
  for await (const chunk of context.dataChunks()) {
    const { stream, estimatedRows, id, runId } = chunk;
    const range = parseDataRange(chunk.range);
    const again = chunk.runKind === 'reprocess';
    if ('nullKeys' in range) {
      if (!chunk.verifyPlanned) yield { stream, range, estimatedRows, originId: id };
      continue;
    }
    if (!again) for (const ship of range.ships) if (!owner.has(ship)) owner.set(ship, runId);
    const ships = range.ships.filter(
      (ship) => wanted.has(ship) && (again || owner.get(ship) === runId),
    );
    if (ships.length === 0 || chunk.verifyPlanned) continue;
    yield { stream, range: { ...range, ships }, estimatedRows, originId: id };
  }
}

/**
 * Cuts each part into chunks that follow one another without a gap: where a cell of the grid is proven
 * empty, the chunk before it reaches over it, so a row that arrives there later still has a chunk. The
 * first and the last chunk are open where no bound was given.
 */
async function* dataChunks(
  parts: PivotParts,
  anchor: Anchor,
  context: PlanContext,
): AsyncGenerator<Unnumbered> {
  const table = await readSourceTable(parts.source, parts.spec);
  const done = context.after === null ? null : parseDataRange(context.after.range);
  if (done !== null && 'nullKeys' in done) return;
  const shipsInAll = table.pairIndex
    ? (await readShips(parts.source, table)).length
    : shipsOf(anchor).length;
  const doneAt =
    done === null ? -1 : anchor.parts.findIndex((part) => sameShips(part.ships, done.ships));
  for (const [index, part] of anchor.parts.entries()) {
    if (index < doneAt) continue;
    const start = index === doneAt ? (done?.to ?? 'end') : part.from;
    if (start === 'end' || (start !== null && start === part.to)) continue;
    yield* partChunks(
      parts,
      table,
      { ...part, from: start },
      {
        chunkMicros: anchor.chunkMicros,
        shipsInAll,
        signal: context.signal,
      },
    );
  }
  if (anchor.nullKeys) {
    yield { ...NULL_KEYS, estimatedRows: 0, originId: null };
  }
}

async function* partChunks(
  parts: PivotParts,
  table: SourceTable,
  part: AnchorPart,
  how: { chunkMicros: bigint; shipsInAll: number; signal: AbortSignal },
): AsyncGenerator<Unnumbered> {
  const density = await rowDensity(parts, table, part, how.shipsInAll);
  const stream = streamOf(part.ships);
  let from = part.from;
  const chunk = (to: string | null): Unnumbered => ({
    stream,
    range: { ships: part.ships, from, to } satisfies Span,
    estimatedRows: estimateRows(density, { from, to }),
    originId: null,
  });
  let first = true;
  for await (const start of cellStarts(parts, table, part, how.chunkMicros)) {
    how.signal.throwIfAborted();
    // The first cell with rows belongs to the chunk that starts at the bound.
    if (!first && start !== from) {
      yield chunk(start);
      from = start;
    }
    first = false;
  }
  yield chunk(part.to);
}

/**
 * Halves a span by time; one that is open at an end half a chunk's length from its other end; else by
 * ships. None where it cannot be divided.
 */
export function splitPivot(
  chunk: { stream: string; range: Json; estimatedRows: number },
  chunkMicros: bigint,
): SplitPart[] {
  const range = parseDataRange(chunk.range);
  if ('nullKeys' in range) return [];
  const half = (part: Span): SplitPart => ({
    stream: chunk.stream,
    range: part,
    estimatedRows: Math.round(chunk.estimatedRows / 2),
  });
  const middle = middleOf(range, chunkMicros);
  if (middle !== null) return [half({ ...range, to: middle }), half({ ...range, from: middle })];
  if (range.ships.length === 1) return [];
  const count = Math.ceil(range.ships.length / 2);
  return [
    half({ ...range, ships: range.ships.slice(0, count) }),
    half({ ...range, ships: range.ships.slice(count) }),
  ];
}

/** null where there is none: next to one of the ends, at an infinity, or beyond what Postgres has. */
function middleOf(span: Span, chunkMicros: bigint): string | null {
  const { from, to } = intervalOf(span);
  if (isMoment(from) && isMoment(to)) return between(from, from + (to - from) / 2n);
  if (span.from === null && isMoment(to)) return between(null, to - chunkMicros / 2n);
  if (span.to === null && isMoment(from)) return between(from, from + chunkMicros / 2n);
  return null;
}

const between = (from: Micros | null, middle: Micros): string | null =>
  isMoment(middle) && middle !== from ? formatTimestamp(middle) : null;

function sameShips(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((ship, index) => ship === b[index]);
}

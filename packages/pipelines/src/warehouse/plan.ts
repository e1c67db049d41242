import type { Json, Phase, PlanContext, PlannedChunk, SplitPart } from '@drover/core';
import { type Anchor, type AnchorTable, exceptionOf, parseAnchor, sweptAtEnd } from './anchor.ts';
import { type ChunkRange, parseChunkRange, type RangeOf } from './chunk-range.ts';
import type { WarehouseParts } from './parts.ts';
import { type PlannedRange, planRanges } from './split-keys.ts';
import { splitRange } from './split-range.ts';
import type { TablePlan } from './table-plan.ts';

type Unnumbered = Omit<PlannedChunk, 'ordinal'>;

/** The chunks of a phase, table by table in the order of the anchor. */
export async function* planWarehouse(
  parts: WarehouseParts,
  phase: Phase,
  anchor: Json,
  context: PlanContext,
): AsyncGenerator<PlannedChunk> {
  let ordinal = (context.after?.ordinal ?? -1) + 1;
  for await (const chunk of chunksOf(parts, phase, parseAnchor(anchor), context)) {
    context.signal.throwIfAborted();
    yield { ...chunk, ordinal };
    ordinal += 1;
  }
}

async function* chunksOf(
  parts: WarehouseParts,
  phase: Phase,
  anchor: Anchor,
  context: PlanContext,
): AsyncGenerator<Unnumbered> {
  switch (phase) {
    case 'prepare':
      for (const { stream } of tablesAfter(anchor, context))
        yield single({ kind: 'table', stream });
      return;
    case 'data':
      yield* dataChunks(parts, anchor, context);
      return;
    case 'finish':
      yield* finishChunks(parts, anchor, context);
      return;
    case 'verify':
      yield* verifyChunks(parts, anchor, context);
  }
}

/** Of phases with at most one chunk a table: those of which none is planned yet. */
function tablesAfter(anchor: Anchor, { after }: PlanContext): readonly AnchorTable[] {
  return anchor.tables.slice(anchor.tables.findIndex(({ stream }) => stream === after?.stream) + 1);
}

const single = (range: ChunkRange, estimatedRows = 0): Unnumbered => ({
  stream: range.stream,
  range,
  estimatedRows,
  originId: null,
});

async function* dataChunks(
  parts: WarehouseParts,
  anchor: Anchor,
  { after, signal }: PlanContext,
): AsyncGenerator<Unnumbered> {
  const last = after === null ? null : parseChunkRange(after.range);
  const at = anchor.tables.findIndex(({ stream }) => stream === last?.stream);
  // The table of the last chunk may have more of them.
  for (const table of anchor.tables.slice(Math.max(0, at))) {
    signal.throwIfAborted();
    const done = last !== null && table.stream === last.stream ? last : null;
    if (anchor.kind === 'incremental' && table.horizon === null) continue;
    const change = anchor.kind === 'incremental' ? changesOf(table) : null;
    if (change === null) {
      yield* tableChunks(parts, await parts.catalogue.plan(table.stream, table.fingerprint), done);
    } else if (done === null) yield change;
  }
}

/** null for a table that was never followed, all of which has to be moved first. */
function changesOf({ stream, followed, horizon }: AnchorTable): Unnumbered | null {
  if (followed === null || horizon === null) return null;
  return single({ kind: 'changes', stream, from: followed, to: horizon });
}

async function* tableChunks(
  parts: WarehouseParts,
  plan: TablePlan,
  done: ChunkRange | null,
): AsyncGenerator<Unnumbered> {
  const { stream, source } = plan;
  if (plan.key.length === 0) {
    if (done === null) yield single({ kind: 'whole', stream }, source.estimatedRows);
    return;
  }
  if (done !== null && done.kind !== 'keys') return;
  for (const planned of await planRanges(parts.source, source, parts.spec.chunk, done)) {
    yield { ...keysPart(stream, planned), originId: null };
  }
}

/** What has to wait for the rows: deletions, and how far a table was followed. */
async function* finishChunks(
  parts: WarehouseParts,
  anchor: Anchor,
  context: PlanContext,
): AsyncGenerator<Unnumbered> {
  const { byStream } = await parts.catalogue.plans();
  const complete = await completeStreams(context);
  for (const table of tablesAfter(anchor, context)) {
    const { stream, horizon } = table;
    const plan = byStream.get(stream);
    const follows = plan !== undefined && exceptionOf(parts, plan)?.sweepDeletes === true;
    const sweeps =
      anchor.kind === 'incremental' ? follows : plan !== undefined && sweptAtEnd(anchor, plan);
    // Where rows are still missing, the next sync begins where this one did.
    const to = complete.has(stream) ? horizon : null;
    if (sweeps) yield single({ kind: 'sweep', stream, to });
    else if (to !== null) yield single({ kind: 'watermark', stream, to });
  }
}

/** Streams all of whose rows are in the target: ranges without a gap, or the whole. */
async function completeStreams(context: PlanContext): Promise<ReadonlySet<string>> {
  const complete = new Set<string>();
  const ranges = new Map<string, Map<string, RangeOf<'keys'>>>();
  for await (const chunk of context.dataChunks()) {
    const range = parseChunkRange(chunk.range);
    if (range.kind === 'whole' || range.kind === 'changes') complete.add(range.stream);
    if (range.kind !== 'keys') continue;
    const known = ranges.get(range.stream) ?? new Map<string, RangeOf<'keys'>>();
    ranges.set(range.stream, known.set(JSON.stringify(range.from), range));
  }
  for (const [stream, byStart] of ranges) {
    let range = byStart.get('null');
    while (range !== undefined && range.to !== null) range = byStart.get(JSON.stringify(range.to));
    if (range !== undefined) complete.add(stream);
  }
  return complete;
}

/**
 * Tables that have no ranges in common with the target are compared as a whole, first of all; of the others each
 * range that was moved.
 */
async function* verifyChunks(
  parts: WarehouseParts,
  anchor: Anchor,
  context: PlanContext,
): AsyncGenerator<Unnumbered> {
  const { byStream } = await parts.catalogue.plans();
  const wanted = new Set(anchor.tables.map(({ stream }) => stream));
  const isWhole = (stream: string) => byStream.get(stream)?.sameOrder !== true;
  if (context.after === null || context.after.originId === null) {
    const moved = new Set<string>();
    for await (const { stream } of context.dataChunks()) moved.add(stream);
    for (const { stream } of tablesAfter(anchor, context)) {
      if (moved.has(stream) && isWhole(stream)) yield single({ kind: 'whole', stream });
    }
  }
  // Newest runs come first: what a full run moved, all earlier ones had moved before.
  const full = new Map<string, number>();
  for await (const chunk of context.dataChunks()) {
    const range = parseChunkRange(chunk.range);
    const { stream, estimatedRows } = chunk;
    const isOld = (full.get(stream) ?? chunk.runId) !== chunk.runId;
    if (chunk.runKind === 'full') full.set(stream, full.get(stream) ?? chunk.runId);
    if (isOld || chunk.verifyPlanned || range.kind !== 'keys') continue;
    if (!wanted.has(stream) || isWhole(stream)) continue;
    yield { stream, range: { ...range, cuts: [] }, estimatedRows, originId: chunk.id };
  }
}

/** Cut where planning has found places to, else halfway; none where there is no such place. */
export function splitWarehouse(
  parts: Pick<WarehouseParts, 'catalogue'>,
  { range: json, estimatedRows }: { range: Json; estimatedRows: number },
): readonly SplitPart[] {
  const range = parseChunkRange(json);
  if (range.kind === 'list') return halveList(range);
  const plan = parts.catalogue.known(range.stream);
  if (range.kind !== 'keys' || plan === undefined) return [];
  const planned = { range, cuts: range.cuts, estimatedRows };
  return splitRange(plan.source, planned).map((part) => keysPart(range.stream, part));
}

function keysPart(stream: string, { range, cuts, estimatedRows }: PlannedRange): SplitPart {
  const copy = (values: readonly string[] | null) => (values === null ? null : [...values]);
  const keys: RangeOf<'keys'> = {
    kind: 'keys',
    stream,
    from: copy(range.from),
    to: copy(range.to),
    cuts: cuts.map((cut) => [...cut]),
  };
  return { stream, range: keys, estimatedRows };
}

function halveList({ keys, ...range }: RangeOf<'list'>): readonly SplitPart[] {
  const half = Math.ceil(keys.length / 2);
  if (keys.length < 2) return [];
  return [keys.slice(0, half), keys.slice(half)].map((some) => ({
    stream: range.stream,
    range: { ...range, keys: some },
    estimatedRows: some.length,
  }));
}

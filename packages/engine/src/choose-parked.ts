import type { ErrorCode, Ledger, ParkedChunk, Pipeline, Run, Selection } from '@drover/core';

/** A parked chunk and the run that it belongs to. */
export interface ParkedInRun {
  readonly run: Run;
  readonly chunk: ParkedChunk;
}

/** What a person asked for; what is absent does not matter. */
export interface ParkedFilter {
  readonly chunkIds?: readonly number[];
  readonly stream?: string;
  readonly entities?: readonly string[];
  /** Only chunks that reach into `[from, to)`. */
  readonly from?: string;
  readonly to?: string;
  readonly code?: ErrorCode;
  /** Only chunks parked longer ago than this, or not so long. */
  readonly olderThanMs?: number;
  readonly newerThanMs?: number;
}

/** The parked chunks of all runs of a migration, or of one, newest run first. */
export async function readParked(
  ledger: Ledger,
  migrationId: string,
  runId: number | null,
): Promise<readonly ParkedInRun[]> {
  const runs = await ledger.runs({ migrationId });
  const found: ParkedInRun[] = [];
  for (const run of runs) {
    if (runId !== null && run.id !== runId) continue;
    found.push(...(await ledger.parked(run.id)).map((chunk) => ({ run, chunk })));
  }
  return found;
}

export function chooseParked(
  parked: readonly ParkedInRun[],
  filter: ParkedFilter,
  context: { readonly pipeline: Pick<Pipeline, 'selections'>; readonly nowMs: number },
): readonly ParkedInRun[] {
  const { chunkIds, stream, code, olderThanMs, newerThanMs } = filter;
  return parked.filter(({ chunk }) => {
    const ageMs = context.nowMs - chunk.parkedAtMs;
    return (
      (chunkIds === undefined || chunkIds.includes(chunk.id)) &&
      (stream === undefined || chunk.stream === stream) &&
      (code === undefined || chunk.errorCode === code) &&
      (olderThanMs === undefined || ageMs > olderThanMs) &&
      (newerThanMs === undefined || ageMs < newerThanMs) &&
      reachesInto(chunk, filter, context.pipeline)
    );
  });
}

function reachesInto(
  chunk: ParkedChunk,
  filter: ParkedFilter,
  { selections }: Pick<Pipeline, 'selections'>,
): boolean {
  const { entities, from, to } = filter;
  if (entities === undefined && from === undefined && to === undefined) return true;
  const named = selections?.of(chunk.range) ?? [];
  // A chunk without a range of its own, of the preparation say, is known by its stream.
  if (named.length === 0) return entities?.includes(chunk.stream) ?? false;
  return (selections?.carve(chunk, selectionOf(filter, named)).inside.length ?? 0) > 0;
}

/** What of the named ranges the filter asks for: it limits entities and time, each where it is given. */
export function selectionOf(
  { entities, from, to }: Pick<ParkedFilter, 'entities' | 'from' | 'to'>,
  named: readonly Selection[],
): readonly Selection[] {
  const all = [...new Set(named.map((one) => one.entity))];
  return all
    .filter((entity) => entities === undefined || entities.includes(entity))
    .map((entity) => ({ entity, from: from ?? null, to: to ?? null }));
}

import {
  type Carving,
  DroverError,
  type ReplayPart,
  type Selection,
  type Selections,
} from '@drover/core';
import { z } from 'zod';
import { type ChunkRange, parseChunkRange } from './chunk-range.ts';

/** Rows that are replayed by one chunk. */
const KEYS_PER_CHUNK = 1_000;

const keySchema = z.record(z.string(), z.string().nullable());

/** Lists name tables, and nothing of their rows. */
export const warehouseSelections: Selections = {
  of(range) {
    const { stream } = parseChunkRange(range);
    return [{ entity: stream, from: null, to: null }];
  },
  carve(chunk, selection): Carving {
    const named = tablesOf(selection).has(parseChunkRange(chunk.range).stream);
    return named ? { inside: [chunk], outside: [] } : { inside: [], outside: [chunk] };
  },
  cover(selection, without) {
    const covered = new Set(without.map((range) => parseChunkRange(range).stream));
    const [missing] = [...tablesOf(selection)].filter((stream) => !covered.has(stream));
    if (missing === undefined) return [];
    throw new DroverError('FILE_INVALID', {
      message: `No parked chunk is of the table ${missing}.`,
      hint: `To move the whole table again, write \`drover run --tables ${missing}\`.`,
    });
  },
  replay,
};

/** @throws DroverError FILE_INVALID for a list that names times. */
function tablesOf(selection: readonly Selection[]): ReadonlySet<string> {
  const timed = selection.find(({ from, to }) => from !== null || to !== null);
  if (timed === undefined) return new Set(selection.map(({ entity }) => entity));
  throw new DroverError('FILE_INVALID', {
    message: `The list names times of ${timed.entity}; of a warehouse it can name tables only.`,
    hint: 'Leave from and to empty.',
  });
}

/**
 * Rows by their keys. Where a row has none, all of its table: one without a key is moved as a whole, and a key
 * with a NULL in it, once mended, is another one.
 */
function replay(rejects: Parameters<Selections['replay']>[0]): readonly ReplayPart[] {
  const byStream = new Map<string, (typeof rejects)[number][]>();
  for (const reject of rejects) {
    byStream.set(reject.stream, [...(byStream.get(reject.stream) ?? []), reject]);
  }
  return [...byStream].flatMap(([stream, some]) => {
    const keys = some.map(({ key }) => keySchema.parse(key));
    const rejectIds = some.map(({ id }) => id);
    const whole = (range: ChunkRange) => [{ stream, range, estimatedRows: 0, rejectIds }];
    if (keys.some(isPlace)) return whole({ kind: 'whole', stream });
    const named = keys.flatMap((key) => withoutNulls(key));
    if (named.length === keys.length) return lists(stream, named, rejectIds);
    return whole({ kind: 'keys', stream, from: null, to: null, cuts: [] });
  });
}

/** The rows of a table without a key are known by their place, those of a view by nothing. */
const isPlace = (key: object): boolean => 'ctid' in key || Object.keys(key).length === 0;

function withoutNulls(key: Readonly<Record<string, string | null>>): Record<string, string>[] {
  const known = Object.entries(key).filter((one): one is [string, string] => one[1] !== null);
  return known.length < Object.keys(key).length ? [] : [Object.fromEntries(known)];
}

function lists(
  stream: string,
  keys: readonly Record<string, string>[],
  rejectIds: readonly number[],
): ReplayPart[] {
  return Array.from({ length: Math.ceil(keys.length / KEYS_PER_CHUNK) }, (_, index) => {
    const [from, to] = [index * KEYS_PER_CHUNK, (index + 1) * KEYS_PER_CHUNK];
    const some = keys.slice(from, to);
    return {
      stream,
      range: { kind: 'list', stream, keys: some },
      estimatedRows: some.length,
      rejectIds: rejectIds.slice(from, to),
    };
  });
}

import type { Json } from '@drover/core';
import { z } from 'zod';

const bound = z.array(z.string()).nullable();
const stream = z.string();

/** What a chunk of a warehouse covers, as the ledger keeps it. */
const chunkRangeSchema = z.discriminatedUnion('kind', [
  /** The table itself, not its rows: it is made, or compared with the one that is there. */
  z.strictObject({ kind: z.literal('table'), stream }),
  /** Rows by a range of the key. */
  z.strictObject({
    kind: z.literal('keys'),
    stream,
    from: bound,
    to: bound,
    /** Keys inside, in order, at which it can be cut. */
    cuts: z.array(z.array(z.string())),
  }),
  /** Rows by their keys: those of rejects that are replayed. */
  z.strictObject({
    kind: z.literal('list'),
    stream,
    keys: z.array(z.record(z.string(), z.string())).min(1),
  }),
  /** All rows of a table without a key, which take the place of the table. */
  z.strictObject({ kind: z.literal('whole'), stream }),
  /** Rows that have changed since, by the watermark column. */
  z.strictObject({
    kind: z.literal('changes'),
    stream,
    from: z.string(),
    to: z.string(),
  }),
  /** Rows that the target has and the source lacks are deleted; then it has been followed as far as `to`, if to any. */
  z.strictObject({ kind: z.literal('sweep'), stream, to: z.string().nullable() }),
  /** No rows: the table has been followed as far as this. */
  z.strictObject({ kind: z.literal('watermark'), stream, to: z.string() }),
]);

export type ChunkRange = z.output<typeof chunkRangeSchema>;

export type RangeOf<Kind extends ChunkRange['kind']> = Extract<ChunkRange, { kind: Kind }>;

export const parseChunkRange = (range: Json): ChunkRange => chunkRangeSchema.parse(range);

/** As a person would say it. */
export function describeChunkRange(json: Json): string {
  const range = parseChunkRange(json);
  switch (range.kind) {
    case 'table':
      return `${range.stream}, the table`;
    case 'keys':
      return `${range.stream} ${from(range.from)} ${to(range.to)}`;
    case 'list':
      return `${range.stream}, ${range.keys.length} ${range.keys.length === 1 ? 'row' : 'rows'} by key`;
    case 'whole':
      return `${range.stream}, all rows`;
    case 'changes':
      return `${range.stream}, changes from ${range.from} to ${range.to}`;
    case 'sweep':
      return `${range.stream}, deleted rows`;
    case 'watermark':
      return `${range.stream}, followed to ${range.to}`;
  }
}

const from = (values: readonly string[] | null) =>
  values === null ? 'from the first key' : `from (${values.join(', ')})`;
const to = (values: readonly string[] | null) =>
  values === null ? 'to the last' : `to (${values.join(', ')})`;

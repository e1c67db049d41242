import type { SqlExecutor } from '@drover/core';
import { identifier } from '@drover/postgres';
import { boundText, keyColumns, sourcePredicate } from './key-predicate.ts';
import { type KeyRange, WHOLE_RANGE } from './key-range.ts';
import { type Leaf, readLeaves } from './leaves.ts';
import { relationOf, type SourceTable } from './source-table.ts';

/** A range as it is planned. */
export interface PlannedRange {
  readonly range: KeyRange;
  /** Keys inside the range, in order, at which it can be cut into parts of about the same length. */
  readonly cuts: readonly (readonly string[])[];
  readonly estimatedRows: number;
}

/** What one range should hold at most; the one that is reached first counts. */
export interface RangeTarget {
  readonly bytes: number;
  readonly rows: number;
}

/** Parts that a range can be cut into later without another look at the table. */
const PARTS = 8;

/** Blocks to look at for each range: its length is then some 18 % off, where neighbours lie in one block. */
const BLOCKS_PER_RANGE = 30;
const MIN_BLOCKS = 300;

/** 480 MB, twice of what `analyze` reads by default. */
const MAX_BLOCKS = 60_000;

/** The least that a row takes in its block: its header, 23 bytes filled up to 24, and 4 of the line pointer. */
const MIN_ROW_BYTES = 28;

/**
 * Cuts the keys of a table into ranges that follow one another without a gap, the first open below, the last
 * open above. The bounds come from a sample of the table's blocks, in the server's own order: they need no
 * statistics and no right to see them, follow any skew of one or several columns, and count the bytes of
 * values that are stored out of line. The sample takes as long as reading at most 60,000 blocks here and
 * there, so `sql` should be a connection without a time limit on answers.
 *
 * Views, foreign tables and tables with foreign partitions, which have no such sample, stay whole. A table
 * without an index on its key stays whole, as each range would read all of it, but has cuts.
 * @param after the last range that was planned already; planning goes on behind it.
 */
export async function planRanges(
  sql: SqlExecutor,
  table: SourceTable,
  target: RangeTarget,
  after: KeyRange | null = null,
): Promise<readonly PlannedRange[]> {
  if (after !== null && after.to === null) return [];
  const open: KeyRange = after === null ? WHOLE_RANGE : { from: after.to, to: null };
  const whole = { range: open, cuts: [], estimatedRows: after === null ? table.estimatedRows : 0 };
  if (table.key === null || table.kind === 'view' || table.kind === 'foreign table') return [whole];
  if (table.bytes <= target.bytes && table.bytes <= target.rows * MIN_ROW_BYTES) return [whole];
  const leaves = await readLeaves(sql, table);
  if (leaves.some((leaf) => !leaf.hasBlocks)) return [whole];
  const share = sampleShare(table, leaves, target);
  const parts = await sampleKeys(sql, { table, target, open, share });
  return parts.length === 0
    ? [whole]
    : rangesOf(parts, { open, share, divided: table.key.indexed });
}

/** The share of the blocks to look at, above 0 and at most 1. */
function sampleShare(table: SourceTable, leaves: readonly Leaf[], target: RangeTarget): number {
  const blocks = leaves.reduce((sum, leaf) => sum + leaf.blocks, 0);
  const rows = leaves.reduce(
    (sum, leaf) => sum + leaf.blocks * (leaf.rowsPerBlock ?? leaf.blockBytes / (2 * MIN_ROW_BYTES)),
    0,
  );
  const ranges = Math.max(table.bytes / target.bytes, rows / target.rows);
  const wanted = Math.min(MAX_BLOCKS, Math.max(MIN_BLOCKS, ranges * BLOCKS_PER_RANGE));
  return wanted >= blocks ? 1 : wanted / blocks;
}

/** Where a part of a range starts. */
interface Part {
  readonly range: number;
  readonly key: readonly string[];
  readonly sampledRows: number;
}

/**
 * The sampled keys, each with the share of a range that its rows fill, cut where these shares add up. Equal
 * keys stay together; keys with a NULL are in the last range anyway.
 */
async function sampleKeys(
  sql: SqlExecutor,
  of: { table: SourceTable; target: RangeTarget; open: KeyRange; share: number },
): Promise<readonly Part[]> {
  const { table, target, open, share } = of;
  const key = keyColumns(table);
  const names = key.map((column) => `s.${identifier(column.name)}`);
  const keys = names.map((_, index) => `k${index}`).join(', ');
  const sizes = table.columns.map(
    (column) => `coalesce(pg_column_size(s.${identifier(column.name)}), 0)`,
  );
  const sample = share < 1 ? ` tablesample system (${(share * 100).toFixed(9)})` : '';
  const rows = await sql.query(
    `with sampled as (
       select ${names.map((name, index) => `${name} as k${index}`).join(', ')},
              (${[MIN_ROW_BYTES, ...sizes].join(' + ')}) as bytes
       from ${relationOf(table)} s${sample}
       where ${names.map((name) => `${name} is not null`).join(' and ')}
         and ${sourcePredicate(table, open, 's')}),
     keyed as (
       select ${keys}, count(*) as n,
              sum(greatest(${1 / target.rows}::float8, bytes * ${1 / target.bytes}::float8)) as filled
       from sampled group by ${keys}),
     placed as (
       select ${keys}, n, sum(filled) over () as in_all, coalesce(
         sum(filled) over (order by ${keys} rows between unbounded preceding and 1 preceding), 0) as before
       from keyed),
     numbered as (
       select ${keys}, n,
              floor(before / in_all * greatest(1, round(in_all / ${share})) * ${PARTS}) as part
       from placed),
     ranked as (
       select ${keys}, part, sum(n) over (partition by part) as n,
              row_number() over (partition by part order by ${keys}) as place
       from numbered)
     select floor(part / ${PARTS}) as range, n,
            ${key.map((column, index) => `${boundText(column, `k${index}`)} as k${index}`).join(', ')}
     from ranked where place = 1 order by part`,
  );
  return rows.map((row) => ({
    range: Number(row['range']),
    key: key.map((_, index) => row[`k${index}`] ?? ''),
    sampledRows: Number(row['n']),
  }));
}

function rangesOf(
  parts: readonly Part[],
  of: { open: KeyRange; share: number; divided: boolean },
): readonly PlannedRange[] {
  const groups: Part[][] = [];
  for (const part of parts) {
    const group = groups.at(-1);
    const same = group?.[0]?.range === part.range || !of.divided;
    if (group === undefined || !same) groups.push([part]);
    else group.push(part);
  }
  return groups.map((group, index) => ({
    range: {
      from: index === 0 ? of.open.from : (group[0]?.key ?? null),
      to: groups[index + 1]?.[0]?.key ?? null,
    },
    cuts: thinned(group.slice(1).map((part) => part.key)),
    estimatedRows: Math.round(group.reduce((sum, part) => sum + part.sampledRows, 0) / of.share),
  }));
}

/** So many keys, as evenly spread over all of them as can be, that they make eight parts. */
function thinned(keys: readonly (readonly string[])[]): readonly (readonly string[])[] {
  if (keys.length < PARTS) return keys;
  const step = (keys.length + 1) / PARTS;
  return Array.from(
    { length: PARTS - 1 },
    (_, index) => keys[Math.round((index + 1) * step) - 1] ?? [],
  );
}

import type { SqlExecutor } from '@drover/core';
import { identifier, qualifiedName, serverVersion } from '@drover/postgres';
import { type Leaf, readLeaves } from './leaves.ts';
import { relationOf, type SourceTable } from './source-table.ts';

/** A share of the rows of a table. */
export interface TablePart {
  /** For a FROM clause, with an alias: a subquery with the table's columns, and `tableoid` and `ctid` where it has them. */
  readonly from: string;
  readonly estimatedRows: number;
}

/** Before, a range of places in a table is found by reading the whole table. */
const TID_RANGE_SCAN = 140000;

/**
 * Shares of a table without a key, by the places of its rows: at most `parts`, of about the same number of
 * blocks, that together read every row of one snapshot once. They mean nothing in another snapshot, as an
 * update gives a row another place.
 *
 * `sql` is the transaction of that snapshot. It is left with a lock that keeps the table from being rewritten,
 * and must stay open until all parts are read. Fewer parts where the server can read no range of blocks, or
 * the role may not read the partitions by their own names.
 */
export async function ctidRanges(
  sql: SqlExecutor,
  table: SourceTable,
  parts: number,
): Promise<readonly TablePart[]> {
  const whole = { from: selectFrom(table, relationOf(table)), estimatedRows: table.estimatedRows };
  if (table.kind === 'view' || table.kind === 'foreign table') return [whole];
  // Locks the partitions too. Nothing weaker keeps `vacuum full` from moving rows between two parts.
  await sql.query(`select 1 from ${relationOf(table)} limit 0`);
  const leaves = await readLeaves(sql, table);
  if (leaves.some((leaf) => !leaf.readable) || isHypertable(table, leaves)) return [whole];
  const divisible = (await serverVersion(sql)) >= TID_RANGE_SCAN;
  const blocks = leaves.reduce((sum, leaf) => sum + leaf.blocks, 0);
  const shares = share(leaves, {
    blocksPerPart: Math.max(1, Math.ceil(blocks / parts)),
    divisible,
  });
  if (shares.length < 2) return [whole];
  return shares.map((pieces) => ({
    from: `(${pieces.map((piece) => selectPiece(table, piece)).join(' union all ')})`,
    estimatedRows: Math.round(
      (table.estimatedRows * pieces.reduce((sum, piece) => sum + piece.blocks, 0)) / blocks,
    ),
  }));
}

/** TimescaleDB keeps rows that it has compressed elsewhere than in the chunk that they belong to. */
const isHypertable = (table: SourceTable, leaves: readonly Leaf[]): boolean =>
  table.kind === 'partitioned table' &&
  leaves.some(({ schema, name }) => schema === table.schema && name === table.name);

/** Blocks of one leaf, from the first up to, but not including, the last; open where it is the leaf's end. */
interface Piece {
  readonly leaf: Leaf;
  readonly first: number;
  readonly end: number | null;
  readonly blocks: number;
}

/** Fills one part after the other; a leaf that cannot be divided goes where it begins. */
function share(
  leaves: readonly Leaf[],
  { blocksPerPart, divisible }: { blocksPerPart: number; divisible: boolean },
): readonly (readonly Piece[])[] {
  const shares: Piece[][] = [[]];
  let room = blocksPerPart;
  for (const leaf of leaves) {
    let first = 0;
    do {
      if (room <= 0 && leaf.blocks > 0) {
        shares.push([]);
        room = blocksPerPart;
      }
      const left = leaf.blocks - first;
      const blocks = divisible ? Math.min(room, left) : left;
      const end = blocks < left ? first + blocks : null;
      shares.at(-1)?.push({ leaf, first, end, blocks });
      first += blocks;
      room -= blocks;
    } while (first < leaf.blocks);
  }
  return shares;
}

function selectPiece(table: SourceTable, { leaf, first, end }: Piece): string {
  const conditions = [
    ...(first === 0 ? [] : [`ctid >= '(${first},0)'::tid`]),
    ...(end === null ? [] : [`ctid < '(${end},0)'::tid`]),
  ];
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`;
  return `select ${columnsOf(table)} from only ${qualifiedName(leaf.schema, leaf.name)}${where}`;
}

const selectFrom = (table: SourceTable, relation: string): string =>
  `(select ${columnsOf(table)} from ${relation})`;

/** By name, as partitions may have them in another order; with the place of the row, which names a reject. */
const columnsOf = ({ kind, columns }: SourceTable): string => {
  const places = kind === 'view' || kind === 'foreign table' ? [] : ['tableoid', 'ctid'];
  return [...places, ...columns.map((column) => identifier(column.name))].join(', ');
};

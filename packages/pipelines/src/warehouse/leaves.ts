import type { SqlExecutor } from '@drover/core';
import type { SourceTable } from './source-table.ts';

/** A relation that holds rows itself. */
export interface Leaf {
  readonly schema: string;
  readonly name: string;
  /** False for a foreign table, whose rows have no places here. */
  readonly hasBlocks: boolean;
  /** At present. */
  readonly blocks: number;
  readonly blockBytes: number;
  /** When it was last analyzed or vacuumed; null where it never was. */
  readonly rowsPerBlock: number | null;
  /** The role may read it by its own name, not only through the table that it is a partition of. */
  readonly readable: boolean;
}

/** The table itself, or the partitions of a partitioned one, in the order in which they were made. */
export async function readLeaves(
  sql: SqlExecutor,
  table: Pick<SourceTable, 'oid' | 'kind'>,
): Promise<readonly Leaf[]> {
  const rows = await sql.query(
    `with recursive part(oid) as (
       select $1::oid
       union
       select i.inhrelid from part join pg_inherits i on i.inhparent = part.oid where $2::bool)
     select n.nspname, c.relname, c.relkind = any ('{r,m}') as has_blocks,
            case when c.relkind = any ('{r,m}') then pg_relation_size(c.oid) else 0 end as bytes,
            current_setting('block_size') as block_bytes,
            case when c.relpages > 0 and c.reltuples >= 0 then c.reltuples / c.relpages end as density,
            has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')
              and not row_security_active(c.oid) as readable
     from part join pg_class c on c.oid = part.oid join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = any ('{r,m,f}') order by c.oid`,
    [String(table.oid), table.kind === 'partitioned table'],
  );
  return rows.map((row) => ({
    schema: row['nspname'] ?? '',
    name: row['relname'] ?? '',
    hasBlocks: row['has_blocks'] === 't',
    blocks: Number(row['bytes']) / Number(row['block_bytes']),
    blockBytes: Number(row['block_bytes']),
    rowsPerBlock: row['density'] == null ? null : Number(row['density']),
    readable: row['readable'] === 't',
  }));
}

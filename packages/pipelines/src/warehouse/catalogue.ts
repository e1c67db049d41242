import type { SqlExecutor } from '@drover/core';
import type { SourceTable } from './source-table.ts';

/** Something in the source that has rows, before it is decided whether it is moved. */
export interface Relation {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  readonly kind: SourceTable['kind'];
  /** Oid of the table that it is a partition of; null where it stands alone. */
  readonly partitionOf: string | null;
  /** The extension that made it; null for what people made. */
  readonly extension: string | null;
}

/** Schemas of the server itself, of Drover's ledger, and of TimescaleDB's chunks and state. */
const NOBODYS_SCHEMA = `(n.nspname = any ('{information_schema,drover}') or n.nspname ~ '^(pg_|_timescaledb_)')`;

/** Names of the schemas that can be moved. */
export async function readSchemas(sql: SqlExecutor): Promise<readonly string[]> {
  const rows = await sql.query(
    `select n.nspname from pg_namespace n where not ${NOBODYS_SCHEMA} order by n.nspname::text collate "C"`,
  );
  return rows.map((row) => row['nspname'] ?? '');
}

const KINDS: Readonly<Record<string, SourceTable['kind']>> = {
  p: 'partitioned table',
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
};

/**
 * Tables, views and foreign tables of those schemas, partitions included, by schema and name. A hypertable
 * of TimescaleDB counts as partitioned: to the server it is a table with children, but has no rows itself.
 */
export async function readRelations(sql: SqlExecutor): Promise<readonly Relation[]> {
  const rows = await sql.query(
    `select c.oid, n.nspname, c.relname, x.extname,
            case when c.relispartition then (select inhparent from pg_inherits where inhrelid = c.oid) end as parent,
            case when c.relkind = 'r' and exists (
                   select from pg_inherits i join pg_class chunk on chunk.oid = i.inhrelid
                   where i.inhparent = c.oid and chunk.relnamespace = to_regnamespace('_timescaledb_internal'))
                 then 'p' else c.relkind end as kind
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     left join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = c.oid and d.objsubid = 0
       and d.deptype = 'e'
     left join pg_extension x on x.oid = d.refobjid
     where c.relkind = any ('{r,p,v,m,f}') and not ${NOBODYS_SCHEMA}
     order by n.nspname::text collate "C", c.relname::text collate "C"`,
  );
  return rows.map((row) => ({
    oid: row['oid'] ?? '',
    schema: row['nspname'] ?? '',
    name: row['relname'] ?? '',
    kind: KINDS[row['kind'] ?? ''] ?? 'table',
    partitionOf: row['parent'] ?? null,
    extension: row['extname'] ?? null,
  }));
}

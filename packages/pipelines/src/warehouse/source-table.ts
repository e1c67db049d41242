/** What the source's catalogue says of a table that is to be moved. */

import { qualifiedName } from '@drover/postgres';

/** How a type is made, below domains. */
type TypeKind = 'base' | 'enum' | 'composite' | 'range' | 'multirange' | 'array';

export interface SourceType {
  /** As the server prints it, e.g. `numeric(10,2)`, domains by their own name. */
  readonly printed: string;
  /** `pg_type.typname` below domains: `int4`, `varchar`, `numeric`, `_text`, `mood`. */
  readonly name: string;
  /** Schema of that type: `pg_catalog` for the server's own. */
  readonly schema: string;
  readonly kind: TypeKind;
  /** varchar(n), char(n): characters; bit(n), varbit(n): bits; null without a limit. */
  readonly length: number | null;
  /** numeric(p, s); null where unconstrained. */
  readonly precision: number | null;
  /** numeric(p, s), which may be negative or above p; timestamp(n) and time(n): fraction digits. */
  readonly scale: number | null;
}

export interface SourceColumn {
  readonly name: string;
  readonly type: SourceType;
  readonly notNull: boolean;
  /** Text compares as the bytes of its UTF-8 in it. Meaningless for types without a collation: true. */
  readonly bytewise: boolean;
}

export interface SourceKey {
  readonly columns: readonly string[];
  /** `file`: the migration file names it; nobody vouches that it is unique and without NULL. */
  readonly origin: 'primary key' | 'unique index' | 'file';
  /** An index holds the rows in the order of the key: a range is read without looking at the others. */
  readonly indexed: boolean;
}

/** Whether the role can read the table, and what stands in the way; row security is never let hide rows. */
export type SourceAccess = 'granted' | 'no usage of the schema' | 'no select' | 'row security';

export interface SourceTable {
  readonly schema: string;
  readonly name: string;
  readonly oid: number;
  /**
   * A partitioned table is read with all its partitions. A table that others inherit from is read without
   * them: they are tables of their own, with rows and perhaps columns that its key does not vouch for.
   */
  readonly kind: 'table' | 'partitioned table' | 'view' | 'materialized view' | 'foreign table';
  readonly columns: readonly SourceColumn[];
  /** null: the table has no key, and is moved as one generation. */
  readonly key: SourceKey | null;
  /** From statistics; 0 where there are none. */
  readonly estimatedRows: number;
  /** Heap and TOAST, all partitions, without indexes; 0 for views and foreign tables. */
  readonly bytes: number;
  readonly access: SourceAccess;
}

/** The table in a FROM clause: its rows, each of them once among all tables. */
export function relationOf(table: Pick<SourceTable, 'schema' | 'name' | 'kind'>): string {
  const name = qualifiedName(table.schema, table.name);
  return table.kind === 'table' || table.kind === 'foreign table' ? `only ${name}` : name;
}

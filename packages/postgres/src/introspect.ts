import type { SqlExecutor } from '@drover/core';

export interface TableColumn {
  readonly name: string;
  /** As `format_type` prints it, e.g. `timestamp without time zone`; fit for a cast. */
  readonly type: string;
  readonly notNull: boolean;
  /** False where equal under the column's collation does not mean equal bytes. */
  readonly bytewise: boolean;
  /** Function that writes its binary form, e.g. `float8send`. */
  readonly send: string;
  /** Computed by the server: cannot be written. */
  readonly generated: boolean;
}

export interface TableIndex {
  readonly name: string;
  readonly method: string;
  readonly unique: boolean;
  /** Column names in order; null for an expression. */
  readonly columns: readonly (string | null)[];
  /** Covers every row: valid, and without a predicate. */
  readonly whole: boolean;
  /** False while it is being built, and where building it was interrupted. */
  readonly valid: boolean;
}

export interface TableDescription {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  readonly kind: 'table' | 'partitioned' | 'view' | 'other';
  readonly columns: readonly TableColumn[];
  readonly indexes: readonly TableIndex[];
  /** Columns ever made, dropped ones included: what counts against the limit of 1,600. */
  readonly attributesUsed: number;
  /** From statistics; null where the table was never analyzed. */
  readonly estimatedRows: number | null;
  readonly bytes: number;
  readonly rowSecurity: boolean;
}

const KINDS: Readonly<Record<string, TableDescription['kind']>> = {
  r: 'table',
  p: 'partitioned',
  v: 'view',
  m: 'view',
};

/** What the catalogue says of a table; null where there is none of that name. */
export async function describeTable(
  sql: SqlExecutor,
  schema: string,
  name: string,
): Promise<TableDescription | null> {
  const [table] = await sql.query(
    `select c.oid, c.relkind, c.relrowsecurity, pg_total_relation_size(c.oid) as bytes,
            (with recursive part(oid) as (
               select c.oid union all select inhrelid from pg_inherits join part on inhparent = part.oid)
             select case when bool_or(p.relkind in ('r', 'm') and p.reltuples < 0) then null
                    else sum(greatest(p.reltuples, 0))::int8 end
             from part join pg_class p on p.oid = part.oid where p.relkind in ('r', 'm')) as estimated,
            (select coalesce(max(attnum), 0) from pg_attribute a where a.attrelid = c.oid) as used
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relname = $2`,
    [schema, name],
  );
  if (table === undefined) return null;
  const oid = table['oid'] ?? '';
  const columns = await sql.query(
    `select a.attname, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull, t.typsend::regproc::text as send,
            coalesce(${await deterministicSql(sql)}, true) and t.typname <> 'citext' as bytewise,
            ${await generatedSql(sql)} as generated
     from pg_attribute a join pg_type t on t.oid = a.atttypid
     left join pg_collation l on l.oid = a.attcollation
     where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped order by a.attnum`,
    [oid],
  );
  const indexes = await sql.query(
    `select i.relname, m.amname, x.indisunique, x.indisvalid,
            x.indisvalid and x.indpred is null as whole,
            (select json_agg(a.attname order by k.ordinality)
             from unnest(x.indkey::int2[]) with ordinality k(attnum, ordinality)
             left join pg_attribute a on a.attrelid = x.indrelid and a.attnum = k.attnum and k.attnum <> 0
             where k.ordinality <= x.indnkeyatts) as columns
     from pg_index x join pg_class i on i.oid = x.indexrelid join pg_am m on m.oid = i.relam
     where x.indrelid = $1 order by i.relname`,
    [oid],
  );
  return {
    oid,
    schema,
    name,
    kind: KINDS[table['relkind'] ?? ''] ?? 'other',
    columns: columns.map((column) => ({
      name: column['attname'] ?? '',
      type: column['type'] ?? '',
      notNull: column['attnotnull'] === 't',
      send: column['send'] ?? '',
      bytewise: column['bytewise'] === 't',
      generated: column['generated'] === 't',
    })),
    indexes: indexes.map((index) => ({
      name: index['relname'] ?? '',
      method: index['amname'] ?? '',
      unique: index['indisunique'] === 't',
      whole: index['whole'] === 't',
      valid: index['indisvalid'] === 't',
      columns: JSON.parse(index['columns'] ?? '[]') as (string | null)[],
    })),
    attributesUsed: Number(table['used']),
    estimatedRows: table['estimated'] === null ? null : Number(table['estimated']),
    bytes: Number(table['bytes']),
    rowSecurity: table['relrowsecurity'] === 't',
  };
}

/** `server_version_num`, e.g. 150018. */
export async function serverVersion(sql: SqlExecutor): Promise<number> {
  const [row] = await sql.query(`select current_setting('server_version_num') as version`);
  return Number(row?.['version']);
}

/** Collations know of nondeterminism since Postgres 12. */
async function deterministicSql(sql: SqlExecutor): Promise<string> {
  return (await serverVersion(sql)) >= 120000 ? 'l.collisdeterministic' : 'true';
}

/** Generated columns exist since Postgres 12, identity columns since 10. */
async function generatedSql(sql: SqlExecutor): Promise<string> {
  return (await serverVersion(sql)) >= 120000
    ? "a.attgenerated <> '' or a.attidentity = 'a'"
    : "a.attidentity = 'a'";
}

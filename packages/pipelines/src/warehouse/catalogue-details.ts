import type { SqlExecutor, SqlRow } from '@drover/core';
import { serverVersion } from '@drover/postgres';
import type { SourceAccess, SourceColumn, SourceType } from './source-table.ts';
import { typeLimits } from './type-modifier.ts';

export interface SourceIndex {
  readonly name: string;
  readonly columns: readonly string[];
  /** Vouches that no two rows are equal in its columns, once a transaction has ended. */
  readonly unique: boolean;
  readonly primary: boolean;
  /** Holds the rows in the order of the columns' own comparison. */
  readonly ordered: boolean;
}

export interface RelationDetails {
  readonly columns: readonly SourceColumn[];
  /** Those that cover every row and consist of columns alone. */
  readonly indexes: readonly SourceIndex[];
  readonly access: SourceAccess;
  readonly estimatedRows: number;
  readonly bytes: number;
}

/** What is to be known of the relations with these oids, in three queries however many they are. */
export async function readDetails(
  sql: SqlExecutor,
  oids: readonly string[],
): Promise<ReadonlyMap<string, RelationDetails>> {
  const version = await serverVersion(sql);
  const columns = byRelation(await readColumns(sql, oids, version), columnOf);
  const indexes = byRelation(await readIndexes(sql, oids), indexOf);
  const states = await readStates(sql, oids);
  return new Map(
    states.map((state) => [
      state['oid'] ?? '',
      {
        columns: columns.get(state['oid'] ?? '') ?? [],
        indexes: indexes.get(state['oid'] ?? '') ?? [],
        access: (state['access'] ?? 'granted') as SourceAccess,
        estimatedRows: Number(state['estimated']),
        bytes: Number(state['bytes']),
      },
    ]),
  );
}

/** Domains are followed down to what they are made of, where a domain's own modifier counts. */
function readColumns(
  sql: SqlExecutor,
  oids: readonly string[],
  version: number,
): Promise<readonly SqlRow[]> {
  return sql.query(
    `with recursive below(type, base, modifier) as (
       select t.oid, t.oid, null::int4 from pg_type t
       where t.oid in (select atttypid from pg_attribute where attrelid = any ($1::oid[]) and attnum > 0)
       union all
       select below.type, t.typbasetype, t.typtypmod from below join pg_type t on t.oid = below.base
       where t.typtype = 'd')
     select a.attrelid as relation, a.attname, format_type(a.atttypid, a.atttypmod) as printed,
            t.typname, s.nspname, ${notNullSql(version)} as not_null,
            coalesce(below.modifier, a.atttypmod) as modifier,
            case when exists (select from pg_type e where e.typarray = t.oid) then 'array'
                 when t.typtype = 'e' then 'enum' when t.typtype = 'c' then 'composite'
                 when t.typtype = 'r' then 'range' when t.typtype = 'm' then 'multirange'
                 else 'base' end as kind,
            a.attcollation = 0 or (t.typname <> 'citext' and ${bytewiseSql(version)}) as bytewise
     from pg_attribute a join below on below.type = a.atttypid
     join pg_type t on t.oid = below.base and t.typtype <> 'd'
     join pg_namespace s on s.oid = t.typnamespace
     join pg_database d on d.datname = current_database()
     left join pg_collation l on l.oid = a.attcollation
     where a.attrelid = any ($1::oid[]) and a.attnum > 0 and not a.attisdropped
     order by a.attrelid, a.attnum`,
    [oids],
  );
}

/** From Postgres 18 on, a constraint that is not validated marks the column as well. */
function notNullSql(version: number): string {
  return version < 180000
    ? 'a.attnotnull'
    : `a.attnotnull and not exists (select from pg_constraint k where k.conrelid = a.attrelid
         and k.contype = 'n' and not k.convalidated and a.attnum = any (k.conkey))`;
}

/**
 * Whether text is compared byte by byte: in the locales C and POSIX, and in all of the provider `builtin`
 * (Postgres 17). What libc makes of `C.UTF-8` differs from system to system. The encodings are those whose
 * bytes have the order of UTF-8's.
 */
function bytewiseSql(version: number): string {
  const plain = (column: string) => `${column} = any ('{C,POSIX}')`;
  const database =
    version < 150000
      ? plain('d.datcollate')
      : `d.datlocprovider = 'b' or (d.datlocprovider = 'c' and ${plain('d.datcollate')})`;
  const deterministic = version < 120000 ? 'true' : 'l.collisdeterministic';
  return `pg_encoding_to_char(d.encoding) = any ('{UTF8,SQL_ASCII,LATIN1}') and ${deterministic} and case l.collprovider when 'd' then ${database} when 'b' then true
            when 'c' then ${plain('l.collcollate')} else false end`;
}

function columnOf(row: SqlRow): SourceColumn {
  const name = row['typname'] ?? '';
  const schema = row['nspname'] ?? '';
  const kind = (row['kind'] ?? 'base') as SourceType['kind'];
  const modifier = schema === 'pg_catalog' && kind === 'base' ? Number(row['modifier']) : -1;
  return {
    name: row['attname'] ?? '',
    type: { printed: row['printed'] ?? '', name, schema, kind, ...typeLimits(name, modifier) },
    notNull: row['not_null'] === 't',
    bytewise: row['bytewise'] === 't',
  };
}

/** A row comparison follows an index only where its columns run the same way. */
function readIndexes(sql: SqlExecutor, oids: readonly string[]): Promise<readonly SqlRow[]> {
  return sql.query(
    `select x.indrelid as relation, i.relname, x.indisprimary,
            x.indisprimary or (x.indisunique and x.indimmediate) as is_unique,
            json_agg(a.attname order by k.place) as columns,
            m.amname = 'btree' and bool_and(o.opcdefault and k.collated = a.attcollation)
              and min(k.direction & 1) = max(k.direction & 1) as ordered
     from pg_index x join pg_class i on i.oid = x.indexrelid join pg_am m on m.oid = i.relam
     cross join lateral unnest(x.indkey::int2[], x.indclass::oid[], x.indcollation::oid[], x.indoption::int2[])
       with ordinality k(attnum, opclass, collated, direction, place)
     left join pg_attribute a on a.attrelid = x.indrelid and a.attnum = k.attnum and k.attnum > 0
     left join pg_opclass o on o.oid = k.opclass
     where x.indrelid = any ($1::oid[]) and x.indisvalid and x.indisready and x.indislive
       and x.indpred is null and k.place <= x.indnkeyatts
     group by x.indrelid, x.indexrelid, i.relname, x.indisprimary, x.indisunique, x.indimmediate, m.amname
     having count(a.attname) = max(x.indnkeyatts)
     order by x.indrelid, i.relname::text collate "C"`,
    [oids],
  );
}

function indexOf(row: SqlRow): SourceIndex {
  return {
    name: row['relname'] ?? '',
    columns: JSON.parse(row['columns'] ?? '[]') as string[],
    unique: row['is_unique'] === 't',
    primary: row['indisprimary'] === 't',
    ordered: row['ordered'] === 't',
  };
}

/** Rows and bytes of a partitioned table are those of its partitions; rights on them are not needed. */
function readStates(sql: SqlExecutor, oids: readonly string[]): Promise<readonly SqlRow[]> {
  return sql.query(
    `with recursive part(root, oid) as (
       select oid, oid from unnest($1::oid[]) as given(oid)
       union
       select part.root, i.inhrelid from part join pg_class c on c.oid = part.oid
       join pg_inherits i on i.inhparent = part.oid join pg_class child on child.oid = i.inhrelid
       where child.relispartition or child.relnamespace = to_regnamespace('_timescaledb_internal')),
     size as (
       select part.root, sum(greatest(c.reltuples, 0))::int8 as rows, sum(pg_table_size(c.oid))::int8 as bytes
       from part join pg_class c on c.oid = part.oid
       where c.relkind = any ('{r,m,f}') group by part.root)
     select c.oid, coalesce(size.rows, 0) as estimated, coalesce(size.bytes, 0) as bytes,
            case when not has_schema_privilege(c.relnamespace, 'usage') then 'no usage of the schema'
                 when not has_table_privilege(c.oid, 'select') and not coalesce((
                   select bool_and(has_column_privilege(c.oid, a.attnum, 'select')) from pg_attribute a
                   where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), false) then 'no select'
                 when row_security_active(c.oid) then 'row security' else 'granted' end as access
     from pg_class c left join size on size.root = c.oid where c.oid = any ($1::oid[])`,
    [oids],
  );
}

function byRelation<T>(rows: readonly SqlRow[], read: (row: SqlRow) => T): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const relation = row['relation'] ?? '';
    const group = groups.get(relation);
    if (group === undefined) groups.set(relation, [read(row)]);
    else group.push(read(row));
  }
  return groups;
}

import type { SqlExecutor } from '@drover/core';

export interface TargetColumn {
  readonly name: string;
  readonly type: string;
}

/** A wide table as the catalogue has it. */
export interface TargetTable {
  readonly name: string;
  readonly oid: string;
  /** Changes whenever a column is added, dropped, renamed or given another type. */
  readonly version: string;
  readonly columns: readonly TargetColumn[];
}

/**
 * Remembers the columns of the wide tables between chunks: reading 8,000 columns each time would
 * cost more than the closing step. One query tells which tables have changed.
 */
export class TargetCatalogue {
  readonly #schema: string;
  readonly #known = new Map<string, TargetTable>();

  constructor(schema: string) {
    this.#schema = schema;
  }

  /** The tables of these names that exist now. */
  async read(
    sql: SqlExecutor,
    names: readonly string[],
  ): Promise<ReadonlyMap<string, TargetTable>> {
    const present = await sql.query(
      // Dropping or renaming a column leaves the table's row in pg_class as it was: the columns are hashed.
      `select c.relname, c.oid,
         (select sum(hashtextextended(attname::text, attnum) # hashint8extended(atttypid::int8, atttypmod)) from pg_attribute a
          where a.attrelid = c.oid and a.attnum > 0) as columns
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = $1 and c.relname = any ($2::text[]) and c.relkind in ('r', 'p')`,
      [this.#schema, names],
    );
    const changed = present.filter(
      (row) => this.#known.get(row['relname'] ?? '')?.version !== versionOf(row),
    );
    if (changed.length > 0) await this.#readColumns(sql, changed);
    return new Map(
      present.flatMap((row) => {
        const table = this.#known.get(row['relname'] ?? '');
        return table === undefined ? [] : [[table.name, table]];
      }),
    );
  }

  async #readColumns(
    sql: SqlExecutor,
    changed: readonly { readonly [column: string]: string | null }[],
  ): Promise<void> {
    const rows = await sql.query(
      `select attrelid, attname, format_type(atttypid, atttypmod) as type from pg_attribute
       where attrelid = any ($1::oid[]) and attnum > 0 and not attisdropped order by attrelid, attnum`,
      [changed.map((row) => row['oid'] ?? '')],
    );
    const columns = new Map<string, TargetColumn[]>();
    for (const row of rows) {
      const oid = row['attrelid'] ?? '';
      const list = columns.get(oid) ?? [];
      list.push({ name: row['attname'] ?? '', type: row['type'] ?? '' });
      columns.set(oid, list);
    }
    for (const row of changed) {
      const oid = row['oid'] ?? '';
      const name = row['relname'] ?? '';
      this.#known.set(name, {
        name,
        oid,
        version: versionOf(row),
        columns: columns.get(oid) ?? [],
      });
    }
  }
}

const versionOf = (row: { readonly [column: string]: string | null }): string =>
  `${row['oid']}:${row['columns']}`;

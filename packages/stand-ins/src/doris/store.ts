/**
 * What the stand-in remembers, shared by its HTTP half (loads) and its MySQL half (statements). Section
 * numbers in the comments of this folder are those of the description that it was written from.
 */

/** The two generations whose behaviour is described: D24 stands for 3.0, D26 for 4.0 and 4.1. */
export type Generation = 'D24' | 'D26';

export type TypeName =
  | 'BOOLEAN'
  | 'TINYINT'
  | 'SMALLINT'
  | 'INT'
  | 'BIGINT'
  | 'LARGEINT'
  | 'FLOAT'
  | 'DOUBLE'
  | 'DECIMAL'
  | 'DATE'
  | 'DATETIME'
  | 'CHAR'
  | 'VARCHAR'
  | 'STRING'
  | 'JSON';

export interface ColumnType {
  readonly name: TypeName;
  /** CHAR and VARCHAR: bytes. */
  readonly length?: number;
  /** DECIMAL. */
  readonly precision?: number;
  /** DECIMAL: fraction digits; DATETIME: digits of the second's fraction, 0 to 6. */
  readonly scale?: number;
}

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
  readonly isKey: boolean;
  readonly comment: string;
}

/**
 * A stored value, by type: BOOLEAN and the integers as bigint, FLOAT and DOUBLE as number, DECIMAL as its
 * text with exactly `scale` fraction digits, DATE as `YYYY-MM-DD`, DATETIME as `YYYY-MM-DD HH:MM:SS` and, with
 * a scale above 0, `.` and exactly so many digits; all others as text. NULL is null.
 */
export type Value = bigint | number | string | null;

export type Row = readonly Value[];

export interface TableDefinition {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly model: 'UNIQUE' | 'DUPLICATE';
  /** Names of the key columns, an ordered prefix of the columns (§7); empty for a table without keys. */
  readonly keys: readonly string[];
  /** Merge-on-write, only with UNIQUE. */
  readonly mergeOnWrite: boolean;
  readonly distribution: { readonly kind: 'HASH' | 'RANDOM'; readonly columns: readonly string[] };
  readonly buckets: number | 'AUTO';
  readonly properties: ReadonlyMap<string, string>;
  readonly comment: string;
}

export interface Write {
  readonly kind: 'put' | 'delete';
  readonly row: Row;
}

/** One table with its visible rows. Only what a published transaction wrote is in it. */
export class Table {
  readonly definition: TableDefinition;
  #rows: Row[] = [];
  readonly #byKey = new Map<string, Row>();

  constructor(definition: TableDefinition) {
    this.definition = definition;
  }

  /** In no order that anybody may rely on. */
  *rows(): IterableIterator<Row> {
    if (this.definition.model === 'UNIQUE') yield* this.#byKey.values();
    else yield* this.#rows;
  }

  get count(): number {
    return this.definition.model === 'UNIQUE' ? this.#byKey.size : this.#rows.length;
  }

  /** Later writes win over earlier ones with the same key; a DUPLICATE table keeps every row. */
  apply(writes: readonly Write[]): void {
    if (this.definition.model === 'DUPLICATE') {
      for (const { row } of writes) this.#rows.push(row);
      return;
    }
    const { length } = this.definition.keys;
    for (const { kind, row } of writes) {
      const key = JSON.stringify(row.slice(0, length).map(String));
      if (kind === 'put') this.#byKey.set(key, row);
      else this.#byKey.delete(key);
    }
  }

  /** Keeps only the rows for which `keep` holds. */
  retain(keep: (row: Row) => boolean): void {
    this.#rows = this.#rows.filter(keep);
    for (const [key, row] of this.#byKey) if (!keep(row)) this.#byKey.delete(key);
  }
}

/** Databases and their tables, by name. Both are case-sensitive (§7). */
export class Catalogue {
  readonly databases = new Map<string, Map<string, Table>>();

  table(database: string, name: string): Table | undefined {
    return this.databases.get(database)?.get(name);
  }
}

export type TransactionStatus = 'PREPARE' | 'PRECOMMITTED' | 'COMMITTED' | 'VISIBLE' | 'ABORTED';

/** What SHOW TRANSACTION tells (§4). */
export interface TransactionRecord {
  readonly id: number;
  readonly database: string;
  readonly label: string;
  readonly status: TransactionStatus;
  readonly reason: string;
  readonly timeoutMs: number;
  /** Milliseconds since 1970; null where it has not happened. */
  readonly preparedAt: number;
  readonly preCommittedAt: number | null;
  readonly committedAt: number | null;
  readonly publishedAt: number | null;
  readonly finishedAt: number | null;
}

/** The transactions as the MySQL half sees them; the HTTP half owns them. */
export interface TransactionLog {
  /** Newest first. */
  ofLabel(database: string, label: string): readonly TransactionRecord[];
  ofId(database: string, id: number): TransactionRecord | null;
}

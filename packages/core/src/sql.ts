/**
 * One database session, or a pool that runs each statement on any session. Every value comes back
 * as the text that the server sent: nothing passes through a JavaScript number or Date unasked.
 */
export interface SqlExecutor {
  query(text: string, values?: readonly SqlValue[]): Promise<readonly SqlRow[]>;
}

export type SqlValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly string[]
  | readonly number[];

export type SqlRow = { readonly [column: string]: string | null };

/** A database with transactions: the function's statements run on one session, all or none. */
export interface SqlDatabase extends SqlExecutor {
  transaction<T>(work: (sql: SqlExecutor) => Promise<T>): Promise<T>;
}

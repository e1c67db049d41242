/** A row of the target, every value as the text that the server sent. */
export interface TargetRow {
  readonly [column: string]: string | null;
}

/** Statements on the target by the text protocol. An aborted signal may end the statement at once. */
export interface TargetSql {
  query(text: string, signal?: AbortSignal): Promise<readonly TargetRow[]>;
}

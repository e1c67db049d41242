export type FindingLevel = 'error' | 'warning' | 'info';

/** What a preflight has to say: refuse early, name the fix. */
export interface Finding {
  readonly level: FindingLevel;
  /** A stable word, e.g. `row-too-wide`. */
  readonly rule: string;
  /** What it is about: a server, a table, a channel. */
  readonly subject: string;
  readonly reason: string;
  /** What to do, as a statement to run where there is one; empty for an info. */
  readonly fix: string;
}

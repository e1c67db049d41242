/** What differs from process to process and is passed in, so that tests can choose it. */
export interface Host {
  readonly name: string;
  readonly pid: number;
  /** Milliseconds since 1970. */
  now(): number;
  /** A number in [0, 1). */
  random(): number;
  /** A new id that nobody else has. */
  uuid(): string;
}

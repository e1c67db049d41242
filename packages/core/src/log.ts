import type { Json } from './json.ts';

export type LogFields = { readonly [key: string]: Json | undefined };

/** Structured logging. Fields hold names and counts, never values of rows, never secrets. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  child(fields: LogFields): Log;
}

/** Says nothing. */
export const noLog: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => noLog };

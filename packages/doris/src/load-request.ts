import { headerValue } from './http.ts';

/** Where a load goes, and under which label. */
export interface LoadTarget {
  readonly database: string;
  readonly table: string;
  readonly label: string;
}

export interface LoadRequest extends LoadTarget {
  /** Names of the columns, in the order of the body's fields. */
  readonly columns: readonly string[];
  readonly twoPhase: boolean;
  /** What becomes of a row whose key the table has: it is replaced, or deleted, or what `deleteWhen` says. */
  readonly merge: 'append' | 'delete' | { readonly deleteWhen: string };
  readonly compress: 'off' | 'gzip';
  readonly timeoutSeconds: number;
  /** Called when the server is ready for the rows; not called where it refuses before. */
  readonly body: () => AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
}

/**
 * How Drover sends rows, in all versions from 3.0 to 4.1 read as they were written: every value in quotes but
 * NULL, escapes by backslashes, and nothing that does not fit turned into NULL or cut.
 */
const FORMAT: Readonly<Record<string, string>> = {
  format: 'csv',
  column_separator: ',',
  enclose: '"',
  escape: '\\',
  trim_double_quotes: 'true',
  strict_mode: 'true',
  max_filter_ratio: '0',
  timezone: '+00:00',
};

/** The headers that tell a backend what the body is, and what to do with it. */
export function headersOf(request: LoadRequest): Readonly<Record<string, string>> {
  const { merge } = request;
  const columns = request.columns.map((name) => `\`${name.replaceAll('`', '``')}\``).join(',');
  return {
    ...FORMAT,
    Expect: '100-continue',
    label: request.label,
    columns: headerValue(columns),
    timeout: String(request.timeoutSeconds),
    two_phase_commit: request.twoPhase ? 'true' : 'false',
    ...(request.compress === 'off' ? {} : { compress_type: 'gz' }),
    ...mergeHeaders(merge),
  };
}

function mergeHeaders(merge: LoadRequest['merge']): Readonly<Record<string, string>> {
  if (merge === 'append') return {};
  if (merge === 'delete') return { merge_type: 'DELETE' };
  return { merge_type: 'MERGE', delete: headerValue(merge.deleteWhen) };
}

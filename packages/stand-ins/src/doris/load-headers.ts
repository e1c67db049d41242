import type { IncomingHttpHeaders } from 'node:http';
import { NotDescribed } from './refusal.ts';

/** The load headers that the stand-in acts on, and those that change nothing that a client could see (§2). */
const UNDERSTOOD = new Set([
  'label',
  'format',
  'columns',
  'column_separator',
  'line_delimiter',
  'enclose',
  'escape',
  'trim_double_quotes',
  'max_filter_ratio',
  'strict_mode',
  'timezone',
  'time_zone',
  'timeout',
  'merge_type',
  'delete',
  'hidden_columns',
  'two_phase_commit',
  'compress_type',
  'group_commit',
  'comment',
  'exec_mem_limit',
  'send_batch_parallelism',
  'memtable_on_sink_node',
  'load_stream_per_node',
  'enable_profile',
]);

/** What any HTTP client may send along. */
const TRANSPORT = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'authorization',
  'cache-control',
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'pragma',
  'sec-fetch-mode',
  'traceparent',
  'tracestate',
  'transfer-encoding',
  'user-agent',
]);

/**
 * The options of a load, in UTF-8: Doris passes the bytes on, Node reads them as latin1 (§1.2).
 * @throws NotDescribed for a header that Doris has and the stand-in has not, and for one that is not known
 * at all: it would have been misspelt, and Doris would have ignored it.
 */
export function loadHeadersOf(headers: IncomingHttpHeaders): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || TRANSPORT.has(name)) continue;
    if (!UNDERSTOOD.has(name)) throw new NotDescribed(`the load header '${name}'`);
    options.set(name, Buffer.from(String(value), 'latin1').toString('utf8'));
  }
  return options;
}

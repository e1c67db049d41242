import { randomUUID } from 'node:crypto';
import type { CsvFormat } from './csv-lines.ts';
import { parseColumns } from './load-columns.ts';
import { NotDescribed, Refusal } from './refusal.ts';
import type { Generation } from './store.ts';

/** A load as its headers ask for it (§2). */
export interface LoadRequest {
  readonly label: string;
  readonly comment: string;
  readonly csv: CsvFormat;
  /** In the order of the file; null: the table's own columns and then the hidden ones. */
  readonly columns: readonly string[] | null;
  readonly hiddenColumns: readonly string[];
  readonly merge: 'APPEND' | 'DELETE' | 'MERGE';
  /** MERGE: the row is deleted where this column is 1. */
  readonly deleteColumn: string | null;
  readonly strict: boolean;
  readonly maxFilterRatio: number;
  readonly timeoutMs: number;
  readonly twoPhase: boolean;
  readonly compression: 'gz' | null;
}

const LABEL = /^[-_A-Za-z0-9:]{1,128}$/;
const DEFAULT_TIMEOUT_SECONDS = 259_200;
const MAX_TIMEOUT_SECONDS = 259_200;
const OTHER_FORMATS = new Set([
  'csv_with_names',
  'csv_with_names_and_types',
  'json',
  'parquet',
  'orc',
  'arrow',
  'hive_text',
]);

/** @throws Refusal where Doris would refuse; NotDescribed. */
export function parseLoadRequest(
  options: ReadonlyMap<string, string>,
  generation: Generation,
): LoadRequest {
  const groupCommit = groupCommitFault(options);
  if (groupCommit !== null) throw Refusal.ofFrontend(groupCommit);
  const columns = options.get('columns');
  return {
    label: labelOf(options.get('label')),
    comment: options.get('comment') ?? '',
    csv: csvFormatOf(options, generation),
    columns: columns === undefined ? null : parseColumns(columns),
    hiddenColumns: parseHidden(options.get('hidden_columns')),
    ...mergeOf(options),
    strict: strictnessOf(options.get('strict_mode')),
    maxFilterRatio: ratioOf(options.get('max_filter_ratio')),
    timeoutMs: timeoutOf(options.get('timeout')) * 1000,
    twoPhase: options.get('two_phase_commit') === 'true',
    compression: compressionOf(options.get('compress_type')),
  };
}

/** §2: group_commit goes with neither a label nor two phases. @returns the message, null where nothing is wrong. */
export function groupCommitFault(options: ReadonlyMap<string, string>): string | null {
  const mode = options.get('group_commit');
  if (mode === undefined || mode === 'off_mode') return null;
  if (mode !== 'async_mode' && mode !== 'sync_mode') {
    return 'group_commit can only be [async_mode, sync_mode, off_mode]';
  }
  if (options.has('label')) return "label and group_commit can't be set at the same time";
  if (options.get('two_phase_commit') === 'true') {
    return "two_phase_commit and group_commit can't be set at the same time";
  }
  throw new NotDescribed('a load with group_commit');
}

function labelOf(label: string | undefined): string {
  // An empty one is replaced, as a missing one is (§2).
  if (label === undefined || label === '') return randomUUID();
  if (!LABEL.test(label)) {
    throw Refusal.ofFrontend(`Label format error. regex: ${LABEL.source}, but now: ${label}`);
  }
  return label;
}

function csvFormatOf(options: ReadonlyMap<string, string>, generation: Generation): CsvFormat {
  const format = options.get('format') ?? 'csv';
  if (OTHER_FORMATS.has(format)) throw new NotDescribed(`the format '${format}'`);
  if (format !== 'csv') {
    throw new Refusal('INVALID_ARGUMENT', `unknown data format, format=${format}`);
  }
  const delimiter = unescapeSeparator(options.get('line_delimiter') ?? '\\n');
  if (!delimiter.equals(Buffer.from('\n'))) {
    throw new NotDescribed('a line_delimiter other than a line feed');
  }
  const encloseByte = singleByte('enclose', options.get('enclose'));
  const escapeByte = singleByte('escape', options.get('escape'));
  const trimDoubleQuotes = options.get('trim_double_quotes') === 'true';
  if (encloseByte === null && trimDoubleQuotes) {
    throw new NotDescribed('trim_double_quotes without enclose');
  }
  if (encloseByte !== null && encloseByte === escapeByte) {
    throw new NotDescribed(
      'which quotes are lost where enclose and escape are the same (§5 rule 6)',
    );
  }
  const separator = unescapeSeparator(options.get('column_separator') ?? '\\t');
  if (encloseByte !== null && separator.includes(encloseByte)) {
    throw new NotDescribed('a column_separator with the enclosing byte in it');
  }
  return { generation, separator, encloseByte, escapeByte, trimDoubleQuotes };
}

function singleByte(name: string, value: string | undefined): number | null {
  if (value === undefined || value === '') return null;
  const bytes = Buffer.from(value);
  if (bytes.length !== 1) throw new Refusal('INVALID_ARGUMENT', `${name} must be single-char`);
  return bytes[0] ?? null;
}

/** §2: `\x01\x02` as bytes, or text with `\t \n \r \\ \" \'`. */
function unescapeSeparator(text: string): Buffer {
  if (/^(\\x[0-9a-f]{2})+$/i.test(text)) return Buffer.from(text.replaceAll('\\x', ''), 'hex');
  const plain = text.replaceAll(/\\(.?)/gs, (_, escaped: string) => {
    const meant = { t: '\t', n: '\n', r: '\r', '\\': '\\', '"': '"', "'": "'" }[escaped];
    if (meant === undefined) throw new NotDescribed(`the separator '${text}'`);
    return meant;
  });
  if (plain === '') throw new NotDescribed('an empty separator');
  return Buffer.from(plain);
}

function parseHidden(header: string | undefined): readonly string[] {
  if (header === undefined) return [];
  if (header.toUpperCase() !== '__DORIS_DELETE_SIGN__') {
    throw new NotDescribed(`hidden_columns with '${header}'`);
  }
  return [header];
}

function mergeOf(
  options: ReadonlyMap<string, string>,
): Pick<LoadRequest, 'merge' | 'deleteColumn'> {
  const merge = options.get('merge_type') ?? 'APPEND';
  const condition = options.get('delete');
  if (merge !== 'APPEND' && merge !== 'DELETE' && merge !== 'MERGE') {
    throw new Refusal('INVALID_ARGUMENT', `Invalid merge type ${merge}`);
  }
  if (merge !== 'MERGE') {
    if (condition !== undefined) throw new NotDescribed('the header delete without MERGE');
    return { merge, deleteColumn: null };
  }
  if (condition === undefined) {
    throw new Refusal('INVALID_ARGUMENT', 'Excepted DELETE ON clause when merge type is MERGE.');
  }
  const [, name] = /^\s*(.+?)\s*=\s*1\s*$/.exec(condition) ?? [];
  const [column, ...others] = name === undefined ? [] : parseColumns(name);
  if (column === undefined || others.length > 0) {
    throw new NotDescribed(`the condition '${condition}' in the header delete`);
  }
  return { merge, deleteColumn: column };
}

function strictnessOf(text: string | undefined): boolean {
  if (text === undefined || text === 'false') return false;
  if (text === 'true') return true;
  throw new Refusal('INVALID_ARGUMENT', 'Invalid strict mode format. Must be bool type');
}

function ratioOf(text: string | undefined): number {
  if (text === undefined) return 0;
  const ratio = Number(text);
  if (text.trim() === '' || !(ratio >= 0 && ratio <= 1)) {
    throw new Refusal('INVALID_ARGUMENT', `max_filter_ratio must be between 0 and 1: ${text}`);
  }
  return ratio;
}

function timeoutOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_TIMEOUT_SECONDS;
  const seconds = Number(text);
  if (!/^\d+$/.test(text) || seconds < 1 || seconds > MAX_TIMEOUT_SECONDS) {
    throw Refusal.ofFrontend(`timeout must be between 1 and ${MAX_TIMEOUT_SECONDS}: ${text}`);
  }
  return seconds;
}

function compressionOf(type: string | undefined): 'gz' | null {
  if (type === undefined || type === '') return null;
  if (type !== 'gz') throw new NotDescribed(`compress_type '${type}'`);
  return 'gz';
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { WarehouseGround } from './warehouse-ground.ts';
import type { Span } from './warehouse-moves.ts';
import { SCHEMA, TABLES } from './warehouse-tables.ts';

/** What Doris reads as it was written, in all versions. */
const COPY_FORMAT = `format csv, delimiter ',', quote '"', escape '\\', null '\\N', force_quote *, encoding 'UTF8'`;

const HEADERS: readonly string[] = [
  'Expect: 100-continue',
  'format: csv',
  'column_separator: ,',
  'enclose: "',
  'escape: \\',
  'trim_double_quotes: true',
  'strict_mode: true',
  'max_filter_ratio: 0',
];

const SCRIPT = `set -o pipefail; psql -X -q -c "$1" "$2" | curl -sS -T - "\${@:4}" "$3"`;

/** `COPY` of a person who knows the table. */
export function handWrittenCopy({ table, from, to }: Span): string {
  const { select } = TABLES[table];
  return `copy (select ${select} from ${SCHEMA}.${table} where id >= ${from} and id < ${to}) to stdout with (${COPY_FORMAT})`;
}

/**
 * The same rows by hand: `psql` into `curl`, straight to a backend, without a label of their own.
 * @returns bytes that were loaded.
 * @throws Error where one of the programs is missing or fails.
 */
export async function pipe(ground: WarehouseGround, span: Span): Promise<number> {
  const { be, user } = ground.sink;
  const target = `${be}/api/${SCHEMA}/${span.table}/_stream_load`;
  const options = HEADERS.flatMap((header) => ['-H', header]);
  const child = spawn(
    'bash',
    ['-c', SCRIPT, 'pipe', handWrittenCopy(span), ground.url, target, '-u', `${user}:`].concat(
      options,
    ),
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const exit = once(child, 'exit');
  const answer = await text(child.stdout);
  const [code] = (await exit) as [number | null];
  if (code !== 0) throw new Error(`psql | curl ended with ${code}`);
  const { Status, LoadBytes } = JSON.parse(answer) as { Status: string; LoadBytes: number };
  if (Status !== 'Success') throw new Error(`psql | curl was answered ${answer}`);
  return LoadBytes;
}

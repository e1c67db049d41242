import type { SqlExecutor } from '@drover/core';
import { arrayLiteral, identifier, literal, qualifiedName } from '@drover/postgres';
import { type Hashing, timeHash, valueHash } from './hashing.ts';
import { type Span, spanPredicate } from './range.ts';
import type { SourceTable, ValueColumn } from './source-table.ts';
import type { PivotSpec } from './spec.ts';
import type { TargetTable } from './target-table.ts';

/**
 * Digests for verification. Shares no expression with the mover: a value's hash is seeded with the hash
 * of its time, and hashes are summed, so that neither order nor equal pairs can hide anything.
 */

/** Values of a channel (of one format, on the source's side): how many, and the sum of their hashes. */
export interface Digest {
  readonly count: number;
  readonly sum: bigint;
}

export const NO_DIGEST: Digest = { count: 0, sum: 0n };

export interface SourceDigest extends Digest {
  readonly ship: string;
  readonly channel: string;
  /** Index of the value column; null where the row's format names none of them. */
  readonly value: number | null;
  /** Rows, those without a value included. */
  readonly rows: number;
}

/** How many columns one query digests. Source: a select list has at most 1,664 entries. */
const COLUMNS_PER_QUERY = 800;

/** `set local`: digests by hash table, which fits into this for some ten thousand channels. */
export const DIGEST_SETTINGS =
  "set local jit = off; set local max_parallel_workers_per_gather = 0; set local work_mem = '16MB'";

/**
 * How values of a value column stand to a wide column: `digest` where the digests can be compared as they
 * are, `cells` where the column takes them in another form than they were digested in, `foreign` where it
 * takes none of them.
 */
export function comparison(
  value: ValueColumn,
  columnType: string,
  spec: PivotSpec,
): 'digest' | 'cells' | 'foreign' {
  if (columnType !== 'text' && digestType(value, 'native') !== columnType) return 'foreign';
  return digestType(value, spec.target.columnType) === columnType ? 'digest' : 'cells';
}

/** The type as which a value column is digested on the source's side. */
function digestType(value: ValueColumn, columnType: PivotSpec['target']['columnType']): string {
  if (columnType === 'text') return 'text';
  return /^(character|bpchar|"char"|name|citext)/.test(value.type) ? 'text' : value.type;
}

/** One row per ship, channel and format. */
export async function digestSource(
  sql: SqlExecutor,
  place: { table: SourceTable; spec: PivotSpec; span: Span; hashing: Hashing },
): Promise<SourceDigest[]> {
  const { table, spec, span, hashing } = place;
  const { entity, channel, time, format, values } = table.columns;
  const seed = timeHash(hashing, identifier(time.name));
  const byFormat = (make: (value: ValueColumn) => string) =>
    values
      .map(
        (value) => `when ${identifier(format.name)} = ${literal(value.format)} then ${make(value)}`,
      )
      .join(' ');
  const hash = byFormat((value) =>
    valueHash(hashing, identifier(value.name), digestType(value, spec.target.columnType), seed),
  );
  const present = byFormat((value) => `${identifier(value.name)} is not null`);
  const rows = await sql.query(
    `select ${identifier(entity.name)}::text as ship, ${identifier(channel.name)}::text as channel,
            ${identifier(format.name)}::text as format, count(*) as rows,
            count(*) filter (where case ${present} else false end) as count,
            coalesce(sum(case ${hash} end), 0) as sum
     from ${distinctRows(table, spec, span)} as moved
     group by ${identifier(entity.name)}, ${identifier(channel.name)}, ${identifier(format.name)}`,
  );
  return rows.map((row) => {
    const index = values.findIndex((value) => value.format === row['format']);
    return {
      ship: row['ship'] ?? '',
      channel: row['channel'] ?? '',
      value: index === -1 ? null : index,
      rows: Number(row['rows']),
      count: Number(row['count']),
      sum: BigInt(row['sum'] ?? 0),
    };
  });
}

/** The rows of a span, one per ship, channel and time, as the file's rule for duplicates chooses them. */
export function distinctRows(
  table: SourceTable,
  spec: Pick<PivotSpec, 'duplicates'>,
  span: Span,
): string {
  const { entity, channel, time, order } = table.columns;
  const from = qualifiedName(table.schema, table.name);
  const where = [
    `${identifier(entity.name)} = any (${arrayLiteral(span.ships, entity.type)})`,
    `${identifier(channel.name)} is not null`,
    `${identifier(time.name)} is not null`,
    ...(span.from === null
      ? []
      : [`${identifier(time.name)} >= ${literal(span.from)}::${time.type}`]),
    ...(span.to === null ? [] : [`${identifier(time.name)} < ${literal(span.to)}::${time.type}`]),
  ].join(' and ');
  // A view has no row versions: nothing of it is ever called stale.
  const version = table.description.kind === 'view' ? "''::text" : 'xmin';
  if (table.unique) return `(select *, ${version} as drover_xmin from ${from} where ${where})`;
  const key = [entity, channel, time].map((column) => identifier(column.name)).join(', ');
  if (spec.duplicates === 'reject') {
    return `(select * from (select *, ${version} as drover_xmin, count(*) over (partition by ${key}) as drover_times from ${from} where ${where}) counted where drover_times = 1)`;
  }
  const direction = spec.duplicates === 'last' ? 'desc' : 'asc';
  return `(select distinct on (${key}) *, ${version} as drover_xmin from ${from} where ${where} order by ${key}, ${identifier(order)} ${direction})`;
}

export interface TargetDigest {
  readonly rows: number;
  /** Rows whose cells are all NULL. */
  readonly emptyRows: number;
  readonly columns: ReadonlyMap<string, Digest>;
}

export async function digestTarget(
  sql: SqlExecutor,
  place: {
    schema: string;
    table: TargetTable;
    time: { name: string; type: string };
    span: Pick<Span, 'from' | 'to'>;
    hashing: Hashing;
  },
): Promise<TargetDigest> {
  const { schema, table, time, span, hashing } = place;
  const from = qualifiedName(schema, table.name);
  const where = spanPredicate(span, identifier(time.name), time.type);
  const channels = table.columns.filter((column) => column.name !== time.name);
  const columns = new Map<string, Digest>();
  for (let at = 0; at < channels.length; at += COLUMNS_PER_QUERY) {
    const batch = channels.slice(at, at + COLUMNS_PER_QUERY);
    const list = batch.map(({ name, type }, index) => {
      const hash = valueHash(hashing, identifier(name), type, 'drover_seed');
      return `count(${identifier(name)}) as c${index}, coalesce(sum(${hash}), 0) as s${index}`;
    });
    const [row] = await sql.query(
      `select ${list.join(', ')} from (select *, ${timeHash(hashing, identifier(time.name))} as drover_seed from ${from} where ${where}) as wide`,
    );
    for (const [index, { name }] of batch.entries()) {
      columns.set(name, {
        count: Number(row?.[`c${index}`]),
        sum: BigInt(row?.[`s${index}`] ?? 0),
      });
    }
  }
  const [counts] = await sql.query(
    `select count(*) as rows, count(*) filter (where ${emptyRowSql(channels)}) as empty from ${from} where ${where}`,
  );
  return { rows: Number(counts?.['rows']), emptyRows: Number(counts?.['empty']), columns };
}

/** True for a wide row without a value. */
export function emptyRowSql(columns: readonly { name: string }[]): string {
  if (columns.length === 0) return 'true';
  return `coalesce(${columns.map(({ name }) => `${identifier(name)}::text`).join(', ')}) is null`;
}

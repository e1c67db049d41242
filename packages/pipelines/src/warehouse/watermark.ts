import { DroverError, type SqlExecutor } from '@drover/core';
import { identifier, literal, qualifiedName } from '@drover/postgres';
import type { SourceColumn } from './source-table.ts';

/** Up to where a watermark column can be followed without missing what has not been committed yet. */
export type Horizon =
  | {
      readonly kind: 'at';
      /** As the column prints its values. Never falls from one reading to the next. */
      readonly bound: string;
      /** Start of the oldest transaction that is open, in UTC; null where none is. It holds the bound back. */
      readonly openSince: string | null;
    }
  /** It cannot be told; the next reading may tell. */
  | { readonly kind: 'stalled'; readonly why: string };

/** Bounds as `readHorizon` gave them. */
export interface ChangeSpan {
  readonly from: string;
  readonly to: string;
}

/** How far a column was followed, as the ledger keeps it and people read it. */
export function printWatermark(column: SourceColumn, bound: string): string {
  return `${bound}${markOf(column)}`;
}

/** The bound; null where another column was followed, or one of another type: that says nothing about this one. */
export function readWatermark(column: SourceColumn, watermark: string): string | null {
  const mark = markOf(column);
  return watermark.endsWith(mark) ? watermark.slice(0, -mark.length) : null;
}

const markOf = ({ name, type }: SourceColumn): string => ` by ${name} (${type.printed})`;

/**
 * The bound below which a column that is set to the time of the transaction holds all that it ever will: below
 * the start of every transaction that is open in the source's database, and below the present, both less the
 * margin. Read it before the snapshot that reads the rows. What is missed there belongs to a transaction that
 * ends later: it began before this reading, and is counted, or after it.
 *
 * It rests on the column being set to `now()` or later by every insert and update. The margin, in
 * microseconds, is for the moment between the start of a transaction and its being told to others. A timestamp
 * without time zone is taken to be in the time zone that the server gives to Drover's role, a date too.
 * @throws DroverError FILE_INVALID for a column that is no moment; PERMISSION_DENIED where the role may not see
 *   the transactions of others; UNSUPPORTED on a standby, which does not know those of its primary.
 */
export async function readHorizon(
  sql: SqlExecutor,
  table: { readonly schema: string; readonly name: string },
  column: SourceColumn,
  marginMicros: bigint,
): Promise<Horizon> {
  refuseNoMoment(table, column);
  // The present is read in a statement of its own, before the transactions are looked at, which are looked at
  // anew even within a transaction that has seen them before.
  const [present] = await sql.query(
    `select clock_timestamp() as now, pg_is_in_recovery() as standby, current_user as role,
            pg_has_role('pg_read_all_stats', 'usage') as sees_all, pg_stat_clear_snapshot() as forgotten`,
  );
  if (present?.['standby'] === 't') throw onStandby();
  if (present?.['sees_all'] !== 't') throw blind(present?.['role'] ?? '');
  const [open] = await sql.query(
    `select min(xact_start) as since, min(pid) filter (where state = 'disabled') as silent
     from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
       and backend_type is distinct from 'autovacuum worker'`,
  );
  if (open?.['silent'] != null) {
    return {
      kind: 'stalled',
      why: `session ${open['silent']} of the source does not tell when its transaction began (track_activities is off)`,
    };
  }
  // After the sessions: a transaction that is prepared meanwhile is seen in one of the two places.
  const [prepared] = await sql.query(
    'select min(gid) as gid from pg_prepared_xacts where database = current_database()',
  );
  if (prepared?.['gid'] != null) {
    return {
      kind: 'stalled',
      why: `the source holds the prepared transaction ${prepared['gid']}, of which nobody knows when it began; commit it or roll it back`,
    };
  }
  const openSince = open?.['since'] ?? null;
  const bound = await boundOf(sql, column, { now: present['now'] ?? '', openSince, marginMicros });
  return { kind: 'at', bound, openSince };
}

/**
 * The rows that changed from one horizon up to another, over the source's table under an alias. A row without
 * a watermark is among them every time, as nobody knows when it changed.
 */
export function changedPredicate(
  column: SourceColumn,
  { from, to }: ChangeSpan,
  alias: string,
): string {
  const place = `${alias}.${identifier(column.name)}`;
  const type = qualifiedName(column.type.schema, column.type.name);
  const span = `${place} >= ${literal(from)}::${type} and ${place} < ${literal(to)}::${type}`;
  return column.notNull ? span : `(${span} or ${place} is null)`;
}

const MOMENTS = new Set(['timestamptz', 'timestamp', 'date']);

/** A number is given out before its transaction ends, and says nothing about when that will be. */
function refuseNoMoment(
  table: { readonly schema: string; readonly name: string },
  { name, type }: SourceColumn,
): void {
  if (type.schema === 'pg_catalog' && MOMENTS.has(type.name)) return;
  throw new DroverError('FILE_INVALID', {
    message: `tables: the watermark ${name} of ${table.schema}.${table.name} is ${type.printed}. Only of a moment can be told up to where it is complete: a number may be taken by a transaction that ends after later ones.`,
    hint: 'Name a column of type timestamptz, timestamp or date that a trigger sets to now(); or leave the watermark out and run the migration in full.',
  });
}

function onStandby(): DroverError {
  return new DroverError('UNSUPPORTED', {
    message:
      'The source is a standby, on which the open transactions of its primary cannot be seen: changes could be missed.',
    hint: 'Give the primary as source.connection for `drover sync`.',
  });
}

function blind(role: string): DroverError {
  return new DroverError('PERMISSION_DENIED', {
    message: `The role ${role} of the source may not see since when the transactions of others are open: changes could be missed.`,
    hint: `Run in the source: grant pg_read_all_stats to ${identifier(role)};`,
  });
}

/**
 * In a time zone whose clocks are put back, a later moment can have an earlier time of day: the earliest of
 * the day to come is taken, looked for at the quarters of an hour at which clocks are changed. Columns with
 * fewer digits than microseconds round, down too, by less than a second.
 */
async function boundOf(
  sql: SqlExecutor,
  { type }: SourceColumn,
  of: { now: string; openSince: string | null; marginMicros: bigint },
): Promise<string> {
  const rounding = type.scale !== null && type.scale < 6 ? 1_000_000n : 0n;
  const [row] = await sql.query(
    `with safe as (
       select least($1::timestamptz, $2::timestamptz) - $3::int8 * interval '1 microsecond' as moment,
              reset_val as zone from pg_settings where name = 'TimeZone'),
     ahead as (
       select moment at time zone zone as local from safe
       union all
       select quarter at time zone zone from safe,
         generate_series(date_trunc('hour', moment), moment + interval '1 day', interval '15 minutes') quarter
       where quarter >= moment)
     select moment, (select min(local) from ahead) as local, (select min(local)::date from ahead) as day
     from safe`,
    [of.now, of.openSince, of.marginMicros + rounding],
  );
  const bound = { timestamptz: row?.['moment'], timestamp: row?.['local'], date: row?.['day'] }[
    type.name
  ];
  if (bound == null) throw new TypeError(`no horizon for ${type.printed}`);
  return bound;
}

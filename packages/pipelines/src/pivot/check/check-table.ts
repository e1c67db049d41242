import type { Finding } from '@drover/core';
import {
  identifier,
  qualifiedName,
  type TableColumn,
  type TableDescription,
} from '@drover/postgres';
import { nativeType, newColumnType } from '../column-type.ts';
import { MAX_COLUMNS } from '../row-width.ts';
import type { SchemaSample } from '../schema-sample.ts';
import type { CheckFacts } from './check.ts';

/** Columns that should be left for channels still to come. */
const SPARE_COLUMNS = 50;

/** @returns whether Drover can read and change the table. */
export async function* checkTableRights(
  { parts, target }: CheckFacts,
  found: TableDescription,
): AsyncGenerator<Finding, boolean> {
  const subject = `target ${found.schema}.${found.name}`;
  const name = qualifiedName(found.schema, found.name);
  if (found.kind !== 'table' && found.kind !== 'partitioned') {
    yield {
      level: 'error',
      rule: 'table-conflict',
      subject,
      reason: `is ${found.kind === 'view' ? 'a view' : 'something else'}, not a table`,
      fix:
        found.kind === 'view'
          ? `Rename it away: alter view ${name} rename to ${identifier(`${found.name.slice(0, 55)}_old`)};`
          : `Rename ${name} away, or change target.table, now ${parts.spec.target.table}.`,
    };
    return false;
  }
  const [owner] = await parts.target.query(
    `select pg_has_role(relowner, 'usage') as owned from pg_class where oid = $1::oid`,
    [found.oid],
  );
  if (owner?.['owned'] === 't') return true;
  yield {
    level: 'error',
    rule: 'right-missing',
    subject,
    reason: `role ${target.role} does not own the table and cannot add columns to it`,
    fix: `alter table ${name} owner to ${identifier(target.role)};`,
  };
  return false;
}

interface ExistingTable {
  readonly found: TableDescription;
  readonly ship: string;
  readonly group: number;
  readonly sample: SchemaSample | null;
}

/** Whether a table that is there already can take the rows of its ship. */
export async function* checkTable(
  facts: CheckFacts,
  existing: ExistingTable,
): AsyncGenerator<Finding> {
  const { found } = existing;
  const { name: timeName, type: timeType } = facts.table.columns.time;
  const subject = `target ${found.schema}.${found.name}`;
  const name = qualifiedName(found.schema, found.name);
  yield* checkTriggers(facts, found, subject);
  const time = found.columns.find((column) => column.name === timeName);
  if (time?.type !== timeType) {
    yield {
      level: 'error',
      rule: 'table-conflict',
      subject,
      reason: `has no column ${timeName} of type ${timeType}${time === undefined ? '' : `; it is ${time.type}`}`,
      fix: `Rename it away, or recreate it with --drop-tables: alter table ${name} rename to ${identifier(`${found.name.slice(0, 55)}_old`)};`,
    };
    return;
  }
  if (!found.indexes.some((index) => index.whole && index.columns[0] === timeName)) {
    yield {
      level: 'warning',
      rule: 'target-index-missing',
      subject,
      reason: `no index leads with ${timeName}: replacing a chunk reads the whole table`,
      fix: `create unique index ${found.kind === 'partitioned' ? '' : 'concurrently '}on ${name} (${identifier(timeName)});`,
    };
  }
  yield* checkColumns(
    facts,
    existing,
    found.columns.filter((column) => column !== time),
  );
}

async function* checkTriggers(
  { parts }: CheckFacts,
  found: TableDescription,
  subject: string,
): AsyncGenerator<Finding> {
  const triggers = await parts.target.query(
    `select tgname as name from pg_trigger where tgrelid = $1::oid and not tgisinternal order by 1`,
    [found.oid],
  );
  if (triggers.length === 0) return;
  const names = triggers.map((row) => row['name'] ?? '');
  const table = qualifiedName(found.schema, found.name);
  yield {
    level: 'warning',
    rule: 'table-triggers',
    subject,
    reason: `has ${names.length} triggers (${names.join(', ')}), which run for every row that is moved`,
    fix: `If that is not meant: ${names.map((name) => `alter table ${table} disable trigger ${identifier(name)};`).join(' ')}`,
  };
}

function* checkColumns(
  facts: CheckFacts,
  { found, ship, group, sample }: ExistingTable,
  columns: readonly TableColumn[],
): Generator<Finding> {
  const { layout, spec } = facts.parts;
  const subject = `target ${found.schema}.${found.name}`;
  const change = (column: TableColumn, what: string) =>
    `alter table ${qualifiedName(found.schema, found.name)} alter column ${identifier(column.name)} ${what};`;
  const known = facts.channels.get(ship) ?? [];
  const channels = new Set(known);
  const types = new Set(['text', ...facts.table.columns.values.map(nativeType)]);
  const own = columns.filter((column) => channels.size === 0 || channels.has(column.name));
  const foreign = columns.filter((column) => !own.includes(column));

  const odd = own.filter((column) => !types.has(column.type));
  if (odd.length > 0) {
    yield {
      level: 'error',
      rule: 'table-conflict',
      subject,
      reason: `${odd.map((column) => `column ${column.name} is ${column.type}`).join(', ')}, which holds no value of the source exactly`,
      fix: `Recreate it with --drop-tables, or: ${odd.map((column) => change(column, 'type text')).join(' ')}`,
    };
  }
  const formats = formatsOf(sample, ship);
  const narrow = own.filter((column) => {
    const wanted = formats.get(column.name);
    if (wanted === undefined || column.type === 'text' || odd.includes(column)) return false;
    return newColumnType(spec.target.columnType, facts.table, wanted) !== column.type;
  });
  if (narrow.length > 0) {
    yield {
      level: 'warning',
      rule: 'column-type-differs',
      subject,
      reason: `${narrow.map((column) => `column ${column.name} is ${column.type}, its values are ${formats.get(column.name)?.join(', ')}`).join('; ')}: what it cannot hold becomes a reject`,
      fix: narrow.map((column) => change(column, 'type text')).join(' '),
    };
  }
  const strict = columns.filter((column) => column.notNull || column.generated);
  if (strict.length > 0) {
    const loosen = strict.map((column) => change(column, 'drop not null')).join(' ');
    yield {
      level: 'error',
      rule: 'table-conflict',
      subject,
      reason: `${strict.map((column) => `column ${column.name} is ${column.generated ? 'computed by the server' : 'NOT NULL'}`).join(', ')}: rows cannot be stored as the source has them`,
      fix: `Recreate it with --drop-tables${strict.some((column) => column.generated) ? '.' : `, or: ${loosen}`}`,
    };
  }
  if (foreign.length > 0) {
    yield {
      level: 'warning',
      rule: 'columns-without-channel',
      subject,
      reason: `has columns that are no channel of ship ${ship} (${foreign
        .slice(0, 3)
        .map((column) => column.name)
        .join(', ')}); in the moved range they become NULL`,
      fix: 'Move columns of your own to another table.',
    };
  }
  const has = new Set(columns.map((column) => column.name));
  const missing = known.filter((channel) => {
    const home = layout.home(channel);
    return home.kind === 'group' && home.group === group && !has.has(channel);
  });
  const needed = found.attributesUsed + missing.length;
  if (needed + SPARE_COLUMNS > MAX_COLUMNS) {
    yield {
      level: needed > MAX_COLUMNS ? 'error' : 'warning',
      rule: 'too-many-columns',
      subject,
      reason: `has used ${found.attributesUsed} of ${MAX_COLUMNS} columns, dropped ones included, and ${missing.length} are to be added`,
      fix: 'Recreate the table with --drop-tables, or spread the channels over more groups.',
    };
  }
}

/** The formats that the channels of a ship have in the sample. */
function formatsOf(sample: SchemaSample | null, ship: string): Map<string, string[]> {
  const formats = new Map<string, string[]>();
  for (const one of sample?.channels ?? []) {
    if (one.ship !== ship || one.format === null || one.mismatches === one.rows) continue;
    formats.set(one.channel, [...(formats.get(one.channel) ?? []), one.format]);
  }
  return formats;
}

import type { Finding } from '@drover/core';
import { identifier, qualifiedName } from '@drover/postgres';
import { checkRowSecurity } from '../../check/check-row-security.ts';
import type { PivotParts } from '../parts.ts';
import type { SourceTable } from '../source-table.ts';

/**
 * Rights, row security, indexes and keys of the narrow table.
 * @returns whether the role can read all of it: else looking at its rows would only fail.
 */
export async function* checkSource(
  parts: PivotParts,
  table: SourceTable,
  role: string,
): AsyncGenerator<Finding, boolean> {
  const subject = `source ${table.schema}.${table.name}`;
  let readable = true;
  for await (const finding of checkReading(parts, table, { role, subject })) {
    readable = false;
    yield finding;
  }
  if (table.description.kind === 'view') {
    yield {
      level: 'warning',
      rule: 'source-is-view',
      subject,
      reason: 'the source is a view: indexes, keys and row versions of its tables are not seen',
      fix: `Name its table in source.schema and source.table, or expect slower chunks ordered by ${table.columns.order}.`,
    };
  } else {
    yield* checkIndexes(table, subject);
  }
  yield* checkDuplicates(parts, table, subject);
  return readable;
}

async function* checkReading(
  parts: PivotParts,
  table: SourceTable,
  of: { role: string; subject: string },
): AsyncGenerator<Finding> {
  const name = qualifiedName(table.schema, table.name);
  const role = identifier(of.role);
  const [rights] = await parts.source.query(
    // By oid: looking the name up would need the right on the schema that is asked about.
    `select has_schema_privilege(relnamespace, 'usage') as schema, has_table_privilege(oid, 'select') as read
     from pg_class where oid = $1::oid`,
    [table.description.oid],
  );
  const grants = [
    ...(rights?.['schema'] === 't'
      ? []
      : [`grant usage on schema ${identifier(table.schema)} to ${role};`]),
    ...(rights?.['read'] === 't' ? [] : [`grant select on ${name} to ${role};`]),
  ];
  if (grants.length > 0) {
    yield {
      level: 'error',
      rule: 'right-missing',
      subject: of.subject,
      reason: `role ${of.role} may not read the table`,
      fix: grants.join(' '),
    };
  }
  yield* checkRowSecurity(parts.source, { ...of, oid: table.description.oid });
}

function* checkIndexes(table: SourceTable, subject: string): Generator<Finding> {
  const { entity, channel, time } = table.columns;
  if (!table.timeIndex) {
    yield {
      level: 'warning',
      rule: 'index-missing',
      subject,
      reason: `no index leads with ${time.name}: each chunk of each ship is sorted by the source, several times slower`,
      fix: createIndex(table, `${identifier(time.name)} desc`),
    };
  }
  const loose = [entity, channel].filter(
    ({ name }) =>
      table.description.columns.find((column) => column.name === name)?.bytewise === false,
  );
  if (loose.length > 0) {
    yield {
      level: 'warning',
      rule: 'collation-loose',
      subject,
      reason: `the collation of ${loose.map((column) => column.name).join(' and ')} takes unlike ids for the same, so that no index on it tells ids apart: the channels of a chunk are found by reading it twice`,
      fix: `alter table ${qualifiedName(table.schema, table.name)} ${loose
        .map(({ name, type }) => `alter ${identifier(name)} type ${plainType(type)} collate "C"`)
        .join(', ')};`,
    };
  } else if (!table.pairIndex) {
    yield {
      level: 'warning',
      rule: 'index-missing',
      subject,
      reason: `no index leads with ${entity.name}, ${channel.name}: the channels of a chunk are found by reading it twice`,
      fix: createIndex(table, pairColumns(table)),
    };
  }
}

/** citext compares loosely under any collation. */
function plainType(type: string): string {
  return type.endsWith('citext') ? 'text' : type;
}

function* checkDuplicates(
  parts: PivotParts,
  table: SourceTable,
  subject: string,
): Generator<Finding> {
  if (table.unique) return;
  const { duplicates } = parts.spec;
  const { order } = table.columns;
  if (duplicates !== 'reject' && !table.orderable) {
    yield {
      level: 'error',
      rule: 'duplicates-unordered',
      subject,
      reason: `no key forbids duplicates, and there is no column "${order}" that says which of them is ${duplicates}`,
      fix: `Name one of its columns in source.columns.order (${table.description.columns.map((one) => one.name).join(', ')}), or set duplicates: reject.`,
    };
  } else {
    yield {
      level: 'warning',
      rule: 'duplicates-possible',
      subject,
      reason: `no key forbids rows of the same ship, channel and time; of several, ${duplicates === 'reject' ? 'all become rejects' : `the ${duplicates} by ${order} counts`}`,
      fix:
        table.description.kind === 'view'
          ? 'Move the table that the view reads, if it has a key on ship, channel and time.'
          : createIndex(table, pairColumns(table), 'unique '),
    };
  }
}

function pairColumns({ columns: { entity, channel, time } }: SourceTable): string {
  return [entity, channel, time].map((column) => identifier(column.name)).join(', ');
}

/** Postgres makes no index of a partitioned table concurrently. */
function createIndex(table: SourceTable, columns: string, unique = ''): string {
  const how = table.description.kind === 'partitioned' ? '' : 'concurrently ';
  return `create ${unique}index ${how}on ${qualifiedName(table.schema, table.name)} (${columns});`;
}

import type { Finding } from '@drover/core';
import { identifier, qualifiedName } from '@drover/postgres';
import type { PivotParts } from '../parts.ts';
import type { SourceTable } from '../source-table.ts';

/** Rights, row security, indexes and keys of the narrow table. */
export async function* checkSource(parts: PivotParts, table: SourceTable): AsyncGenerator<Finding> {
  const name = qualifiedName(table.schema, table.name);
  const subject = `source ${table.schema}.${table.name}`;
  const [rights] = await parts.source.query(
    `select has_schema_privilege($1, 'usage') as schema, has_table_privilege($2::regclass, 'select') as read,
            row_security_active($2::regclass) as hidden`,
    [table.schema, name],
  );
  if (rights?.['schema'] !== 't' || rights['read'] !== 't') {
    yield {
      level: 'error',
      rule: 'right-missing',
      subject,
      reason: 'the role may not read the table',
      fix: `grant usage on schema ${identifier(table.schema)} to ROLE; grant select on ${name} to ROLE;`,
    };
    return;
  }
  if (rights['hidden'] === 't') {
    yield {
      level: 'error',
      rule: 'row-security',
      subject,
      reason:
        'row security would hide rows from this role; Drover refuses to move a part unknowingly',
      fix: 'alter role ROLE bypassrls; or connect as the owner of the table',
    };
  }
  const { entity, channel, time, order } = table.columns;
  if (!table.timeIndex) {
    yield {
      level: 'warning',
      rule: 'index-missing',
      subject,
      reason: `no index leads with ${time.name}: each chunk of each ship is sorted by the source, several times slower`,
      fix: `create index concurrently on ${name} (${identifier(time.name)} desc);`,
    };
  }
  if (!table.pairIndex) {
    yield {
      level: 'warning',
      rule: 'index-missing',
      subject,
      reason: `no index leads with ${entity.name}, ${channel.name}: the channels of a chunk are found by reading it twice`,
      fix: `create index concurrently on ${name} (${identifier(entity.name)}, ${identifier(channel.name)}, ${identifier(time.name)});`,
    };
  }
  yield* checkDuplicates(parts, table, subject);
  if (table.description.kind === 'view') {
    yield {
      level: 'warning',
      rule: 'source-is-view',
      subject,
      reason: 'the source is a view: indexes, keys and row versions of its tables are not seen',
      fix: `Name the table itself, or expect slower chunks ordered by ${order}.`,
    };
  }
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
      fix: 'Name a column in source.columns.order, or set duplicates: reject.',
    };
  } else {
    yield {
      level: 'warning',
      rule: 'duplicates-possible',
      subject,
      reason: `no key forbids rows of the same ship, channel and time; of several, ${duplicates === 'reject' ? 'all become rejects' : `the ${duplicates} by ${order} counts`}`,
      fix: 'A unique key on ship, channel and time makes chunks faster.',
    };
  }
}

import type { Finding } from '@drover/core';
import { describeTable, identifier, qualifiedName, type TableDescription } from '@drover/postgres';
import { nativeType } from '../column-type.ts';
import type { CheckFacts } from './check.ts';
import { MAX_COLUMNS } from './check-layout.ts';

/** Rights on the target, and what it already holds. */
export async function* checkTarget(facts: CheckFacts): AsyncGenerator<Finding> {
  yield* checkRights(facts);
  const { layout, spec } = facts.parts;
  const channels = new Set(facts.channels);
  let tables = 0;
  let bytes = 0;
  let rows = 0;
  for (const ship of facts.ships) {
    for (const group of layout.groups.keys()) {
      const name = layout.tableName(ship, group);
      const found = await describeTable(facts.parts.target, spec.target.schema, name);
      if (found === null) continue;
      tables += 1;
      bytes += found.bytes;
      rows += found.estimatedRows ?? 0;
      if (facts.context.options.dropTables !== true) yield* checkTable(facts, found, channels);
    }
  }
  if (tables === 0) return;
  const dropped = facts.context.options.dropTables === true;
  yield {
    level: 'warning',
    rule: 'target-not-empty',
    subject: `target schema ${spec.target.schema}`,
    reason: `holds ${tables} of the tables already, ${(bytes / 1e6).toFixed(0)} MB, some ${rows} rows; ${dropped ? 'they are dropped' : 'rows of the moved range are replaced'}`,
    fix: 'Make sure that this is meant.',
  };
}

async function* checkRights(facts: CheckFacts): AsyncGenerator<Finding> {
  const { target } = facts.parts;
  for (const schema of new Set([facts.parts.spec.target.schema, 'drover'])) {
    const [rights] = await target.query(
      `select exists (select 1 from pg_namespace where nspname = $1) as present,
              has_database_privilege(current_database(), 'create') as may_create,
              (select has_schema_privilege(oid, 'create, usage') from pg_namespace where nspname = $1) as may_use`,
      [schema],
    );
    const present = rights?.['present'] === 't';
    if (present ? rights?.['may_use'] === 't' : rights?.['may_create'] === 't') continue;
    const reason = present
      ? 'the role may not create tables in the schema'
      : 'the schema does not exist and the role may not create it';
    yield {
      level: 'error',
      rule: 'right-missing',
      subject: `target schema ${schema}${schema === 'drover' ? ' (the ledger)' : ''}`,
      reason,
      fix: `${present ? '' : `create schema ${identifier(schema)}; `}grant usage, create on schema ${identifier(schema)} to ROLE;`,
    };
  }
}

async function* checkTable(
  facts: CheckFacts,
  found: TableDescription,
  channels: ReadonlySet<string>,
): AsyncGenerator<Finding> {
  const { parts, table } = facts;
  const subject = `target ${found.schema}.${found.name}`;
  const conflict = (reason: string): Finding => ({
    level: 'error',
    rule: 'table-conflict',
    subject,
    reason,
    fix: 'Rename the table away, or recreate it with --drop-tables.',
  });
  if (found.kind !== 'table' && found.kind !== 'partitioned') {
    yield conflict('is a view, not a table');
    return;
  }
  const [owner] = await parts.target.query(
    `select pg_has_role(relowner, 'usage') as owned,
            (select count(*) from pg_trigger where tgrelid = c.oid and not tgisinternal) as triggers
     from pg_class c where c.oid = $1::oid`,
    [found.oid],
  );
  if (owner?.['owned'] !== 't') {
    yield {
      level: 'error',
      rule: 'right-missing',
      subject,
      reason: 'the role does not own the table and cannot add columns to it',
      fix: `alter table ${qualifiedName(found.schema, found.name)} owner to ROLE;`,
    };
  }
  if (Number(owner?.['triggers']) > 0) {
    yield {
      level: 'warning',
      rule: 'table-triggers',
      subject,
      reason: `has ${owner?.['triggers']} triggers, which run for every row that is moved`,
      fix: 'Disable them for the time of the migration if that is not meant.',
    };
  }
  const time = found.columns.find((column) => column.name === table.columns.time.name);
  if (time?.type !== table.columns.time.type) {
    yield conflict(`has no column ${table.columns.time.name} of type ${table.columns.time.type}`);
  }
  const types = new Set(['text', ...table.columns.values.map(nativeType)]);
  const odd = found.columns.filter((column) => column !== time && !types.has(column.type));
  if (odd.length > 0) {
    yield conflict(
      `column ${odd[0]?.name} is ${odd[0]?.type}, which holds no value of the source exactly`,
    );
  }
  const foreign = found.columns.filter(
    (column) => column !== time && channels.size > 0 && !channels.has(column.name),
  );
  if (foreign.length > 0) {
    yield {
      level: 'warning',
      rule: 'columns-without-channel',
      subject,
      reason: `has columns that are no channel of the source (${foreign
        .slice(0, 3)
        .map((column) => column.name)
        .join(', ')}); in the moved range they become NULL`,
      fix: 'Move columns of your own to another table.',
    };
  }
  if (found.attributesUsed + 50 > MAX_COLUMNS) {
    yield {
      level: found.attributesUsed >= MAX_COLUMNS ? 'error' : 'warning',
      rule: 'too-many-columns',
      subject,
      reason: `has used ${found.attributesUsed} of ${MAX_COLUMNS} columns, dropped ones included`,
      fix: 'Recreate the table with --drop-tables, or spread the channels over more groups.',
    };
  }
}

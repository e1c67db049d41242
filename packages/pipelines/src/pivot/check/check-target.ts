import type { Finding } from '@drover/core';
import { describeTable, qualifiedName, type TableDescription } from '@drover/postgres';
import { checkSchemaRights } from '../../check/check-schema-rights.ts';
import type { PivotParts } from '../parts.ts';
import type { SchemaSample } from '../schema-sample.ts';
import type { CheckFacts } from './check.ts';
import { checkTable, checkTableRights } from './check-table.ts';

/** Rights on the schemas of the target. */
export async function* checkTargetRights(
  { target, spec }: PivotParts,
  role: string,
): AsyncGenerator<Finding> {
  for (const schema of new Set([spec.target.schema, 'drover'])) {
    const subject = `target schema ${schema}${schema === 'drover' ? ' (the ledger)' : ''}`;
    yield* checkSchemaRights(target, { schema, subject, role });
  }
}

interface Holdings {
  tables: number;
  filled: string[];
  bytes: number;
  rows: number;
}

/** What the target already holds. */
export async function* checkTarget(
  facts: CheckFacts,
  sample: SchemaSample | null,
): AsyncGenerator<Finding> {
  const { layout, spec, target } = facts.parts;
  const { schema } = spec.target;
  const held: Holdings = { tables: 0, filled: [], bytes: 0, rows: 0 };
  for (const ship of facts.ships) {
    for (const group of layout.groups.keys()) {
      const found = await describeTable(target, schema, layout.tableName(ship, group));
      // That the source itself would be written to is a finding of its own.
      if (found === null || isSource(facts, found)) continue;
      held.tables += 1;
      const usable = yield* checkTableRights(facts, found);
      if (!usable) continue;
      held.bytes += found.bytes;
      held.rows += found.estimatedRows ?? 0;
      if (await hasRows(facts.parts, found)) held.filled.push(found.name);
      if (!facts.dropTables) yield* checkTable(facts, { found, ship, group, sample });
    }
  }
  if (held.tables > 0) yield holdingsFinding(facts, held);
}

function isSource({ sameDatabase, table }: CheckFacts, found: TableDescription): boolean {
  return sameDatabase && found.schema === table.schema && found.name === table.name;
}

async function hasRows({ target }: PivotParts, found: TableDescription): Promise<boolean> {
  const [row] = await target.query(
    `select exists (select 1 from ${qualifiedName(found.schema, found.name)}) as filled`,
  );
  return row?.['filled'] === 't';
}

function holdingsFinding(facts: CheckFacts, held: Holdings): Finding {
  const { schema } = facts.parts.spec.target;
  const [first] = held.filled;
  if (first === undefined) {
    return {
      level: 'info',
      rule: 'target-tables',
      subject: `target schema ${schema}`,
      reason: `holds ${held.tables} of the tables already, without rows${facts.dropTables ? '; they are dropped' : ''}`,
      fix: '',
    };
  }
  const tables = held.filled.map((name) => `--table=${shellQuoted(qualifiedName(schema, name))}`);
  return {
    level: 'warning',
    rule: 'target-not-empty',
    subject: `target schema ${schema}`,
    reason: `${held.filled.length} of the tables have rows, in ${(held.bytes / 1e6).toFixed(1)} MB${held.rows > 0 ? `, some ${held.rows} by statistics` : ''}; ${facts.dropTables ? 'the tables are dropped' : 'rows of the moved range are replaced'}`,
    fix: `Keep a copy if they matter: pg_dump --format=custom --file=before-drover.dump --dbname=${shellQuoted(facts.target.database)} ${tables.join(' ')}`,
  };
}

function shellQuoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

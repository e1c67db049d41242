import type { Finding } from '@drover/core';
import { identifier, qualifiedName } from '@drover/postgres';
import { checkRowSecurity } from '../../check/check-row-security.ts';
import { listed } from '../choose-tables.ts';
import type { WarehouseParts } from '../parts.ts';
import type { SourceAccess } from '../source-table.ts';
import type { TablePlan } from '../table-plan.ts';

/** More tables than that are granted together, by their schema. */
const MOST_NAMED = 10;

/**
 * Whether the role can read the tables.
 * @returns those of which it can read all rows.
 */
export async function* checkSourceRights(
  parts: WarehouseParts,
  plans: readonly TablePlan[],
  role: string,
): AsyncGenerator<Finding, readonly TablePlan[]> {
  for (const schema of new Set(plans.map(({ source }) => source.schema))) {
    const inSchema = plans.filter(({ source }) => source.schema === schema);
    for (const access of ['no usage of the schema', 'no select'] as const) {
      const some = inSchema.filter(({ source }) => source.access === access);
      if (some.length > 0) yield missingRight(some, { schema, access, role });
    }
  }
  for (const { source, stream } of plans) {
    if (source.access !== 'row security') continue;
    yield* checkRowSecurity(parts.source, { oid: String(source.oid), subject: stream, role });
  }
  return plans.filter(({ source }) => source.access === 'granted');
}

function missingRight(
  plans: readonly TablePlan[],
  of: { schema: string; access: SourceAccess; role: string },
): Finding {
  const [schema, to] = [identifier(of.schema), identifier(of.role)];
  const names = plans.map(({ source }) => qualifiedName(source.schema, source.name));
  const what = names.length > MOST_NAMED ? `all tables in schema ${schema}` : names.join(', ');
  const select = `grant select on ${what} to ${to};`;
  const isSchema = of.access === 'no usage of the schema';
  return {
    level: 'error',
    rule: 'right-missing',
    subject: `source schema ${of.schema}`,
    reason: `role ${of.role} may not ${isSchema ? 'use the schema of' : 'read'} ${listed(plans.map(({ stream }) => stream))}`,
    fix: isSchema ? `grant usage on schema ${schema} to ${to}; ${select}` : select,
  };
}

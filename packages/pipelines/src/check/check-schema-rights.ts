import type { Finding, SqlExecutor } from '@drover/core';
import { identifier } from '@drover/postgres';

/** Whether the role can make tables in a schema, or the schema itself where there is none. */
export async function* checkSchemaRights(
  sql: SqlExecutor,
  of: { readonly schema: string; readonly subject: string; readonly role: string },
): AsyncGenerator<Finding> {
  const [rights] = await sql.query(
    // One question each: of a list of privileges Postgres asks for any, not for all.
    `select current_database() as database,
            has_database_privilege(current_database(), 'create') as may_make,
            (select has_schema_privilege(oid, 'create') and has_schema_privilege(oid, 'usage')
             from pg_namespace where nspname = $1) as may_use`,
    [of.schema],
  );
  const present = rights?.['may_use'] != null;
  if (present ? rights['may_use'] === 't' : rights?.['may_make'] === 't') return;
  const [name, to] = [identifier(of.schema), identifier(of.role)];
  yield {
    level: 'error',
    rule: 'right-missing',
    subject: of.subject,
    reason: present
      ? `role ${of.role} may not create tables in the schema`
      : `the schema does not exist and role ${of.role} may not create it in database ${rights?.['database']}`,
    fix: `${present ? '' : `create schema ${name}; `}grant usage, create on schema ${name} to ${to};`,
  };
}

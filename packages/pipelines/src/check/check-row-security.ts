import type { Finding, SqlExecutor } from '@drover/core';
import { identifier } from '@drover/postgres';

/** Whether row security would hide rows of a table from the role. */
export async function* checkRowSecurity(
  sql: SqlExecutor,
  of: { readonly oid: string; readonly subject: string; readonly role: string },
): AsyncGenerator<Finding> {
  const [state] = await sql.query(
    `select row_security_active(oid) as hidden, pg_get_userbyid(relowner) as owner, relforcerowsecurity as forced
     from pg_class where oid = $1::oid`,
    [of.oid],
  );
  if (state?.['hidden'] !== 't') return;
  const byOwner =
    state['forced'] === 't' ? '' : ` or connect as its owner, ${state['owner'] ?? ''}`;
  yield {
    level: 'error',
    rule: 'row-security',
    subject: of.subject,
    reason: `row security would hide rows from role ${of.role}; Drover refuses to move a part unknowingly`,
    fix: `alter role ${identifier(of.role)} bypassrls;${byOwner}`,
  };
}

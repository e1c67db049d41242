import type { SqlExecutor } from '@drover/core';

/**
 * Ends every session that carries one of the names. A role may end its own sessions; those of another
 * role are left alone.
 * @returns how many were ended.
 */
export async function endSessions(sql: SqlExecutor, names: readonly string[]): Promise<number> {
  if (names.length === 0) return 0;
  const ended = await sql.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where application_name = any ($1::text[]) and pid <> pg_backend_pid()
       and pg_has_role(usesysid, 'MEMBER')`,
    [names],
  );
  return ended.length;
}

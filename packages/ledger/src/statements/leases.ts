import type { SqlExecutor } from '@drover/core';

/** Takes the lease where it is free, expired or already the owner's. */
export async function acquireLease(
  sql: SqlExecutor,
  lease: { name: string; owner: string; ttlMs: number },
): Promise<boolean> {
  const rows = await sql.query(
    `insert into drover.lease (name, owner, expires_at)
     values ($1, $2, clock_timestamp() + $3::float8 * interval '1 millisecond')
     on conflict (name) do update set owner = excluded.owner, expires_at = excluded.expires_at
       where lease.owner = excluded.owner or lease.expires_at < clock_timestamp()
     returning name`,
    [lease.name, lease.owner, lease.ttlMs],
  );
  return rows.length > 0;
}

export async function releaseLease(
  sql: SqlExecutor,
  lease: { name: string; owner: string },
): Promise<void> {
  await sql.query(`delete from drover.lease where name = $1 and owner = $2`, [
    lease.name,
    lease.owner,
  ]);
}

import { statfs } from 'node:fs/promises';
import type { SqlExecutor, StoreUsage } from '@drover/core';

/** Connections and size of the database; free disk only where its data folder lies on this machine. */
export async function serverUsage(sql: SqlExecutor, side: StoreUsage['side']): Promise<StoreUsage> {
  const [row] = await sql.query(
    `select (select count(*) from pg_stat_activity where backend_type = 'client backend') as used,
            (select count(*) from pg_stat_activity where application_name like 'drover%') as ours,
            current_setting('max_connections') as most, pg_database_size(current_database()) as bytes,
            (select setting from pg_settings where name = 'data_directory') as folder,
            inet_server_addr() is null or inet_server_addr() = inet_client_addr() as here`,
  );
  return {
    side,
    droverConnections: Number(row?.['ours']),
    connections: Number(row?.['used']),
    maxConnections: Number(row?.['most']),
    databaseBytes: Number(row?.['bytes']),
    diskFreeBytes: row?.['here'] === 't' ? await freeBytes(row['folder'] ?? null) : null,
  };
}

async function freeBytes(folder: string | null): Promise<number | null> {
  if (folder === null) return null;
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    // Another machine behind a tunnel, or a folder that only the server may see.
    if (error instanceof Error && 'code' in error) return null;
    throw error;
  }
}

import type { SqlExecutor } from '@drover/core';
import { serverVersion } from '@drover/postgres';

/** What one server says of itself and of the role that is connected. */
export interface ServerFacts {
  /** `server_version_num`. */
  readonly version: number;
  readonly versionText: string;
  readonly role: string;
  readonly database: string;
  readonly encoding: string;
  readonly standby: boolean;
  /** Transactions begin read only, because of a setting or because the server is a standby. */
  readonly readOnly: boolean;
  /** The same for two connections if and only if they lead to one server. */
  readonly identity: string;
}

export async function readServerFacts(sql: SqlExecutor): Promise<ServerFacts> {
  const version = await serverVersion(sql);
  const [row] = await sql.query(
    `select current_setting('server_version') as version, current_user as role, current_database() as database,
            pg_is_in_recovery() as standby,
            current_setting('transaction_read_only') as read_only, current_setting('server_encoding') as encoding,
            pg_postmaster_start_time()::text || ' ' || current_setting('port') as identity`,
  );
  return {
    version,
    versionText: row?.['version'] ?? '',
    role: row?.['role'] ?? '',
    database: row?.['database'] ?? '',
    encoding: row?.['encoding'] ?? '',
    standby: row?.['standby'] === 't',
    readOnly: row?.['read_only'] === 'on',
    identity: row?.['identity'] ?? '',
  };
}

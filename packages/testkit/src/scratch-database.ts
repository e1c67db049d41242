import { randomUUID } from 'node:crypto';
import { type Database, identifier, openDatabase } from '@drover/postgres';

export interface ScratchDatabase extends AsyncDisposable {
  readonly url: string;
  readonly sql: Database;
}

/** A new, empty database on the server of `serverUrl`; dropped with its sessions when disposed. */
export async function scratchDatabase(serverUrl: string): Promise<ScratchDatabase> {
  const name = `drover_test_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  const server = openDatabase(serverUrl, { side: 'test', applicationName: 'drover test', max: 1 });
  await server.query(`create database ${identifier(name)} template template0 encoding 'UTF8'`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const sql = openDatabase(url.href, { side: 'test', applicationName: 'drover test', max: 4 });
  return {
    url: url.href,
    sql,
    async [Symbol.asyncDispose]() {
      await sql.close();
      await server.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1',
        [name],
      );
      await server.query(`drop database ${identifier(name)}`);
      await server.close();
    },
  };
}

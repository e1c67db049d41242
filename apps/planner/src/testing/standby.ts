import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Database, openDatabase } from '@drover/postgres';
import { freePort, type PostgresServer } from '@drover/servers';
import { until } from '@drover/testkit';

/** A server that replays what another one writes. */
export interface Standby extends AsyncDisposable {
  readonly url: string;
  readonly sql: Database;
}

/** Where the primary's programs are; null where there is no `pg_basebackup` among them. */
export function basebackupOf(primary: PostgresServer): string | null {
  if (primary.dataDirectory === null) return null;
  // Its first word is the program that the server was started with.
  const options = readFileSync(join(primary.dataDirectory, 'postmaster.opts'), 'utf8');
  const program = join(dirname(options.split(' ')[0] ?? ''), 'pg_basebackup');
  return existsSync(program) ? program : null;
}

export async function startStandby(primary: PostgresServer, basebackup: string): Promise<Standby> {
  const { uid, gid } = statSync(primary.dataDirectory ?? '/');
  const folder = mkdtempSync(join(tmpdir(), 'drover-standby-'));
  chownSync(folder, uid, gid);
  const as = { uid, gid, cwd: folder, stdio: 'ignore' } as const;
  const { port: from } = new URL(primary.url);
  const copy = ['-h', '127.0.0.1', '-p', from, '-U', 'postgres', '-R', '-c', 'fast', '--no-sync'];
  const [code] = (await once(spawn(basebackup, [...copy, '-D', folder], as), 'exit')) as [number];
  if (code !== 0) throw new Error(`pg_basebackup ended with ${code}`);
  const port = await freePort();
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories='];
  const server: ChildProcess = spawn(
    join(dirname(basebackup), 'postgres'),
    ['-D', folder, ...settings.flatMap((setting) => ['-c', setting])],
    as,
  );
  const ended = once(server, 'exit');
  const kill = () => server.kill('SIGQUIT');
  process.once('exit', kill);
  const url = primary.url.replace(`:${from}/`, `:${port}/`);
  const sql = openDatabase(url, { side: 'standby', applicationName: 'drover test', max: 1 });
  await until('the standby answers', () =>
    sql.query('select 1').then(
      () => true,
      () => false,
    ),
  );
  return {
    url,
    sql,
    async [Symbol.asyncDispose]() {
      await sql.close();
      process.off('exit', kill);
      kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

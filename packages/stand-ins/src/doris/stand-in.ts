import type { Server } from 'node:http';
import { createBackend } from './backend.ts';
import { ErrorLogs } from './error-log.ts';
import { type Faults, noFaults } from './faults.ts';
import { createFrontend, type KnownBackend } from './frontend.ts';
import { close, listen, type RequestRecord } from './http-exchange.ts';
import type { Grants } from './sql/show.ts';
import { startSqlFront } from './sql/sql-front.ts';
import { Catalogue, type Generation } from './store.ts';
import { Transactions } from './transactions.ts';

/** A cluster of one frontend and some backends, on free ports of the loopback. */
export interface DorisStandIn extends AsyncDisposable {
  readonly generation: Generation;
  readonly feUrl: string;
  readonly beUrls: readonly string[];
  readonly mysqlPort: number;
  readonly user: string;
  readonly password: string;
  readonly catalogue: Catalogue;
  readonly transactions: Transactions;
  /** To be set while it runs. */
  readonly faults: Faults;
  /** In the order of their arrival. */
  readonly requests: readonly RequestRecord[];
  /**
   * From now on connections to the backend are refused, and those that it has end. `listed` says whether the
   * frontend still believes it alive.
   */
  stopBackend(index: number, options: { readonly listed: boolean }): Promise<void>;
  /** Starts a stopped backend at its old address. */
  startBackend(index: number): Promise<void>;
}

export interface DorisStandInOptions {
  readonly generation?: Generation;
  readonly backends?: number;
  readonly user?: string;
  readonly password?: string;
  /** The user's rights as SHOW GRANTS prints them; by default those of an administrator. */
  readonly grants?: Grants;
  /** What a STRING may hold; by default as much as in Doris (§6). */
  readonly stringLimitBytes?: number;
  /** How long a plain load waits until its rows are visible; by default as long as in Doris (§4). */
  readonly publishWaitMs?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

const STRING_LIMIT_BYTES = { D24: 1_048_576, D26: 10_485_760 } as const;
const PUBLISH_WAIT_MS = { D24: 30_000, D26: 90_000 } as const;
const HOST = '127.0.0.1';

interface RunningBackend {
  readonly server: Server;
  port: number;
  listed: boolean;
}

export async function startDorisStandIn(options: DorisStandInOptions = {}): Promise<DorisStandIn> {
  const { generation = 'D26', user = 'root', password = 'secret', now = Date.now } = options;
  const grants = options.grants === undefined ? {} : { grants: options.grants };
  const catalogue = new Catalogue();
  const transactions = new Transactions({ generation, catalogue, now });
  const faults = noFaults();
  const requests: RequestRecord[] = [];

  const backends: RunningBackend[] = [];
  for (let index = 0; index < (options.backends ?? 1); index += 1) {
    const url = () => `http://${HOST}:${backends[index]?.port ?? 0}`;
    const host = {
      generation,
      catalogue,
      transactions,
      faults,
      stringLimitBytes: options.stringLimitBytes ?? STRING_LIMIT_BYTES[generation],
      publishWaitMs: options.publishWaitMs ?? PUBLISH_WAIT_MS[generation],
      user,
      password,
      errorLogs: new ErrorLogs(),
      url,
      now,
    };
    const server = createBackend({ index, requests, host });
    backends.push({ server, port: 0, listed: true });
  }
  for (const backend of backends) backend.port = await listen(backend.server, 0);

  const known = (): readonly KnownBackend[] =>
    backends.map(({ port, listed }) => ({ host: HOST, httpPort: port, alive: listed }));
  const access = { user, password, catalogue, transactions, backends: known };
  const frontend = createFrontend({ ...access, faults, requests });
  const port = await listen(frontend, 0);
  const sql = await startSqlFront({ generation, ...access, ...grants });

  const backendAt = (index: number): RunningBackend => {
    const backend = backends[index];
    if (backend === undefined) throw new Error(`there is no backend ${index}`);
    return backend;
  };
  return {
    generation,
    feUrl: `http://${HOST}:${port}`,
    beUrls: backends.map((backend) => `http://${HOST}:${backend.port}`),
    mysqlPort: sql.port,
    user,
    password,
    catalogue,
    transactions,
    faults,
    requests,
    async stopBackend(index, { listed }) {
      const backend = backendAt(index);
      backend.listed = listed;
      await close(backend.server);
    },
    async startBackend(index) {
      const backend = backendAt(index);
      await listen(backend.server, backend.port);
      backend.listed = true;
    },
    async [Symbol.asyncDispose]() {
      await sql.close();
      await Promise.all([frontend, ...backends.map(({ server }) => server)].map(close));
    },
  };
}

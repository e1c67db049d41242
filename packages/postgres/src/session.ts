import {
  type ConnectionSpec,
  hintsAtOutage,
  type SqlExecutor,
  type SqlRow,
  type SqlValue,
} from '@drover/core';
import pg from 'pg';
import type { AttemptConnections } from './attempt-pool.ts';
import { classifyError } from './classify.ts';
import {
  clientConfig,
  dropUnlessEnded,
  pinSettings,
  type SessionOptions,
  whereOf,
} from './client.ts';
import { CopyIn } from './copy-in.ts';
import { CopyOut } from './copy-out.ts';
import { literal } from './quoting.ts';

/**
 * One connection with pinned settings. Not for concurrent use: one statement at a time. After an
 * error that leaves the connection in doubt it is `broken` and can only be closed.
 */
export class Session implements SqlExecutor, AttemptConnections, AsyncDisposable {
  readonly where: string;
  readonly #client: pg.Client;
  readonly #spec: ConnectionSpec;
  #broken = false;

  private constructor(client: pg.Client, spec: ConnectionSpec, where: string) {
    this.#client = client;
    this.#spec = spec;
    this.where = where;
    client.on('error', () => {
      this.#broken = true;
    });
    client.on('end', () => {
      this.#broken = true;
    });
  }

  /** @throws DroverError CONNECTION_LOST, AUTHENTICATION_FAILED, DATABASE_MISSING, ... */
  static async open(spec: ConnectionSpec, options: SessionOptions): Promise<Session> {
    const where = whereOf(spec, options);
    let session: Session | undefined;
    try {
      const client = new pg.Client(clientConfig(spec, options));
      session = new Session(client, spec, where);
      await client.connect();
      await pinSettings(client, spec, options);
      return session;
    } catch (error) {
      session?.destroy();
      throw classifyError(error, where);
    }
  }

  /** Carries another name from now on, in the server's own list of sessions. */
  async rename(applicationName: string): Promise<void> {
    await this.script(`set application_name = ${literal(applicationName)}`);
  }

  /**
   * Who waits for the other side, or for the limits on the load, does not read what the server sends meanwhile.
   * With `tcp_user_timeout` (12 and later) the server would take it for dead. Without it, a server that had
   * something to send notices a machine that vanished only after a quarter of an hour; the next attempt at the
   * chunk ends such sessions sooner.
   */
  async bePatient(): Promise<void> {
    await this.script(`select set_config('tcp_user_timeout', '0', false)
      where current_setting('server_version_num')::int >= 120000`);
  }

  get broken(): boolean {
    return this.#broken;
  }

  async query(text: string, values?: readonly SqlValue[]): Promise<readonly SqlRow[]> {
    try {
      const result = await this.#client.query<SqlRow>(text, values as unknown[] | undefined);
      return result.rows;
    } catch (error) {
      throw classifyError(error, this.where);
    }
  }

  /** Several statements in one round trip; no parameters, results dropped. */
  async script(text: string): Promise<void> {
    try {
      await this.#client.query(text);
    } catch (error) {
      throw classifyError(error, this.where);
    }
  }

  /** Several statements in one round trip: how many rows each of them touched. */
  async counts(text: string): Promise<readonly number[]> {
    try {
      const results: pg.QueryResult | pg.QueryResult[] = await this.#client.query(text);
      return [results].flat().map((result) => result.rowCount ?? 0);
    } catch (error) {
      throw classifyError(error, this.where);
    }
  }

  /**
   * The bytes of `COPY ... TO STDOUT`, as they arrive: pieces do not end where lines end. A consumer that
   * stops early leaves the session broken; an error of the server ends only the transaction. `counted` is told
   * how many rows have come so far, before each piece.
   */
  async *copyOut(
    text: string,
    counted?: (rows: number) => void,
  ): AsyncGenerator<Buffer, void, undefined> {
    const copy = this.#client.query(new CopyOut(text, this.where));
    let over = false;
    try {
      for await (const piece of copy.pieces()) {
        counted?.(copy.rows);
        yield piece;
      }
      over = true;
    } catch (error) {
      over = !hintsAtOutage(error);
      throw error;
    } finally {
      if (!over) this.destroy();
    }
  }

  /** A row of `COPY ... FROM STDIN` statements without a round trip between them. */
  copyIn(): CopyIn {
    return this.#client.query(new CopyIn(this.where));
  }

  /**
   * Ends the statement in hand from outside and drops the connection. The server is asked to cancel
   * (best effort: it would notice the lost connection by itself, but only at its next write).
   */
  interrupt(): void {
    const { processID, secretKey } = this.#client as pg.Client & {
      processID?: number;
      secretKey?: number;
    };
    if (processID !== undefined && secretKey !== undefined && !this.#broken) {
      requestCancel(this.#spec, { processID, secretKey });
    }
    this.destroy();
  }

  /** Drops the connection without a word. */
  destroy(): void {
    this.#broken = true;
    this.#client.connection.stream.destroy();
  }

  async close(): Promise<void> {
    if (this.#broken) {
      this.destroy();
      return;
    }
    this.#broken = true;
    dropUnlessEnded(this.#client);
    await this.#client.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function requestCancel(spec: ConnectionSpec, key: { processID: number; secretKey: number }): void {
  const canceller = new pg.Client(
    clientConfig(spec, { side: '', applicationName: 'drover cancel' }),
  );
  const connection = canceller.connection as pg.Connection & {
    connect(port: number, host: string): void;
    cancel(processID: number, secretKey: number): void;
    requestSsl(): void;
  };
  connection.on('error', () => {});
  const send = () => connection.cancel(key.processID, key.secretKey);
  if (canceller.ssl) {
    connection.on('connect', () => connection.requestSsl());
    connection.on('sslconnect', send);
  } else {
    connection.on('connect', send);
  }
  const socketFolder = canceller.host.startsWith('/');
  if (socketFolder) connection.connect(`${canceller.host}/.s.PGSQL.${canceller.port}` as never, '');
  else connection.connect(canceller.port, canceller.host);
}

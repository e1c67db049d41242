import { DroverError } from '@drover/core';
import { type Connection, createConnection } from 'mysql2/promise';
import { type DorisAddress, hostsOf } from './address.ts';
import { classifyError } from './classify.ts';

/** All values as the text that the server sends. */
export type TextRow = Readonly<Record<string, string | null>>;

/** Statements over the MySQL protocol, in its text form. */
export interface Statements {
  query(text: string, signal?: AbortSignal): Promise<readonly TextRow[]>;
  /** Connections that are open at present. */
  readonly connections: number;
  close(): Promise<void>;
}

const CONNECT_MS = 10_000;

/** A frontend that vanished is noticed by whoever waits for it. Node leaves the rest to the system's settings. */
const KEEP_ALIVE_MS = 10_000;

/** What every session is set to. The last two are for names beyond ASCII and tables without keys. */
const SETTINGS = ["SET time_zone = '+00:00'", 'SET enable_unicode_name_support = true'];

export interface StatementOptions {
  /** Connections at once; who comes later waits. */
  readonly max: number;
  /** After this the server ends a statement. */
  readonly timeoutSeconds: number;
}

/** Opens connections as they are needed, at most `max`, to whichever frontend answers. */
export function openStatements(address: DorisAddress, options: StatementOptions): Statements {
  return new StatementPool(address, options);
}

class StatementPool implements Statements {
  readonly #address: DorisAddress;
  readonly #options: StatementOptions;
  readonly #idle: Connection[] = [];
  readonly #waiting: (() => void)[] = [];
  #open = 0;
  #closed = false;

  constructor(address: DorisAddress, options: StatementOptions) {
    this.#address = address;
    this.#options = options;
  }

  get connections(): number {
    return this.#open;
  }

  async query(text: string, signal?: AbortSignal): Promise<readonly TextRow[]> {
    signal?.throwIfAborted();
    const connection = await this.#take(signal);
    let sound = false;
    try {
      const asked = connection.query({ sql: text, typeCast: (field) => field.string('utf8') });
      const [rows] = await unlessAborted(asked, signal);
      sound = true;
      return Array.isArray(rows) ? (rows as TextRow[]) : [];
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      const classified = classifyError(error, `target ${this.#where}`);
      sound = classified instanceof DroverError && classified.code !== 'CONNECTION_LOST';
      throw classified;
    } finally {
      this.#give(connection, sound);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const idle = this.#idle.splice(0);
    this.#open -= idle.length;
    await Promise.all(idle.map((connection) => connection.end().catch(() => {})));
  }

  get #where(): string {
    const [host = ''] = hostsOf(this.#address);
    return `${host}:${this.#address.queryPort}`;
  }

  /** Who goes away while waiting leaves to the next one what comes then. */
  async #take(signal: AbortSignal | undefined): Promise<Connection> {
    const taken = this.#next();
    try {
      return await unlessAborted(taken, signal);
    } catch (error) {
      if (signal?.aborted === true) {
        taken.then(
          (connection) => this.#give(connection, true),
          () => {},
        );
      }
      throw error;
    }
  }

  async #next(): Promise<Connection> {
    while (this.#idle.length === 0 && this.#open >= this.#options.max) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    this.#open += 1;
    try {
      return await this.#connect();
    } catch (error) {
      this.#open -= 1;
      this.#waiting.shift()?.();
      throw error;
    }
  }

  #give(connection: Connection, sound: boolean): void {
    if (sound && !this.#closed) this.#idle.push(connection);
    else {
      this.#open -= 1;
      connection.destroy();
    }
    this.#waiting.shift()?.();
  }

  async #connect(): Promise<Connection> {
    const { queryPort, user, password, tls } = this.#address;
    let failure: unknown;
    for (const host of hostsOf(this.#address)) {
      try {
        const connection = await createConnection({
          host,
          port: queryPort,
          user,
          password,
          connectTimeout: CONNECT_MS,
          keepAliveInitialDelay: KEEP_ALIVE_MS,
          ...(tls ? { ssl: {} } : {}),
        });
        connection.on('error', () => this.#drop(connection));
        return await this.#prepared(connection);
      } catch (error) {
        failure = classifyError(error, `target ${host}:${queryPort}`);
        if (!(failure instanceof DroverError) || failure.code !== 'CONNECTION_LOST') throw failure;
      }
    }
    throw failure;
  }

  async #prepared(connection: Connection): Promise<Connection> {
    const timeout = `SET query_timeout = ${this.#options.timeoutSeconds}`;
    const within = AbortSignal.timeout(CONNECT_MS);
    try {
      for (const setting of [...SETTINGS, timeout]) {
        await unlessAborted(connection.query(setting), within);
      }
      return connection;
    } catch (error) {
      connection.destroy();
      if (!within.aborted) throw error;
      const message = `no answer within ${CONNECT_MS / 1000} s`;
      throw Object.assign(new Error(message), { code: 'ETIMEDOUT' });
    }
  }

  /** One that broke while nobody used it. */
  #drop(connection: Connection): void {
    const index = this.#idle.indexOf(connection);
    if (index === -1) return;
    this.#idle.splice(index, 1);
    this.#open -= 1;
  }
}

/** The driver says nothing to who waits for a connection that is dropped. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  signal.throwIfAborted();
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

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
    const connection = await this.#take();
    const stop = () => connection.destroy();
    signal?.addEventListener('abort', stop, { once: true });
    let sound = false;
    try {
      const [rows] = await connection.query({
        sql: text,
        typeCast: (field) => field.string('utf8'),
      });
      sound = true;
      return Array.isArray(rows) ? (rows as TextRow[]) : [];
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      const classified = classifyError(error, `target ${this.#where}`);
      sound = classified instanceof DroverError && classified.code !== 'CONNECTION_LOST';
      throw classified;
    } finally {
      signal?.removeEventListener('abort', stop);
      this.#give(connection, sound && signal?.aborted !== true);
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

  async #take(): Promise<Connection> {
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
          ...(tls ? { ssl: {} } : {}),
        });
        connection.on('error', () => this.#drop(connection));
        await this.#prepare(connection);
        return connection;
      } catch (error) {
        failure = classifyError(error, `target ${host}:${queryPort}`);
        if (!(failure instanceof DroverError) || failure.code !== 'CONNECTION_LOST') throw failure;
      }
    }
    throw failure;
  }

  async #prepare(connection: Connection): Promise<void> {
    const timeout = `SET query_timeout = ${this.#options.timeoutSeconds}`;
    for (const setting of [...SETTINGS, timeout]) await connection.query(setting);
  }

  /** One that broke while nobody used it. */
  #drop(connection: Connection): void {
    const index = this.#idle.indexOf(connection);
    if (index === -1) return;
    this.#idle.splice(index, 1);
    this.#open -= 1;
  }
}

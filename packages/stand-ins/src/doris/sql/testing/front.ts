import { type Connection, createConnection } from 'mysql2/promise';
import {
  Catalogue,
  type Generation,
  type Row,
  type Table,
  type TransactionLog,
  type TransactionRecord,
} from '../../store.ts';
import type { Grants } from '../show.ts';
import { startSqlFront } from '../sql-front.ts';

export const GENERATIONS: readonly Generation[] = ['D24', 'D26'];

export const LOGIN = { user: 'root', password: 'secret' } as const;

export interface Refusal {
  readonly errno: number;
  readonly message: string;
}

/** A client of a front, as the tests speak to it. */
export class Client implements AsyncDisposable {
  readonly connection: Connection;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  /** The rows, each as the list of its values. */
  async rows(sql: string): Promise<unknown[][]> {
    const [rows] = await this.connection.query({ sql, rowsAsArray: true });
    return rows as unknown[][];
  }

  /** The first value of the first row. */
  async value(sql: string): Promise<unknown> {
    return (await this.rows(sql))[0]?.[0];
  }

  /** Rows that the statement changed. */
  async run(sql: string): Promise<number> {
    const [result] = await this.connection.query(sql);
    return (result as { affectedRows: number }).affectedRows;
  }

  /** The error with which the statement is answered; null where it is not refused. */
  async refusal(sql: string): Promise<Refusal | null> {
    try {
      await this.connection.query(sql);
      return null;
    } catch (error) {
      const { errno, message } = error as Refusal;
      return { errno, message };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection.end();
  }
}

/** A front with the database `d`, and a client that uses it. */
export class Front extends Client {
  readonly catalogue: Catalogue;
  readonly port: number;
  readonly #close: () => Promise<void>;

  constructor(parts: {
    connection: Connection;
    catalogue: Catalogue;
    port: number;
    close: () => Promise<void>;
  }) {
    super(parts.connection);
    this.catalogue = parts.catalogue;
    this.port = parts.port;
    this.#close = parts.close;
  }

  table(name: string): Table {
    const table = this.catalogue.table('d', name);
    if (table === undefined) throw new Error(`there is no table ${name}`);
    return table;
  }

  fill(name: string, rows: readonly Row[]): void {
    this.table(name).apply(rows.map((row) => ({ kind: 'put', row })));
  }

  async another(): Promise<Client> {
    return new Client(await connect(this.port, 'd'));
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}

export async function openFront(
  options: {
    generation?: Generation;
    /** Whether each backend is alive. */
    backends?: readonly boolean[];
    transactions?: readonly TransactionRecord[];
    grants?: Grants;
  } = {},
): Promise<Front> {
  const { generation = 'D26', backends = [true], transactions = [] } = options;
  const catalogue = new Catalogue();
  catalogue.databases.set('d', new Map());
  const front = await startSqlFront({
    generation,
    catalogue,
    transactions: logOf(transactions),
    backends: () =>
      backends.map((alive, index) => ({ host: `10.0.0.${index}`, httpPort: 8040, alive })),
    ...LOGIN,
    ...(options.grants === undefined ? {} : { grants: options.grants }),
  });
  const connection = await connect(front.port, 'd');
  return new Front({ connection, catalogue, port: front.port, close: () => front.close() });
}

export async function connect(port: number, database?: string): Promise<Connection> {
  const connection = await createConnection({
    host: '127.0.0.1',
    port,
    ...LOGIN,
    ...(database === undefined ? {} : { database }),
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
  });
  // The front ends sessions when it closes.
  connection.on('error', () => {});
  return connection;
}

function logOf(records: readonly TransactionRecord[]): TransactionLog {
  return {
    ofLabel: (database, label) =>
      records.filter((one) => one.database === database && one.label === label),
    ofId: (database, id) =>
      records.find((one) => one.database === database && one.id === id) ?? null,
  };
}

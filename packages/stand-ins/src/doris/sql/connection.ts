import { createHash, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { type Connection, createConnection } from 'mysql2';
import type { Generation } from '../store.ts';
import { execute, existing, type Server } from './execute.ts';
import type { Outcome } from './outcome.ts';
import { CHARACTER_SET, columnDefinition, printer } from './result-set.ts';
import { SERVER_VERSION, Session } from './session.ts';
import { notKnown, refused, SqlError } from './sql-error.ts';

/** The driver's server side; its typings leave out what writes rows one by one. */
interface Wire extends Connection {
  writeColumns(columns: readonly Record<string, string | number>[]): void;
  writeTextRow(values: readonly (string | null)[]): void;
}

interface Login {
  readonly user: string;
  readonly database?: string;
  readonly authToken: Buffer;
  readonly authPluginData1: Buffer;
  readonly authPluginData2: Buffer;
}

interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** LONG_PASSWORD, LONG_FLAG, CONNECT_WITH_DB, PROTOCOL_41, TRANSACTIONS, SECURE_CONNECTION, PLUGIN_AUTH. */
const CAPABILITIES = 0x1 | 0x4 | 0x8 | 0x200 | 0x2000 | 0x8000 | 0x80000;

/** SERVER_STATUS_AUTOCOMMIT. */
const STATUS = 2;

/** Commands of the protocol, by its own numbers. */
const COMMAND = {
  QUIT: 0x01,
  INIT_DB: 0x02,
  QUERY: 0x03,
  PING: 0x0e,
  STMT_PREPARE: 0x16,
  STMT_EXECUTE: 0x17,
  STMT_CLOSE: 0x19,
} as const;

/** One client: asks for the password, then answers its statements one after the other. */
export class ClientConnection {
  readonly #wire: Wire;
  readonly #socket: Socket;
  readonly #session: Session;
  readonly #server: Server;
  /** What the driver read of the command in hand; it tells SET and PREPARE from others on its own. */
  #text = '';
  #running: { killed: boolean } | null = null;
  #last: Promise<void> = Promise.resolve();

  constructor(parts: {
    socket: Socket;
    id: number;
    generation: Generation;
    credentials: Credentials;
    server: Server;
  }) {
    const { socket, id, generation, credentials, server } = parts;
    this.#socket = socket;
    this.#server = server;
    this.#session = new Session({ id, generation, database: null });
    this.#wire = createConnection({ stream: socket, isServer: true }) as Wire;
    // A client that goes away ends its session, nothing else.
    this.#wire.on('error', () => socket.destroy());
    this.#listen();
    this.#wire.serverHandshake({
      protocolVersion: 10,
      serverVersion: SERVER_VERSION,
      connectionId: id,
      statusFlags: STATUS,
      characterSet: CHARACTER_SET,
      capabilityFlags: CAPABILITIES,
      authCallback: (login: Login, answer: (error: null, refusal?: object) => void) => {
        const refusal = this.#admit(login, credentials);
        answer(
          null,
          refusal === null ? undefined : { message: refusal.message, code: refusal.errno },
        );
        this.#wire.sequenceId = 0;
      },
    });
  }

  killQuery(): void {
    if (this.#running !== null) this.#running.killed = true;
  }

  /** Without waiting for the statement in hand. */
  close(): void {
    this.killQuery();
    this.#socket.destroy();
  }

  #admit(login: Login, { user, password }: Credentials): SqlError | null {
    if (login.user !== user || !proves(login, password)) {
      const using = login.authToken.length > 0 ? 'YES' : 'NO';
      return refused(
        `Access denied for user '${login.user}@127.0.0.1' (using password: ${using})`,
        1045,
      );
    }
    if (login.database === undefined || login.database === '') return null;
    try {
      this.#session.database = existing(login.database, this.#server);
      return null;
    } catch (error) {
      return asSqlError(error);
    }
  }

  #listen(): void {
    const keep = (text: string) => {
      this.#text = text;
    };
    this.#wire.on('query', keep);
    this.#wire.on('init_db', keep);
    this.#wire.on('stmt_prepare', keep);
    this.#wire.on(
      'stmt_execute',
      (_id: unknown, _flags: unknown, _count: unknown, _values: unknown, text?: string) =>
        keep(text ?? ''),
    );
    for (const event of ['ping', 'quit', 'field_list']) this.#wire.on(event, () => {});
    this.#wire.on('packet', (_packet: unknown, _known: boolean, command: number) => {
      const text = this.#text;
      // One after the other, also for a client that does not wait for answers.
      this.#last = this.#last.then(() => this.#answer(command, text));
    });
  }

  async #answer(command: number, text: string): Promise<void> {
    if (command === COMMAND.STMT_CLOSE) {
      this.#wire.sequenceId = 0;
      return;
    }
    if (command === COMMAND.QUIT) {
      this.#socket.end();
      return;
    }
    try {
      this.#write(await this.#outcomeOf(command, text));
    } catch (error) {
      const { message, errno } = asSqlError(error);
      if (!this.#socket.destroyed) this.#wire.writeError({ message, code: errno });
    }
    this.#wire.sequenceId = 0;
  }

  async #outcomeOf(command: number, text: string): Promise<Outcome> {
    switch (command) {
      case COMMAND.PING:
        return { kind: 'done', affectedRows: 0 };
      case COMMAND.INIT_DB:
        this.#session.database = existing(text, this.#server);
        return { kind: 'done', affectedRows: 0 };
      case COMMAND.QUERY:
        return this.#run(text);
      case COMMAND.STMT_PREPARE:
      case COMMAND.STMT_EXECUTE:
        throw notKnown('prepared statements; send the text of the statement');
      default:
        throw notKnown(`the command 0x${command.toString(16)} of the protocol`);
    }
  }

  async #run(sql: string): Promise<Outcome> {
    const running = { killed: false };
    this.#running = running;
    const pause = async () => {
      await turn();
      if (running.killed) throw refused('cancel query by user', 1317);
    };
    try {
      return await execute(sql, this.#session, this.#server, pause);
    } finally {
      this.#running = null;
    }
  }

  #write(outcome: Outcome): void {
    if (this.#socket.destroyed) return;
    if (outcome.kind === 'done') {
      this.#wire.writeOk({ affectedRows: outcome.affectedRows, serverStatus: STATUS });
      return;
    }
    const { fields, rows } = outcome.relation;
    const printers = fields.map(printer);
    // Printed before the first packet: a value without a known text is the statement's error.
    const texts = rows.map((row) => printers.map((print, index) => print(row[index] ?? null)));
    this.#wire.writeColumns(fields.map(columnDefinition));
    for (const values of texts) this.#wire.writeTextRow(values);
    this.#wire.writeEof(0, STATUS);
  }
}

/** mysql_native_password: the token is the password's hash, hidden behind the greeting's random bytes. */
function proves(login: Login, password: string): boolean {
  if (password === '') return login.authToken.length === 0;
  const hashed = sha1(Buffer.from(password));
  const mask = sha1(login.authPluginData1, login.authPluginData2.subarray(0, 12), sha1(hashed));
  const expected = Buffer.from(hashed.map((byte, index) => byte ^ (mask[index] ?? 0)));
  return login.authToken.length === expected.length && timingSafeEqual(login.authToken, expected);
}

function sha1(...parts: readonly Buffer[]): Buffer {
  const digest = createHash('sha1');
  for (const part of parts) digest.update(part);
  return digest.digest();
}

/** A mistake in the stand-in itself is told as such. */
function asSqlError(error: unknown): SqlError {
  if (error instanceof SqlError) return error;
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return refused(`the stand-in failed: ${detail}`);
}

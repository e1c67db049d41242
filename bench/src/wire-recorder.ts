import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** What went through a connection: statements, and the bytes that were copied in by each. */
export interface Recording {
  /** `COPY (...) TO STDOUT` statements. */
  readonly copiesOut: string[];
  /** Bytes of all `COPY ... FROM STDIN` by statement, in order of first use. */
  readonly copiesIn: Map<string, Buffer[]>;
}

export interface WireRecorder extends AsyncDisposable {
  readonly url: string;
  readonly recording: Recording;
}

const PARSE = 0x50;
const QUERY = 0x51;
const COPY_DATA = 0x64;

/**
 * Listens in on clients of a Postgres, so that the very statements and bytes of a move can be replayed by
 * another client. Source: the frontend messages of the protocol, version 3.
 */
export async function startWireRecorder(serverUrl: string): Promise<WireRecorder> {
  const server = new URL(serverUrl);
  const recording: Recording = { copiesOut: [], copiesIn: new Map() };
  const sockets = new Set<Socket>();
  const listener = createServer((client) => {
    const upstream = connect({ host: server.hostname, port: Number(server.port) });
    const read = messageReader(recording);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => socket.destroy());
    }
    client.on('data', (bytes: Buffer) => {
      read(bytes);
      upstream.write(bytes);
    });
    upstream.on('data', (bytes: Buffer) => client.write(bytes));
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  const url = new URL(serverUrl);
  url.port = typeof address === 'object' && address !== null ? String(address.port) : '';
  return {
    url: url.href,
    recording,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}

function messageReader(recording: Recording): (bytes: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  let started = false;
  let statement = '';
  const take = (type: number, body: Buffer) => {
    if (type === PARSE || type === QUERY) {
      const start = type === PARSE ? body.indexOf(0) + 1 : 0;
      statement = body.toString('utf8', start, body.indexOf(0, start));
      if (/to stdout( \(format binary\))?$/.test(statement)) recording.copiesOut.push(statement);
    } else if (type === COPY_DATA) {
      const pieces = recording.copiesIn.get(statement) ?? [];
      pieces.push(Buffer.from(body));
      recording.copiesIn.set(statement, pieces);
    }
  };
  return (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    for (;;) {
      const header = started ? 1 : 0;
      if (rest.length < header + 4) return;
      const length = header + rest.readUInt32BE(header);
      if (rest.length < length) return;
      if (started) take(rest[0] ?? 0, rest.subarray(header + 4, length));
      started = true;
      rest = rest.subarray(length);
    }
  };
}

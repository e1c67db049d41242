import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Whether the server asked for the body. */
  readonly continued: boolean;
}

export const AUTHORIZATION = basic('root', 'secret');

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** One request. With a header `expect` the body waits for `100 Continue`. */
export function send(
  method: string,
  url: string,
  of: {
    headers?: Record<string, string>;
    body?: string | Uint8Array | AsyncIterable<Uint8Array>;
  } = {},
): Promise<Reply> {
  const { headers = {}, body } = of;
  return new Promise((resolve, reject) => {
    let continued = false;
    const request = httpRequest(url, {
      method,
      agent: false,
      headers: { authorization: AUTHORIZATION, ...headers },
    });
    const write = async () => {
      if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
        request.end(body);
        return;
      }
      for await (const piece of body) request.write(piece);
      request.end();
    };
    request.on('error', reject);
    request.on('continue', () => {
      continued = true;
      write().catch(reject);
    });
    const read = async (response: IncomingMessage) => {
      const answer = await text(response);
      request.destroy();
      const { statusCode: status = 0 } = response;
      resolve({ status, headers: response.headers, text: answer, continued });
    };
    request.on('response', (response) => {
      read(response).catch(reject);
    });
    if (headers['expect'] === undefined) write().catch(reject);
    else request.flushHeaders();
  });
}

/** What came back on a connection of its own until the server ended it. */
export interface Transcript {
  readonly text: string;
  readonly reset: boolean;
}

/** Sends bytes as they are. Ends when the server does. */
export function transcript(url: string, sent: string): Promise<Transcript> {
  return new Promise((resolve) => {
    const socket = open(url);
    let received = '';
    let reset = false;
    socket.on('data', (piece: Buffer) => {
      received += piece.toString('latin1');
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      reset = error.code === 'ECONNRESET' || error.code === 'EPIPE';
    });
    socket.on('close', () => resolve({ text: received, reset }));
    socket.write(sent, 'latin1');
  });
}

export function open(url: string): Socket {
  const { hostname, port } = new URL(url);
  return connect({ host: hostname, port: Number(port) });
}

/** The head of a request, as it goes over the wire. */
export function head(line: string, headers: Record<string, string>): string {
  const lines = Object.entries({ host: 'doris', ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return [`${line} HTTP/1.1`, ...lines, '', ''].join('\r\n');
}

import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { gzipSync } from 'node:zlib';
import { NotDescribed } from './refusal.ts';

/** A request as it arrived, for tests to look at. */
export interface RequestRecord {
  /** The frontend, or the index of a backend. */
  readonly server: 'frontend' | number;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Without Authorization. */
  readonly headers: IncomingHttpHeaders;
  /** Bytes of the body that have arrived so far. */
  bodyBytes: number;
}

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  /** The parts of the path, decoded. */
  readonly path: readonly string[];
  /** Whether the client holds its body back until it reads `100 Continue`. */
  readonly awaitsContinue: boolean;
  readonly record: RequestRecord;
}

/** A server that is not listening yet. What its handler throws is answered with 501 or, a defect, 500. */
export function createFront(of: {
  server: RequestRecord['server'];
  requests: RequestRecord[];
  handle: (exchange: Exchange) => Promise<void>;
}): Server {
  // Lenient: a request with both lengths must arrive (§1). A load may take its time.
  const server = createServer({
    insecureHTTPParser: true,
    requestTimeout: 0,
    headersTimeout: 0,
    keepAliveTimeout: 0,
  });
  const serve =
    (awaitsContinue: boolean) => (request: IncomingMessage, response: ServerResponse) => {
      const { authorization: _, ...headers } = request.headers;
      const { method = '', url = '' } = request;
      const record = { server: of.server, method, path: url, headers, bodyBytes: 0 };
      of.requests.push(record);
      const exchange = async () => {
        const parsed = new URL(url, 'http://stand-in');
        const path = parsed.pathname.split('/').slice(1).map(decodeURIComponent);
        await of.handle({ request, response, url: parsed, path, awaitsContinue, record });
      };
      exchange().catch((error: unknown) => fail(response, error));
    };
  server.on('request', serve(false));
  server.on('checkContinue', serve(true));
  // Any value of Expect will do (§1).
  server.on('checkExpectation', serve(false));
  return server;
}

/** Listens on the loopback, on a free port if it is 0. @returns the port. */
export async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was bound');
  return address.port;
}

/** Stops listening at once and ends every connection. */
export async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeAllConnections();
  await closed;
}

/** HTTP 200, compressed if the client can read that (§3). */
export function replyText({ request, response }: Exchange, text: string, type: string): void {
  const compressed = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  const body = compressed ? gzipSync(text) : Buffer.from(text);
  response.writeHead(200, {
    'Content-Type': type,
    'Content-Length': body.length,
    ...(compressed ? { 'Content-Encoding': 'gzip' } : {}),
  });
  response.end(body);
}

export function replyJson(exchange: Exchange, body: object): void {
  replyText(exchange, JSON.stringify(body), 'application/json');
}

function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) return;
  const known = error instanceof NotDescribed;
  response.writeHead(known ? 501 : 500, { 'Content-Type': 'text/plain' });
  response.end(known ? error.message : `The stand-in for Doris failed: ${String(error)}`);
}

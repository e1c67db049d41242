import type { Server } from 'node:http';
import { type Access, denialOf } from './access.ts';
import { type Faults, strike, strikeEnvelope } from './faults.ts';
import { createFront, type Exchange, type RequestRecord, replyJson } from './http-exchange.ts';
import { loadHeadersOf } from './load-headers.ts';
import { groupCommitFault } from './load-request.ts';
import { NotDescribed } from './refusal.ts';
import type { Catalogue } from './store.ts';
import type { Transactions } from './transactions.ts';

/** How long a body may take to come where it is to meet a reset. */
const BODY_GRACE_MS = 200;

/** A backend as the frontend believes it to be. */
export interface KnownBackend {
  readonly host: string;
  readonly httpPort: number;
  readonly alive: boolean;
}

interface FrontendOptions extends Access {
  readonly catalogue: Catalogue;
  readonly transactions: Transactions;
  readonly faults: Faults;
  readonly requests: RequestRecord[];
  readonly backends: () => readonly KnownBackend[];
}

/** The HTTP side of a frontend (§1.1, §1.3, §4). It never reads a body. */
export function createFrontend(options: FrontendOptions): Server {
  let turn = 0;
  const pick = (): KnownBackend | null => {
    const alive = options.backends().filter((backend) => backend.alive);
    turn += 1;
    return alive[turn % alive.length] ?? null;
  };
  return createFront({
    server: 'frontend',
    requests: options.requests,
    // An async function: what it throws becomes the reply.
    handle: async (exchange) => route(exchange, options, pick),
  });
}

function route(
  exchange: Exchange,
  options: FrontendOptions,
  pick: () => KnownBackend | null,
): void {
  const { request, path } = exchange;
  const { method = '' } = request;
  const denial = denialOf(request, options);
  if (denial !== null) {
    // HTTP 200, like everything (§1.1).
    replyJson(exchange, { msg: 'Unauthorized', code: 401, data: denial, count: 0 });
    return;
  }
  const [api, database = '', ...rest] = path;
  const last = rest.at(-1);
  if (api !== 'api') throw new NotDescribed(`${method} ${exchange.url.pathname} on a frontend`);
  if (method === 'PUT' && last === '_stream_load' && rest.length === 2) {
    redirectLoad(exchange, options, pick);
  } else if (method === 'PUT' && last === '_stream_load_2pc' && rest.length <= 2) {
    const subject = subjectOf(exchange);
    const envelope = strikeEnvelope(options.faults, 'redirect', subject);
    if (envelope === null) redirect(exchange, options, pick);
    else replyJson(exchange, envelope);
  } else if (method === 'GET' && last === 'get_load_state' && rest.length === 1) {
    replyState(exchange, options, database);
  } else if (method === 'GET' && database === 'backends' && rest.length === 0) {
    replyBackends(exchange, options);
  } else throw new NotDescribed(`${method} ${exchange.url.pathname} on a frontend`);
}

function failed(msg: string): object {
  return { status: 'FAILED', msg };
}

function redirectLoad(
  exchange: Exchange,
  options: FrontendOptions,
  pick: () => KnownBackend | null,
): void {
  const { request } = exchange;
  const subject = subjectOf(exchange);
  const envelope = strikeEnvelope(options.faults, 'redirect', subject);
  const fault = groupCommitFault(loadHeadersOf(request.headers));
  if (envelope !== null) replyJson(exchange, envelope);
  else if (request.headers.expect === undefined) {
    replyJson(exchange, failed('There is no 100-continue header'));
  } else if (fault !== null) replyJson(exchange, failed(fault));
  else redirect(exchange, options, pick);
}

/** A body that comes nevertheless is not read: the connection is reset (§1.1). */
function redirect(
  exchange: Exchange,
  options: FrontendOptions,
  pick: () => KnownBackend | null,
): void {
  const { request, response, record } = exchange;
  const backend = pick();
  if (backend === null) {
    replyJson(exchange, failed('No backend load available.'));
    return;
  }
  const subject = subjectOf(exchange);
  const wrong = strike(options.faults.wrongRedirectHost, subject);
  const host = wrong?.host ?? `${backend.host}:${backend.httpPort}`;
  const location = `http://${userInfo(options)}@${host}${exchange.url.pathname}?`;
  const carriesBody =
    Number(request.headers['content-length'] ?? 0) > 0 ||
    request.headers['transfer-encoding'] !== undefined;
  const lost = carriesBody && strike(options.faults.resetOnBodyAtFrontend, subject) !== null;
  request.on('data', (piece: Buffer) => {
    record.bodyBytes += piece.length;
    request.socket.resetAndDestroy();
  });
  const answer = () => {
    response.writeHead(307, {
      Location: location,
      'Content-Length': 0,
      // Node would close the connection politely, before a body could meet its reset.
      ...(carriesBody ? { Connection: 'keep-alive' } : {}),
    });
    response.end();
  };
  // A client that holds its body back is answered even so.
  if (lost) setTimeout(answer, BODY_GRACE_MS).unref();
  else answer();
}

/** As java.net.URI writes it (§1.1): what a user info may not hold is percent-encoded. */
function userInfo({ user, password }: FrontendOptions): string {
  return `${user}:${password}`.replaceAll(/[^\w.!~*'();:&=+$,-]/gu, encodeURIComponent);
}

function replyState(exchange: Exchange, options: FrontendOptions, database: string): void {
  const label = exchange.url.searchParams.get('label');
  const envelope = strikeEnvelope(options.faults, 'state', { label: label ?? undefined });
  if (envelope !== null) replyJson(exchange, envelope);
  else if (label === null || !options.catalogue.databases.has(database)) {
    const data = label === null ? 'no label' : `unknown database, database=${database}`;
    replyJson(exchange, { msg: 'Error', code: 1, data, count: 0 });
  } else {
    const data = options.transactions.statusOf(database, label);
    replyJson(exchange, { msg: 'success', code: 0, data, count: 0 });
  }
}

function replyBackends(exchange: Exchange, options: FrontendOptions): void {
  const envelope = strikeEnvelope(options.faults, 'backends', {});
  if (envelope !== null) {
    replyJson(exchange, envelope);
    return;
  }
  const onlyAlive = exchange.url.searchParams.get('is_alive') === 'true';
  const wrong = strike(options.faults.wrongRedirectHost, {});
  const [ip, port] = wrong?.host.split(':') ?? [];
  const backends = options
    .backends()
    .filter(({ alive }) => alive || !onlyAlive)
    .map(({ host, httpPort, alive }) => ({
      ip: ip ?? host,
      http_port: port === undefined ? httpPort : Number(port),
      is_alive: alive,
    }));
  replyJson(exchange, { msg: 'success', code: 0, data: { backends }, count: 0 });
}

function subjectOf({ request, path }: Exchange): { label: string | undefined; table?: string } {
  const { label } = request.headers;
  const [, , table, load] = path;
  return {
    label: typeof label === 'string' ? label : undefined,
    ...(load === undefined || table === undefined ? {} : { table }),
  };
}

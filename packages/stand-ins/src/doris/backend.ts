import type { Server } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { strike, strikeEnvelope } from './faults.ts';
import {
  createFront,
  type Exchange,
  type RequestRecord,
  replyJson,
  replyText,
} from './http-exchange.ts';
import { assertUser, type LoadHost, serveLoad } from './load-exchange.ts';
import { NotDescribed, Refusal } from './refusal.ts';
import { endTwoPhase } from './two-phase.ts';

/** A commit of two phases returns before its rows are visible (§4). */
const PUBLISH_AFTER_MS = 5;

/** The HTTP side of one backend (§1, §3, §4). */
export function createBackend(of: {
  index: number;
  requests: RequestRecord[];
  host: LoadHost;
}): Server {
  return createFront({
    server: of.index,
    requests: of.requests,
    handle: (exchange) => route(exchange, of.host),
  });
}

async function route(exchange: Exchange, host: LoadHost): Promise<void> {
  const { method = '' } = exchange.request;
  const { url, path } = exchange;
  const [first, , ...rest] = path;
  if (first === 'api' && method === 'PUT') {
    if (rest.length === 2 && rest[1] === '_stream_load') {
      await serveLoad(exchange, host);
      return;
    }
    if (rest.length <= 2 && rest.at(-1) === '_stream_load_2pc') {
      serveTwoPhase(exchange, host);
      return;
    }
  }
  if (method === 'GET' && url.pathname === '/') replyText(exchange, 'Doris backend\n', 'text/html');
  else if (method === 'GET' && url.pathname === '/api/health') {
    replyJson(exchange, { status: 'OK' });
  } else if (method === 'GET' && url.pathname === '/api/_load_error_log') replyLog(exchange, host);
  else throw new NotDescribed(`${method} ${url.pathname} on a backend`);
}

function replyLog(exchange: Exchange, host: LoadHost): void {
  const log = host.errorLogs.read(exchange.url.searchParams.get('file') ?? '');
  if (log === null) throw new NotDescribed('the log of a load that has none');
  replyText(exchange, log, 'text/plain');
}

function serveTwoPhase(exchange: Exchange, host: LoadHost): void {
  const { request, path } = exchange;
  const { transactions, faults } = host;
  const header = (name: string) => {
    const value = request.headers[name];
    return typeof value === 'string' ? value : undefined;
  };
  const database = path[1] ?? '';
  const txnId = header('txn_id');
  const label = header('label');
  const subject = { label: label ?? transactions.ofId(database, Number(txnId))?.label };
  const envelope = strikeEnvelope(faults, 'two-phase', subject);
  if (envelope !== null) {
    replyJson(exchange, envelope);
    return;
  }
  try {
    assertUser(exchange, host);
    const operation = header('txn_operation');
    const msg = endTwoPhase(
      transactions,
      { database, operation, txnId, label },
      (record) =>
        strike(faults.slowPublish, record)?.until ??
        pause(PUBLISH_AFTER_MS, undefined, { ref: false }),
    );
    if (operation === 'commit' && strike(faults.commit2pcLost, subject) !== null) {
      request.socket.destroy();
    } else replyJson(exchange, { status: 'Success', msg });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    replyJson(exchange, { status: error.code, msg: error.message });
  }
}

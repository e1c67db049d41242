import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startDorisStandIn } from '@drover/stand-ins';

/** What the parent is told when the sink is there. */
export interface SinkAddress {
  readonly fe: string;
  readonly be: string;
  readonly queryPort: number;
  /** Without a password: a migration file holds none. */
  readonly user: string;
}

interface Load {
  readonly txnId: number;
  readonly label: string;
  state: 'PREPARE' | 'PRECOMMITTED' | 'VISIBLE' | 'ABORTED';
}

const HOST = '127.0.0.1';
const LINE_FEED = 0x0a;

/** By table: rows of each of its loads. Loads of other tables are counted, by their line feeds. */
const announced = new Map<string, number>();
/** The newest of each label. */
const loads = new Map<string, Load>();
let lastTxnId = 0;

/**
 * A program, started with `fork`: answers as a Doris would, and reads bodies without looking into them. Statements
 * are answered by the stand-in, which sees no rows.
 */
async function serve(): Promise<SinkAddress> {
  const { mysqlPort: queryPort, user } = await startDorisStandIn({ password: '' });
  const be = await listen(createServer(backend).on('checkContinue', backend));
  const location = be.replace('//', `//${user}:@`);
  const frontend = frontendOf(location, Number(new URL(be).port));
  const fe = await listen(createServer(frontend).on('checkContinue', frontend));
  return { fe, be, queryPort, user };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, HOST, resolve);
  });
  return `http://${HOST}:${(server.address() as AddressInfo).port}`;
}

function frontendOf(location: string, port: number) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(request.url ?? '', location);
    const last = url.pathname.split('/').at(-1);
    const tell = (data: unknown) => reply(response, { msg: 'success', code: 0, data, count: 0 });
    if (request.method === 'PUT') {
      response.writeHead(307, { Location: `${location}${url.pathname}?` }).end();
    } else if (last === 'backends') {
      tell({ backends: [{ ip: HOST, http_port: port, is_alive: true }] });
    } else if (last === 'get_load_state') {
      tell(loads.get(url.searchParams.get('label') ?? '')?.state ?? 'UNKNOWN');
    } else notFound(response);
  };
}

function backend(request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? '', `http://${HOST}`);
  const [, , , table = '', what] = pathname.split('/');
  if (what === '_stream_load') takeLoad(table, request, response);
  else if (table === '_stream_load_2pc') endLoad(request, response);
  else if (pathname === '/announce') {
    announce(searchParams.get('table') ?? '', searchParams.get('rows'));
    response.end();
  } else if (pathname === '/api/health') reply(response, { status: 'OK' });
  else notFound(response);
}

function announce(table: string, rows: string | null): void {
  if (rows === null) announced.delete(table);
  else announced.set(table, Number(rows));
}

function takeLoad(table: string, request: IncomingMessage, response: ServerResponse): void {
  const { headers } = request;
  lastTxnId += 1;
  const txnId = lastTxnId;
  const load: Load = { txnId, label: String(headers['label'] ?? txnId), state: 'PREPARE' };
  loads.set(load.label, load);
  const twoPhase = headers['two_phase_commit'] === 'true';
  const known = announced.get(table);
  let bytes = 0;
  let rows = known ?? 0;
  request.on('data', (piece: Buffer) => {
    bytes += piece.length;
    if (known === undefined) rows += lineFeeds(piece);
  });
  request.on('end', () => {
    load.state = twoPhase ? 'PRECOMMITTED' : 'VISIBLE';
    reply(response, replyOf(load, { twoPhase, rows, bytes }));
  });
  request.on('close', () => {
    if (load.state === 'PREPARE') load.state = 'ABORTED';
  });
  if (headers.expect !== undefined) response.writeContinue();
}

/** What is sent has none within its values. */
function lineFeeds(piece: Buffer): number {
  let found = 0;
  for (let at = piece.indexOf(LINE_FEED); at >= 0; at = piece.indexOf(LINE_FEED, at + 1)) {
    found += 1;
  }
  return found;
}

const replyOf = (load: Load, of: { twoPhase: boolean; rows: number; bytes: number }) => ({
  TxnId: load.txnId,
  Label: load.label,
  Comment: '',
  TwoPhaseCommit: String(of.twoPhase),
  Status: 'Success',
  Message: 'OK',
  NumberTotalRows: of.rows,
  NumberLoadedRows: of.rows,
  NumberFilteredRows: 0,
  NumberUnselectedRows: 0,
  LoadBytes: of.bytes,
  LoadTimeMs: 0,
  BeginTxnTimeMs: 0,
  StreamLoadPutTimeMs: 0,
  ReadDataTimeMs: 0,
  WriteDataTimeMs: 0,
  ReceiveDataTimeMs: 0,
  CommitAndPublishTimeMs: 0,
});

function endLoad({ headers }: IncomingMessage, response: ServerResponse): void {
  const commits = headers['txn_operation'] === 'commit';
  const load = [...loads.values()].findLast(
    ({ txnId, label }) => String(txnId) === headers['txn_id'] || label === headers['label'],
  );
  if (load === undefined) reply(response, { status: 'ANALYSIS_ERROR', msg: 'not found' });
  else {
    load.state = commits ? 'VISIBLE' : 'ABORTED';
    reply(response, { status: 'Success', msg: `transaction [${load.txnId}] done.` });
  }
}

function reply(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

function notFound(response: ServerResponse): void {
  response.writeHead(404).end();
}

process.once('disconnect', () => process.exit());
process.send?.(await serve());

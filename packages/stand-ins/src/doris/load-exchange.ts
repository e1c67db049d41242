import { type Access, denialOf } from './access.ts';
import type { ErrorLogs } from './error-log.ts';
import { strikeEnvelope } from './faults.ts';
import { type Exchange, replyJson, replyText } from './http-exchange.ts';
import { beginLoad, Dropped, type Load, type LoadDesk } from './load.ts';
import { loadHeadersOf } from './load-headers.ts';
import { emptyReport, type LoadReport, renderReport } from './load-report.ts';
import { parseLoadRequest } from './load-request.ts';
import { messageOf, Refusal } from './refusal.ts';
import type { TransactionStatus } from './store.ts';
import { LabelUsed } from './transactions.ts';

/** What a backend needs for a load. */
export interface LoadHost extends LoadDesk, Access {
  readonly errorLogs: ErrorLogs;
  /** Where this backend is reached. */
  readonly url: () => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** §8: streaming_load_max_mb. */
const MAX_BODY_MB = 102_400;

/** Serves one load (§1): begun and planned before the client is told to continue, replied to after it is committed. */
export async function serveLoad(exchange: Exchange, host: LoadHost): Promise<void> {
  const { request, response, path } = exchange;
  const [, database = '', table = ''] = path;
  const { label } = request.headers;
  const subject = { label: typeof label === 'string' ? label : undefined, table };
  const envelope = strikeEnvelope(host.faults, 'load', subject);
  if (envelope !== null) {
    replyJson(exchange, envelope);
    return;
  }
  const report = emptyReport(host.now());
  const load = begin(exchange, { host, database, table, report });
  if (load === null) return;
  if (exchange.awaitsContinue) response.writeContinue();
  try {
    await load.read(bodyOf(exchange));
    await load.finish();
  } catch (error) {
    // Nothing happens to what is committed; a client that is gone mid-body leaves an aborted load (§1).
    load.abort(request.socket.destroyed ? 'sender is gone' : messageOf(error));
    if (error instanceof Dropped) request.socket.destroy();
    if (request.socket.destroyed) return;
    refuse(report, error, host);
  }
  if (!load.errors.isEmpty) report.errorUrl = host.url() + host.errorLogs.publish(load.errors);
  reply(exchange, { host, load, report });
  // A client that is still sending may finish.
  request.resume();
}

/** @returns null where the load is refused, which was replied without a `100 Continue`. */
function begin(
  exchange: Exchange,
  of: { host: LoadHost; database: string; table: string; report: LoadReport },
): Load | null {
  const { host, database, table, report } = of;
  const { request } = exchange;
  try {
    const options = loadHeadersOf(request.headers);
    report.label = options.get('label') ?? '';
    report.comment = options.get('comment') ?? '';
    report.twoPhase = options.get('two_phase_commit') === 'true';
    assertUser(exchange, host);
    assertLength(exchange);
    const parsed = parseLoadRequest(options, host.generation);
    report.label = parsed.label;
    return beginLoad({ desk: host, database, table, request: parsed, report });
  } catch (error) {
    refuse(report, error, host);
    replyText(exchange, renderReport(report, host.now()), 'application/json');
    return null;
  }
}

/** @throws Refusal where the request is denied. */
export function assertUser({ request }: Exchange, access: Access): void {
  const denial = denialOf(request, access);
  if (denial !== null) throw Refusal.ofFrontend(denial);
}

/** §1: one of the two lengths, not both. */
function assertLength({ request }: Exchange): void {
  const declared = request.headers['content-length'];
  const chunked = request.headers['transfer-encoding'] === 'chunked';
  if (declared === undefined && !chunked) {
    throw new Refusal(
      'INVALID_ARGUMENT',
      'content_length is empty and transfer-encoding!=chunked, please set content_length or transfer-encoding=chunked',
    );
  }
  if (declared !== undefined && chunked) {
    throw new Refusal(
      'INVALID_ARGUMENT',
      'please do not set both content_length and transfer-encoding',
    );
  }
  if (Number(declared ?? 0) > MAX_BODY_MB * 1024 * 1024) {
    throw new Refusal(
      'INVALID_ARGUMENT',
      `body size ${declared} exceed BE's conf \`streaming_load_max_mb\` ${MAX_BODY_MB}`,
    );
  }
}

/** Fills in why there is no success. @throws what is no reply of Doris. */
function refuse(report: LoadReport, error: unknown, { generation }: LoadHost): void {
  if (error instanceof LabelUsed) {
    const { id, status } = error.existing;
    report.status = 'Label Already Exists';
    report.existingJobStatus = jobStatusOf(status);
    // Older builds do not name the status (§3).
    const tail = generation === 'D26' ? `, status [${status}].` : '.';
    report.message = `[LABEL_ALREADY_EXISTS]TStatus: errCode = 2, detailMessage = Label [${report.label}] has already been used, relate to txn [${id}]${tail}`;
  } else if (error instanceof Refusal) {
    report.status = 'Fail';
    report.message = `[${error.code}]${error.message}`;
  } else throw error;
}

function jobStatusOf(status: TransactionStatus): 'RUNNING' | 'PRECOMMITTED' | 'FINISHED' {
  if (status === 'PREPARE') return 'RUNNING';
  return status === 'PRECOMMITTED' ? 'PRECOMMITTED' : 'FINISHED';
}

async function* bodyOf({ request, record }: Exchange): AsyncGenerator<Buffer> {
  // The connection outlives a load that ends before its body.
  for await (const piece of request.iterator({ destroyOnReturn: false })) {
    const bytes = piece as Buffer;
    record.bodyBytes += bytes.length;
    yield bytes;
  }
}

function reply(
  exchange: Exchange,
  { host, load, report }: { host: LoadHost; load: Load; report: LoadReport },
): void {
  const { faults } = host;
  const committed = report.status === 'Success' || report.status === 'Publish Timeout';
  if (committed && load.strikes(faults.commitThenDrop)) {
    exchange.request.socket.destroy();
    return;
  }
  if (committed && load.strikes(faults.failThoughCommitted)) {
    report.status = 'Fail';
    report.message = '[INTERNAL_ERROR]the commit was not answered in time by the frontend';
  }
  const text = renderReport(report, host.now());
  const shown = load.strikes(faults.truncatedReply) ? text.slice(0, text.length / 2) : text;
  replyText(exchange, shown, 'application/json');
}

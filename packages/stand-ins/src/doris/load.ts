import { setTimeout as pause } from 'node:timers/promises';
import { type CsvLine, CsvLines } from './csv-lines.ts';
import { ErrorLog } from './error-log.ts';
import { type Aim, type Faults, type Hold, strike } from './faults.ts';
import { gunzip } from './gunzip.ts';
import { planLoad } from './load-columns.ts';
import type { LoadReport } from './load-report.ts';
import type { LoadRequest } from './load-request.ts';
import { type ReadRow, rowReader } from './load-rows.ts';
import { messageOf, Refusal } from './refusal.ts';
import type { Catalogue, Generation, Write } from './store.ts';
import { runningLimit, type Transactions } from './transactions.ts';

/** What the loads of a stand-in share. */
export interface LoadDesk {
  readonly generation: Generation;
  readonly catalogue: Catalogue;
  readonly transactions: Transactions;
  readonly faults: Faults;
  /** What a STRING may hold. */
  readonly stringLimitBytes: number;
  /** How long a plain load waits until its rows are visible, before it replies `Publish Timeout` (§4). */
  readonly publishWaitMs: number;
}

interface LoadOrder {
  readonly desk: LoadDesk;
  readonly database: string;
  readonly table: string;
  readonly request: LoadRequest;
  /** Filled in on the way. */
  readonly report: LoadReport;
}

/** The connection is to end in the middle of the body. */
export class Dropped extends Error {}

/** Begins the transaction and plans the load (§1). @throws LabelUsed, Refusal, NotDescribed. */
export function beginLoad(order: LoadOrder): Load {
  const { desk, database, table, request, report } = order;
  const { catalogue, faults, generation, stringLimitBytes, transactions } = desk;
  const { label, timeoutMs } = request;
  if (strike(faults.runningTransactions, { label, table }) !== null) {
    throw runningLimit(database, 100, 100);
  }
  report.txnId = transactions.begin({ database, table, label, timeoutMs });
  try {
    const definition = catalogue.table(database, table)?.definition;
    if (definition === undefined) throw new Error(`${database}.${table} vanished`);
    const plan = planLoad(request, definition);
    return new Load(order, rowReader({ request, plan, generation, stringLimitBytes }));
  } catch (error) {
    transactions.abort(report.txnId, messageOf(error));
    throw error;
  }
}

/** A load that was begun. One that is neither finished nor aborted stays in PREPARE until its timeout. */
export class Load {
  readonly errors = new ErrorLog();
  readonly #order: LoadOrder;
  readonly #readRow: ReadRow;
  readonly #subject: { readonly label: string; readonly table: string };
  readonly #writes: Write[] = [];

  constructor(order: LoadOrder, readRow: ReadRow) {
    this.#order = order;
    this.#readRow = readRow;
    this.#subject = { label: order.request.label, table: order.table };
  }

  /** Reads the body to its end. @throws Refusal, NotDescribed, Dropped; what the body throws. */
  async read(body: AsyncIterable<Buffer>): Promise<void> {
    const { csv, compression } = this.#order.request;
    const refused = strike(this.#order.desk.faults.refuseRows, this.#subject);
    const lines = new CsvLines(csv);
    const take = (line: CsvLine) => {
      const refuses = refused !== null && line.bytes.includes(refused.containing);
      this.#count(line, refuses ? { reason: refused.reason } : this.#readRow(line));
    };
    const pieces = this.#received(body);
    for await (const piece of compression === 'gz' ? gunzip(pieces) : pieces) {
      for (const line of lines.push(piece)) take(line);
    }
    for (const line of lines.end()) take(line);
  }

  /** Commits, or pre-commits where there are two phases. @throws Refusal. */
  async finish(): Promise<void> {
    const { desk, request, report } = this.#order;
    const { faults, transactions } = desk;
    if (this.strikes(faults.tooManyVersions)) throw tooManyVersions();
    if (report.filteredRows > request.maxFilterRatio * report.totalRows) {
      throw new Refusal('DATA_QUALITY_ERROR', 'too many filtered rows');
    }
    const lost = strike(faults.loseRows, this.#subject);
    if (lost !== null) {
      const { length } = this.#writes.splice(-lost.rows, lost.rows);
      report.totalRows -= length;
    }
    report.loadedRows = this.#writes.length;
    await this.#hold(faults.holdBeforeCommit);
    if (request.twoPhase) {
      transactions.precommit(report.txnId, this.#writes);
      await this.#hold(faults.holdAfterPrecommit);
    } else await this.#commit();
    if (this.strikes(faults.forgetLabel)) transactions.forget(report.txnId);
  }

  abort(reason: string): void {
    this.#order.desk.transactions.abort(this.#order.report.txnId, reason);
  }

  /** Whether a fault strikes this load. */
  strikes(knob: Aim | null): boolean {
    return strike(knob, this.#subject) !== null;
  }

  async *#received(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const { desk, report } = this.#order;
    const drop = strike(desk.faults.dropMidBody, this.#subject);
    for await (const piece of body) {
      report.loadBytes += piece.length;
      if (drop !== null && report.loadBytes >= drop.afterBytes) throw new Dropped();
      if (this.strikes(desk.faults.memoryLimit)) {
        throw new Refusal('MEM_LIMIT_EXCEEDED', 'the memory limit of the backend is exceeded');
      }
      yield piece;
    }
  }

  #count(line: CsvLine, result: ReturnType<ReadRow>): void {
    const { request, report } = this.#order;
    report.totalRows += 1;
    if ('row' in result) {
      this.#writes.push(result);
      return;
    }
    report.filteredRows += 1;
    // Where no row may be filtered, a load stops once its log is full (§3).
    if (request.maxFilterRatio === 0 && this.errors.isFull) {
      throw new Refusal('DATA_QUALITY_ERROR', 'Encountered unqualified data, stop processing');
    }
    this.errors.add(result.reason, line.bytes);
  }

  async #commit(): Promise<void> {
    const { desk, report } = this.#order;
    const { faults, publishWaitMs, transactions } = desk;
    const unseen = strike(faults.publishTimeout, this.#subject);
    const slow = strike(faults.slowPublish, this.#subject);
    const publish = unseen?.until ?? slow?.until ?? null;
    const published = transactions.commit(report.txnId, this.#writes, publish);
    if (publish === null) return;
    const seen =
      unseen === null &&
      (await Promise.race([
        published.then(() => true),
        pause(publishWaitMs, false, { ref: false }),
      ]));
    if (seen) return;
    report.status = 'Publish Timeout';
    report.message =
      '[PUBLISH_TIMEOUT]TStatus: transaction commit successfully, BUT data will be visible later';
  }

  async #hold(knob: Hold | null): Promise<void> {
    const hold = strike(knob, this.#subject);
    if (hold === null) return;
    hold.reached();
    await hold.until;
  }
}

/** §8. */
function tooManyVersions(): Refusal {
  return new Refusal(
    'INTERNAL_ERROR',
    'tablet error: failed to init rowset builder. version count: 2001, exceed limit: 2000, tablet: 10015. Please reduce the frequency of loading data, error -235',
  );
}

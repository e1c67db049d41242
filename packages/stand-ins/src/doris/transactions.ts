import { Refusal } from './refusal.ts';
import type {
  Catalogue,
  Generation,
  Table,
  TransactionLog,
  TransactionRecord,
  TransactionStatus,
  Write,
} from './store.ts';

/** §8: transactions of one database that may be under way. */
const MAX_RUNNING = { D24: 1000, D26: 10_000 } as const;

/** §4: finished transactions that a database remembers, and for how long. */
const REMEMBERED = 2000;
const REMEMBERED_MS = 43_200_000;

/** §4: after this, what was pre-committed is given up. */
const PRECOMMIT_TIMEOUT_MS = 3_600_000;

/** A label that a transaction has already, which was not aborted (§4). */
export class LabelUsed extends Error {
  readonly existing: TransactionRecord;

  constructor(existing: TransactionRecord) {
    super(`Label [${existing.label}] has already been used, relate to txn [${existing.id}]`);
    this.existing = existing;
  }
}

interface Transaction {
  record: TransactionRecord;
  readonly tableName: string;
  /** The table that was planned for: another one of the same name does not get the rows. */
  readonly table: Table;
  writes: readonly Write[];
}

/**
 * Labels and what became of them (§4). A transaction goes from PREPARE, by way of PRECOMMITTED if it has two
 * phases, to COMMITTED and VISIBLE, or to ABORTED. Its rows are in no table before it is VISIBLE.
 */
export class Transactions implements TransactionLog {
  readonly #generation: Generation;
  readonly #catalogue: Catalogue;
  readonly #now: () => number;
  /** By id, thus in order of their beginning. */
  readonly #transactions = new Map<number, Transaction>();
  /** By database: what is finished, in the order in which it finished. */
  readonly #finished = new Map<string, Transaction[]>();
  #lastId = 1000;

  /** `now` is in milliseconds since 1970. */
  constructor(options: { generation: Generation; catalogue: Catalogue; now: () => number }) {
    this.#generation = options.generation;
    this.#catalogue = options.catalogue;
    this.#now = options.now;
  }

  ofLabel(database: string, label: string): readonly TransactionRecord[] {
    return this.#of(database)
      .map(({ record }) => record)
      .filter((record) => record.label === label)
      .reverse();
  }

  ofId(database: string, id: number): TransactionRecord | null {
    return this.#of(database).find(({ record }) => record.id === id)?.record ?? null;
  }

  /** §4: of the newest transaction with the label. */
  statusOf(database: string, label: string): TransactionStatus | 'UNKNOWN' {
    return this.ofLabel(database, label)[0]?.status ?? 'UNKNOWN';
  }

  /**
   * @returns the id of a transaction in PREPARE.
   * @throws LabelUsed; Refusal where the database or the table is missing, or too much is under way.
   */
  begin(of: { database: string; table: string; label: string; timeoutMs: number }): number {
    const { database, label, timeoutMs } = of;
    if (!this.#catalogue.databases.has(database)) {
      throw Refusal.ofFrontend(`unknown database, database=${database}`);
    }
    const table = this.#catalogue.table(database, of.table);
    if (table === undefined) throw Refusal.ofFrontend(`unknown table, tableName=${of.table}`);
    const existing = this.ofLabel(database, label).find(({ status }) => status !== 'ABORTED');
    if (existing !== undefined) throw new LabelUsed(existing);
    const running = this.#of(database).filter(({ record }) => !isFinal(record.status)).length;
    const limit = MAX_RUNNING[this.#generation];
    if (running >= limit) throw runningLimit(database, running, limit);

    this.#lastId += 1;
    const record: TransactionRecord = {
      id: this.#lastId,
      database,
      label,
      status: 'PREPARE',
      reason: '',
      timeoutMs,
      preparedAt: this.#now(),
      preCommittedAt: null,
      committedAt: null,
      publishedAt: null,
      finishedAt: null,
    };
    this.#transactions.set(record.id, { record, tableName: of.table, table, writes: [] });
    return record.id;
  }

  /** Hands the rows over. @throws Refusal where the transaction is not in PREPARE any more. */
  precommit(id: number, writes: readonly Write[]): void {
    const transaction = this.#alive(id, 'PREPARE');
    transaction.writes = writes;
    this.#become(transaction, { status: 'PRECOMMITTED', preCommittedAt: this.#now() });
  }

  /**
   * Commits a transaction in PREPARE with its rows, which become visible when `publish` resolves, at once if
   * it is null.
   * @returns a promise of that.
   * @throws Refusal where it is not in PREPARE any more, or the table it was for is gone; that aborts it.
   */
  commit(id: number, writes: readonly Write[], publish: Promise<void> | null): Promise<void> {
    const transaction = this.#alive(id, 'PREPARE');
    transaction.writes = writes;
    return this.#commit(transaction, publish);
  }

  /** As `commit`, for a transaction in PRECOMMITTED. */
  commitPrepared(id: number, publish: Promise<void> | null): Promise<void> {
    return this.#commit(this.#alive(id, 'PRECOMMITTED'), publish);
  }

  /** Nothing happens to one that is committed or finished. */
  abort(id: number, reason: string): void {
    const transaction = this.#transactions.get(id);
    if (transaction === undefined) return;
    const { status } = transaction.record;
    if (status === 'PREPARE' || status === 'PRECOMMITTED') {
      transaction.writes = [];
      this.#finish(transaction, { status: 'ABORTED', reason });
    }
  }

  /** As if it had been one of too many that are finished. */
  forget(id: number): void {
    this.#transactions.delete(id);
  }

  #commit(transaction: Transaction, publish: Promise<void> | null): Promise<void> {
    const { record, tableName } = transaction;
    if (this.#catalogue.table(record.database, tableName) !== transaction.table) {
      this.abort(record.id, `table ${tableName} was dropped or replaced`);
      throw Refusal.ofFrontend(`table ${tableName} was dropped or replaced meanwhile`);
    }
    this.#become(transaction, { status: 'COMMITTED', committedAt: this.#now() });
    if (publish !== null) return publish.then(() => this.#publish(transaction));
    this.#publish(transaction);
    return Promise.resolve();
  }

  #publish(transaction: Transaction): void {
    transaction.table.apply(transaction.writes);
    transaction.writes = [];
    this.#finish(transaction, { status: 'VISIBLE', publishedAt: this.#now() });
  }

  #finish(transaction: Transaction, change: Partial<TransactionRecord>): void {
    this.#become(transaction, { ...change, finishedAt: this.#now() });
    const { database } = transaction.record;
    const finished = this.#finished.get(database) ?? [];
    this.#finished.set(database, finished);
    finished.push(transaction);
  }

  #become(transaction: Transaction, change: Partial<TransactionRecord>): void {
    transaction.record = { ...transaction.record, ...change };
  }

  #alive(id: number, status: TransactionStatus): Transaction {
    this.#tidy();
    const transaction = this.#transactions.get(id);
    if (transaction === undefined) throw Refusal.ofFrontend(`transaction [${id}] not found`);
    const { record } = transaction;
    if (record.status === 'ABORTED') {
      throw Refusal.ofFrontend(
        `transaction [${id}] is already aborted. abort reason: ${record.reason}`,
      );
    }
    if (record.status !== status) {
      throw new Error(`transaction ${id} is ${record.status}; this step is for ${status}`);
    }
    return transaction;
  }

  #of(database: string): Transaction[] {
    this.#tidy();
    return [...this.#transactions.values()].filter(({ record }) => record.database === database);
  }

  /** Doris does this every 30 seconds (§4), which nobody may rely on: here it is done before each look. */
  #tidy(): void {
    const now = this.#now();
    for (const { record } of this.#transactions.values()) {
      const { id, status, preparedAt, preCommittedAt, timeoutMs } = record;
      const late = preCommittedAt === null ? now - preparedAt >= timeoutMs : false;
      const stale = preCommittedAt !== null && now - preCommittedAt >= PRECOMMIT_TIMEOUT_MS;
      if (!isFinal(status) && (late || stale)) this.abort(id, 'timeout');
    }
    for (const finished of this.#finished.values()) {
      while (finished.length > REMEMBERED || isOld(finished[0], now)) {
        const oldest = finished.shift();
        if (oldest !== undefined) this.forget(oldest.record.id);
      }
    }
  }
}

/** §8. */
export function runningLimit(database: string, running: number, limit: number): Refusal {
  return Refusal.ofFrontend(
    `current running txns on db ${database} is ${running}, larger than limit ${limit}`,
  );
}

function isFinal(status: TransactionStatus): boolean {
  return status === 'VISIBLE' || status === 'ABORTED';
}

function isOld(transaction: Transaction | undefined, now: number): boolean {
  const finishedAt = transaction?.record.finishedAt ?? null;
  return finishedAt !== null && now - finishedAt >= REMEMBERED_MS;
}

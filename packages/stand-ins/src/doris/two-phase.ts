import { NotDescribed, Refusal } from './refusal.ts';
import type { TransactionRecord } from './store.ts';
import type { Transactions } from './transactions.ts';

/** A request to end a transaction of two phases (§4), by its headers. */
export interface TwoPhaseRequest {
  readonly database: string;
  readonly operation: string | undefined;
  readonly txnId: string | undefined;
  readonly label: string | undefined;
}

/**
 * Commits or aborts. `publish` is asked for when what is committed becomes visible.
 * @returns the reply's message. @throws Refusal, NotDescribed.
 */
export function endTwoPhase(
  transactions: Transactions,
  request: TwoPhaseRequest,
  publish: (record: TransactionRecord) => Promise<void>,
): string {
  const { operation, txnId, label } = request;
  if (operation !== 'commit' && operation !== 'abort') {
    throw new NotDescribed(`the header txn_operation with '${operation ?? ''}'`);
  }
  const record = find(transactions, request, operation);
  if (operation === 'commit') {
    assertCanCommit(record);
    void transactions.commitPrepared(record.id, publish(record));
  } else {
    assertCanAbort(record);
    transactions.abort(record.id, 'User Abort');
  }
  const names = [
    ...(label === undefined ? [] : [`label [${label}]`]),
    ...(txnId === undefined ? [] : [`transaction [${txnId}]`]),
  ];
  return `${names.join(' ')} ${operation} successfully.`;
}

function find(
  transactions: Transactions,
  { database, txnId, label }: TwoPhaseRequest,
  operation: 'commit' | 'abort',
): TransactionRecord {
  if (txnId !== undefined) {
    if (!/^\d{1,15}$/.test(txnId)) throw new NotDescribed(`the header txn_id with '${txnId}'`);
    const record = transactions.ofId(database, Number(txnId));
    if (record === null) throw Refusal.ofFrontend(`transaction [${txnId}] not found`);
    if (label !== undefined && label !== record.label) {
      throw new NotDescribed(`txn_id ${txnId} together with the label of another transaction`);
    }
    return record;
  }
  if (label === undefined) throw new NotDescribed('the end of a transaction without id and label');
  const wanted = operation === 'commit' ? ['PRECOMMITTED'] : ['PRECOMMITTED', 'PREPARE'];
  const found = transactions.ofLabel(database, label).find(({ status }) => wanted.includes(status));
  if (found !== undefined) return found;
  const missing = operation === 'commit' ? 'transaction' : 'running transaction';
  throw Refusal.ofFrontend(`${missing} not found, label=${label}`);
}

function assertCanCommit({ id, status, reason }: TransactionRecord): void {
  if (status === 'PRECOMMITTED') return;
  if (status === 'ABORTED') {
    throw Refusal.ofFrontend(`transaction [${id}] is already aborted. abort reason: ${reason}`);
  }
  const is = status === 'PREPARE' ? 'is prepare' : `is already ${status.toLowerCase()}`;
  throw Refusal.ofFrontend(`transaction [${id}] ${is}, not pre-committed.`);
}

function assertCanAbort({ id, status, reason }: TransactionRecord): void {
  if (status === 'PREPARE' || status === 'PRECOMMITTED') return;
  throw Refusal.ofFrontend(
    status === 'ABORTED'
      ? `transaction [${id}] is already aborted, abort reason: ${reason}`
      : `transaction [${id}] is already ${status}, could not abort.`,
  );
}

import { describe, expect, it } from 'vitest';
import { NotDescribed, Refusal } from './refusal.ts';
import { Catalogue, type Generation, type Write } from './store.ts';
import { createShips } from './testing/tables.ts';
import { LabelUsed, Transactions } from './transactions.ts';
import { endTwoPhase } from './two-phase.ts';

const HOUR_MS = 3_600_000;
const ROW: Write = { kind: 'put', row: [1n, 'Anna', null] };

function setUp(generation: Generation = 'D26') {
  const catalogue = new Catalogue();
  const table = createShips(catalogue);
  const clock = { now: 1_000_000 };
  const transactions = new Transactions({ generation, catalogue, now: () => clock.now });
  const begin = (label: string, timeoutMs = 24 * HOUR_MS) =>
    transactions.begin({ database: 'harbour', table: 'ships', label, timeoutMs });
  const status = (label: string) => transactions.statusOf('harbour', label);
  const end = (operation: string, of: { txnId?: string; label?: string }) =>
    endTwoPhase(
      transactions,
      { database: 'harbour', operation, txnId: of.txnId, label: of.label },
      () => Promise.resolve(),
    );
  return { catalogue, table, clock, transactions, begin, status, end };
}

describe('the transactions (§4)', () => {
  it('show no row before they are visible', async () => {
    const { table, transactions, begin, status } = setUp();
    const id = begin('a');
    expect(status('a')).toBe('PREPARE');
    transactions.precommit(id, [ROW]);
    expect(status('a')).toBe('PRECOMMITTED');
    const visible = transactions.commitPrepared(id, Promise.resolve());
    expect(status('a')).toBe('COMMITTED');
    expect(table.count).toBe(0);
    await visible;
    expect(status('a')).toBe('VISIBLE');
    expect([...table.rows()]).toEqual([ROW.row]);
  });

  it('give a label once, and again after an abort', () => {
    const { transactions, begin, status } = setUp();
    const first = begin('a');
    expect(() => begin('a')).toThrow(LabelUsed);
    transactions.abort(first, 'no reason');
    const second = begin('a');
    expect(second).not.toBe(first);
    void transactions.commit(second, [ROW], null);
    expect(status('a')).toBe('VISIBLE');
    expect(() => begin('a')).toThrow(LabelUsed);
    expect(transactions.ofLabel('harbour', 'a').map(({ id }) => id)).toEqual([second, first]);
  });

  it('leave what is committed as it is when they are to abort it', () => {
    const { transactions, begin, status } = setUp();
    const id = begin('a');
    void transactions.commit(id, [ROW], null);
    transactions.abort(id, 'too late');
    expect(status('a')).toBe('VISIBLE');
  });

  it('remember the newest 2,000 that are finished, and none for longer than 12 hours', () => {
    const { transactions, begin, clock, status } = setUp();
    const running = begin('running', 48 * HOUR_MS);
    for (let number = 0; number <= 2000; number += 1) {
      void transactions.commit(begin(`n${number}`), [], null);
    }
    expect(status('n0')).toBe('UNKNOWN');
    expect(status('n1')).toBe('VISIBLE');
    expect(status('running')).toBe('PREPARE');
    clock.now += 12 * HOUR_MS;
    expect(status('n2000')).toBe('UNKNOWN');
    expect(transactions.ofId('harbour', running)?.status).toBe('PREPARE');
  });

  it('abort what was not finished within its timeout, and what was pre-committed for an hour', () => {
    const { transactions, begin, clock, status } = setUp();
    const slow = begin('slow', 1000);
    const held = begin('held', 1000);
    transactions.precommit(held, [ROW]);
    clock.now += 1000;
    expect(status('slow')).toBe('ABORTED');
    expect(() => transactions.commit(slow, [ROW], null)).toThrow(
      `transaction [${slow}] is already aborted. abort reason: timeout`,
    );
    expect(status('held')).toBe('PRECOMMITTED');
    clock.now += HOUR_MS;
    expect(status('held')).toBe('ABORTED');
  });

  it('do not commit for a table that was replaced meanwhile', () => {
    const { catalogue, transactions, begin, status } = setUp();
    const id = begin('a');
    const replacement = createShips(catalogue);
    expect(() => transactions.commit(id, [ROW], null)).toThrow(Refusal);
    expect(status('a')).toBe('ABORTED');
    expect(replacement.count).toBe(0);
  });

  it('refuse a database and a table that are not there', () => {
    const { transactions } = setUp();
    const of = { table: 'ships', label: 'a', timeoutMs: 1000 };
    expect(() => transactions.begin({ ...of, database: 'sea' })).toThrow('unknown database');
    expect(() => transactions.begin({ ...of, database: 'harbour', table: 'boats' })).toThrow(
      'unknown table',
    );
  });

  it('are limited to 1,000 that run on D24 (§8)', () => {
    const { begin, transactions } = setUp('D24');
    const ids = Array.from({ length: 1000 }, (_, number) => begin(`n${number}`));
    expect(() => begin('one more')).toThrow(
      'current running txns on db harbour is 1000, larger than limit 1000',
    );
    transactions.abort(ids[0] ?? 0, 'to make room');
    expect(begin('one more')).toBeGreaterThan(0);
  });
});

describe('the end of two phases (§4)', () => {
  it('names what it was asked for', () => {
    const { transactions, begin, end } = setUp();
    const ids = ['a', 'b', 'c'].map((label) => {
      const id = begin(label);
      transactions.precommit(id, [ROW]);
      return String(id);
    });
    const [a = '', , c = ''] = ids;
    expect(end('commit', { txnId: a })).toBe(`transaction [${a}] commit successfully.`);
    expect(end('abort', { label: 'b' })).toBe('label [b] abort successfully.');
    expect(end('commit', { txnId: c, label: 'c' })).toBe(
      `label [c] transaction [${c}] commit successfully.`,
    );
  });

  it('says why it cannot commit', async () => {
    const { transactions, begin, end } = setUp();
    const id = begin('a');
    const txnId = String(id);
    const prefix = 'TStatus: errCode = 2, detailMessage = ';
    expect(() => end('commit', { txnId })).toThrow(
      `${prefix}transaction [${id}] is prepare, not pre-committed.`,
    );
    expect(() => end('commit', { label: 'a' })).toThrow('transaction not found, label=a');
    const visible = transactions.commit(id, [ROW], Promise.resolve());
    expect(() => end('commit', { txnId })).toThrow(
      `transaction [${id}] is already committed, not pre-committed.`,
    );
    await visible;
    expect(() => end('commit', { txnId })).toThrow(
      `transaction [${id}] is already visible, not pre-committed.`,
    );
    expect(() => end('commit', { txnId: '7' })).toThrow('transaction [7] not found');
    const aborted = begin('b');
    transactions.abort(aborted, 'for fun');
    expect(() => end('commit', { txnId: String(aborted) })).toThrow(
      `transaction [${aborted}] is already aborted. abort reason: for fun`,
    );
  });

  it('does not know whom to end where the id and the label differ', () => {
    const { transactions, begin, end, status } = setUp();
    const id = begin('a');
    transactions.precommit(id, [ROW]);
    expect(() => end('commit', { txnId: String(id), label: 'b' })).toThrow(NotDescribed);
    expect(() => end('finish', { txnId: String(id) })).toThrow(NotDescribed);
    expect(() => end('commit', {})).toThrow(NotDescribed);
    expect(status('a')).toBe('PRECOMMITTED');
  });

  it('says why it cannot abort', () => {
    const { transactions, begin, end, status } = setUp();
    const prepared = begin('a');
    expect(end('abort', { label: 'a' })).toBe('label [a] abort successfully.');
    expect(status('a')).toBe('ABORTED');
    expect(() => end('abort', { txnId: String(prepared) })).toThrow(
      `transaction [${prepared}] is already aborted, abort reason: `,
    );
    expect(() => end('abort', { label: 'a' })).toThrow('running transaction not found, label=a');
    const committed = begin('b');
    void transactions.commit(committed, [ROW], null);
    expect(() => end('abort', { txnId: String(committed) })).toThrow(
      `transaction [${committed}] is already VISIBLE, could not abort.`,
    );
    expect(status('b')).toBe('VISIBLE');
  });
});

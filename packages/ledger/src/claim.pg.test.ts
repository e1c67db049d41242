import { randomUUID } from 'node:crypto';
import { Stopped } from '@drover/core';
import { openDatabase } from '@drover/postgres';
import { signal, until } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { createPostgresLedger } from './postgres-ledger.ts';
import {
  type LedgerFixture,
  ledgerFixture,
  newAttempt,
  receiptOf,
  rejectOf,
  verdictOf,
} from './testing/ledger-fixture.ts';

const postgresUrl = inject('postgresUrl');

/** Every write that ends an attempt, and what it says when it lost. */
const ENDINGS: Record<string, (fixture: LedgerFixture, key: Key) => Promise<unknown>> = {
  'a retry': ({ ledger }, key) => ledger.release({ ...key, ...WHY, event: 'retry', pauseMs: 0 }),
  'a hand back': ({ ledger }, key) =>
    ledger.release({ ...key, ...WHY, event: 'handBack', pauseMs: 0 }),
  'a park': ({ ledger }, key) => ledger.release({ ...key, ...WHY, event: 'park' }),
  'a split': ({ ledger }, key) =>
    ledger.splitChunk({ ...key, errorCode: 'CHUNK_TIME_LIMIT', parts: HALVES }),
  'a verdict': ({ ledger }, key) => ledger.settleVerdict({ ...key, verdict: verdictOf() }),
  'a settlement': (fixture, key) =>
    fixture.settle(key, {}, [rejectOf('late')]).then(
      () => true,
      (error: unknown) => {
        expect(error).toEqual(new Stopped('fenced'));
        return false;
      },
    ),
};

interface Key {
  readonly chunkId: number;
  readonly token: string;
}

const WHY = { errorCode: null, errorText: null, reason: 'test', rows: 0, bytes: 0 };
const HALVES = [0, 1].map((at) => ({ stream: 'fleet', range: { at }, estimatedRows: 50 }));

const liveTokens = async ({ database }: LedgerFixture, chunkId: number) =>
  (
    await database.sql.query(
      'select token from drover.attempt where chunk_id = $1 and outcome is null',
      [chunkId],
    )
  ).map((row) => row['token']);

describe('claiming a chunk', () => {
  // Mutation: without the `former` part of claim.ts the first attempt stays open and is not named.
  test('fences the attempt that had it, ends it on record and names its sessions', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { run, ids } = await fixture.plannedRun(1);
    const [chunkId = 0] = ids;
    await fixture.ledger.feed({ runId: run.id, depth: 10 });
    const [one, other] = [newAttempt(run.id, chunkId), newAttempt(run.id, chunkId)];
    expect(await fixture.ledger.claim(one)).toMatchObject({ won: true, superseded: [] });
    expect(await fixture.ledger.claim(other)).toMatchObject({
      won: true,
      superseded: [one.applicationName],
      chunk: { id: chunkId, phase: 'data', stream: 'fleet', range: { at: 0 }, generation: 1 },
      attempts: 0,
    });
    expect(await liveTokens(fixture, chunkId)).toEqual([other.token]);
    expect(await fixture.ledger.formerAttempts(chunkId)).toContain(one.applicationName);
  });

  // Mutation: without the statement of its own that locks the row (claim.ts), the second does not see the attempt of the first.
  test('by two at the same moment leaves one attempt alive, and the other named to the winner', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger, database } = fixture;
    const { run, ids } = await fixture.plannedRun(1);
    const [chunkId = 0] = ids;
    await ledger.feed({ runId: run.id, depth: 10 });
    const attempts = [newAttempt(run.id, chunkId), newAttempt(run.id, chunkId)];
    const [locked, release] = [signal(), signal()];
    const holding = database.sql.transaction(async (sql) => {
      await sql.query('select 1 from drover.chunk where id = $1 for update', [chunkId]);
      locked.give();
      await release.given;
    });
    await locked.given;
    const claims = Promise.all(attempts.map((attempt) => ledger.claim(attempt)));
    await until('both wait for the chunk', async () => {
      const [row] = await database.sql.query(
        `select count(*) as waiting from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return row?.['waiting'] === '2';
    });
    release.give();
    await holding;
    const won = await claims;
    const [token] = await database.sql.query('select token from drover.chunk where id = $1', [
      chunkId,
    ]);
    expect(await liveTokens(fixture, chunkId)).toEqual([token?.['token']]);
    const loser = attempts.find((attempt) => attempt.token !== token?.['token']);
    expect(won.flatMap((claim) => (claim.won ? claim.superseded : ['lost']))).toEqual([
      loser?.applicationName,
    ]);
  });

  test('that is done, unknown, or of a run or a phase that does not work says so and changes nothing', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const { run, ids } = await fixture.plannedRun(2);
    const [done = 0, queued = 0] = ids;
    await fixture.settle(await fixture.take(run.id, done));
    const claim = (chunkId: number) => ledger.claim(newAttempt(run.id, chunkId));
    expect(await claim(done)).toEqual({ won: false, chunkState: 'done', runState: 'running' });
    expect(await claim(queued + 99)).toEqual({ won: false, chunkState: null, runState: null });
    await ledger.changeRun({ runId: run.id, event: 'pause' });
    expect(await claim(queued)).toEqual({ won: false, chunkState: 'queued', runState: 'paused' });
    await ledger.changeRun({ runId: run.id, event: 'resume' });
    expect(await claim(queued)).toMatchObject({ won: true });
    const [early = 0] = await fixture.plan(run.id, 'verify', [
      { ordinal: 0, stream: 'fleet', range: null, estimatedRows: 1, originId: done },
    ]);
    expect(await claim(early)).toEqual({ won: false, chunkState: null, runState: null });
  });

  test('whose row a hanging attempt holds is a LOCK_TIMEOUT', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { run, ids } = await fixture.plannedRun(1);
    const [chunkId = 0] = ids;
    const first = await fixture.take(run.id, chunkId);
    await using impatient = openDatabase(fixture.database.url, {
      side: 'ledger',
      applicationName: 'drover test',
      max: 1,
      lockTimeoutMs: 50,
    });
    const ledger = createPostgresLedger(impatient, { uuid: randomUUID });
    await fixture.database.sql.transaction(async (sql) => {
      await fixture.ledger.fence(sql, first);
      await expect(ledger.claim(newAttempt(run.id, chunkId))).rejects.toMatchObject({
        code: 'LOCK_TIMEOUT',
      });
    });
    expect(await liveTokens(fixture, chunkId)).toEqual([first.token]);
  });
});

describe('an attempt that lost its token', () => {
  for (const [name, end] of Object.entries(ENDINGS)) {
    // Mutation: without `token = $2` in the statement that it runs, it wins.
    test(`loses with ${name}, and leaves the successor and its chunk as they are`, async () => {
      await using fixture = await ledgerFixture(postgresUrl);
      const { run, ids } = await fixture.plannedRun(1);
      const [chunkId = 0] = ids;
      const first = await fixture.take(run.id, chunkId);
      const second = await fixture.take(run.id, chunkId);
      expect(await end(fixture, first)).toBe(false);
      expect(await fixture.state(chunkId)).toBe('running');
      expect(await liveTokens(fixture, chunkId)).toEqual([second.token]);
      expect(await fixture.ledger.rejects({ runId: run.id, limit: 9 })).toEqual([]);
      expect((await fixture.ledger.progress(run.id)).phases[0]?.chunks).toMatchObject({
        running: 1,
      });
      // And whoever holds it wins, once.
      expect((await end(fixture, second)) ?? true).toBe(true);
      expect(await fixture.state(chunkId)).not.toBe('running');
      expect(await end(fixture, second)).toBe(false);
    });
  }

  // Mutation: without `token = $2` in `fence` it passes.
  test('does not pass the fence, and holds the chunk to the end of the transaction when it does', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { database, ledger } = fixture;
    const { run, ids } = await fixture.plannedRun(1);
    const [chunkId = 0] = ids;
    const first = await fixture.take(run.id, chunkId);
    const second = await fixture.take(run.id, chunkId);
    const fenced = database.sql.transaction((sql) => ledger.fence(sql, first));
    await expect(fenced).rejects.toEqual(new Stopped('fenced'));
    const order: string[] = [];
    let claiming: Promise<unknown> = Promise.resolve();
    await database.sql.transaction(async (sql) => {
      await ledger.fence(sql, second);
      claiming = ledger.claim(newAttempt(run.id, chunkId)).finally(() => order.push('claimed'));
      await until('the claim waits', async () => {
        // Another session: within a transaction the activity of others stands still.
        const rows = await database.sql.query(
          `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        );
        return rows.length > 0;
      });
      await ledger.settle(sql, {
        ...second,
        receipt: receiptOf(),
        rejects: [],
        maxRejectsInRun: 0,
      });
      order.push('settled');
    });
    expect(await claiming).toEqual({ won: false, chunkState: 'done', runState: 'running' });
    expect(order).toEqual(['settled', 'claimed']);
  });

  // Mutation: without `token = null` in `cancelChunks` and the state in `settle`, each of which suffices
  // alone, the attempt in hand settles after the cancel.
  test('to a cancelled run neither settles nor is fed again', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const { run, ids } = await fixture.plannedRun(3);
    const [done = 0, inHand = 0] = ids;
    await fixture.settle(await fixture.take(run.id, done));
    const attempt = await fixture.take(run.id, inHand);
    expect(await ledger.cancelChunks(run.id)).toBe(0);
    expect(await ledger.changeRun({ runId: run.id, event: 'cancel' })).toBe(true);
    expect(await ledger.cancelChunks(run.id)).toBe(2);
    expect(await ledger.cancelChunks(run.id)).toBe(0);
    await expect(fixture.settle(attempt)).rejects.toEqual(new Stopped('fenced'));
    expect(await ledger.feed({ runId: run.id, depth: 10 })).toEqual([]);
    expect((await ledger.progress(run.id)).phases[0]?.chunks).toMatchObject({
      done: 1,
      cancelled: 2,
    });
    expect((await ledger.attempts(run.id)).outcomes).toEqual([
      { outcome: 'cancelled', errorCode: null, count: 1 },
      { outcome: 'done', errorCode: null, count: 1 },
    ]);
  });
});

import { type Intent, Stopped } from '@drover/core';
import { describe, expect, inject, test } from 'vitest';
import { ledgerFixture, newAttempt, receiptOf, rejectOf } from './testing/ledger-fixture.ts';

const postgresUrl = inject('postgresUrl');

const intentOf = (read: number): Intent => ({
  receipt: receiptOf({ read, loaded: read - 1, rejected: 1 }),
  rejects: [rejectOf('A')],
});

describe('an intent to commit outside', () => {
  // Mutation: without `a.generation = c.generation` the next generation would believe that it is loaded.
  test('is known to the next attempt at the same generation, and to no later generation', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const { run, ids } = await fixture.plannedRun(1, ['data']);
    const [chunkId = 0] = ids;
    const first = await fixture.take(run.id, chunkId);
    expect(await ledger.intent(chunkId)).toBeNull();
    await ledger.intend({ ...first, intent: intentOf(5) });
    const second = newAttempt(run.id, chunkId);
    expect(await ledger.claim(second)).toMatchObject({ won: true, chunk: { generation: 1 } });
    expect(await ledger.intent(chunkId)).toEqual(intentOf(5));
    await ledger.intend({ ...second, intent: intentOf(7) });
    expect(await ledger.intent(chunkId)).toEqual(intentOf(7));
    await fixture.database.sql.query('update drover.chunk set generation = 2 where id = $1', [
      chunkId,
    ]);
    expect(await ledger.intent(chunkId)).toBeNull();
  });

  // Mutation: without `token = $2` in `intend` a superseded attempt may commit.
  test('is refused to an attempt that has lost the chunk, and leaves what was written', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const { run, ids } = await fixture.plannedRun(1, ['data']);
    const [chunkId = 0] = ids;
    const first = await fixture.take(run.id, chunkId);
    const second = newAttempt(run.id, chunkId);
    await ledger.claim(second);
    await expect(ledger.intend({ ...first, intent: intentOf(5) })).rejects.toEqual(
      new Stopped('fenced'),
    );
    expect(await ledger.intent(chunkId)).toBeNull();
    await ledger.intend({ ...second, intent: intentOf(3) });
    await ledger.settleOutside({ ...second, ...intentOf(3), maxRejectsInRun: 10 });
    // It is in the receipt now, and in the rejects.
    expect(await ledger.intent(chunkId)).toBeNull();
    await expect(ledger.intend({ ...second, intent: intentOf(5) })).rejects.toEqual(
      new Stopped('fenced'),
    );
  });
});

describe('chunks that somebody may still commit', () => {
  test('are those that were asked to commit, and then split, parked or given up', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger, migration } = fixture;
    const { run, ids } = await fixture.plannedRun(5, ['data']);
    const [settled = 0, parked = 0, silent = 0, split = 0, cancelled = 0] = ids;
    const take = async (id: number) => {
      const key = await fixture.take(run.id, id);
      if (id !== silent) await ledger.intend({ ...key, intent: intentOf(2) });
      return key;
    };
    const why = { errorCode: null, errorText: null, reason: 'r', rows: 0, bytes: 0 };
    await ledger.settleOutside({ ...(await take(settled)), ...intentOf(2), maxRejectsInRun: 9 });
    await ledger.release({ ...(await take(parked)), ...why, event: 'park' });
    await ledger.release({ ...(await take(silent)), ...why, event: 'park' });
    const half = { stream: 'fleet', range: { at: 0 }, estimatedRows: 1 };
    await ledger.splitChunk({
      ...(await take(split)),
      parts: [half, half],
      errorCode: 'CHUNK_TIME_LIMIT',
    });
    await take(cancelled);
    await ledger.changeRun({ runId: run.id, event: 'cancel' });
    await ledger.cancelChunks(run.id);
    const of = (id: number) => ({ id, generation: 1, stream: 'fleet' });
    expect(await ledger.unsettled(migration.id)).toEqual([parked, split, cancelled].map(of));
  });
});

describe('a settlement outside', () => {
  test('stores receipt, rejects and watermark together, or nothing', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger, migration } = fixture;
    const { run, ids } = await fixture.plannedRun(2, ['data']);
    const [one = 0, two = 0] = ids;
    const key = await fixture.take(run.id, one);
    await ledger.settleOutside({ ...key, ...intentOf(4), watermark: 'w1', maxRejectsInRun: 1 });
    expect(await fixture.state(one)).toBe('done');
    expect(await ledger.watermarks(migration.id)).toEqual(new Map([['fleet', 'w1']]));
    const next = await fixture.take(run.id, two);
    await expect(
      ledger.settleOutside({ ...next, ...intentOf(4), watermark: 'w2', maxRejectsInRun: 1 }),
    ).rejects.toMatchObject({ code: 'TOO_MANY_REJECTS' });
    expect(await fixture.state(two)).toBe('running');
    expect(await ledger.watermarks(migration.id)).toEqual(new Map([['fleet', 'w1']]));
    await ledger.settleOutside({ ...next, ...intentOf(4), watermark: 'w2', maxRejectsInRun: 2 });
    expect(await ledger.watermarks(migration.id)).toEqual(new Map([['fleet', 'w2']]));
  });

  test('by an attempt that has lost the chunk is refused', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger, migration } = fixture;
    const { run, ids } = await fixture.plannedRun(1, ['data']);
    const first = await fixture.take(run.id, ids[0] ?? 0);
    await ledger.claim(newAttempt(run.id, ids[0] ?? 0));
    await expect(
      ledger.settleOutside({ ...first, ...intentOf(4), watermark: 'w', maxRejectsInRun: 9 }),
    ).rejects.toEqual(new Stopped('fenced'));
    expect(await ledger.watermarks(migration.id)).toEqual(new Map());
  });
});

describe('a claimed chunk', () => {
  // Mutation: with `limit 1` in the CTE a half of a half would not know of the first chunk.
  test('names the chunks whose place it takes, nearest first, with their generations', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const { run, ids } = await fixture.plannedRun(1, ['data']);
    const [whole = 0] = ids;
    const key = await fixture.take(run.id, whole);
    expect(key.claim.chunk.ancestors).toEqual([]);
    const half = { stream: 'fleet', range: { at: 0 }, estimatedRows: 1 };
    await ledger.splitChunk({ ...key, parts: [half, half], errorCode: 'CHUNK_TIME_LIMIT' });
    const child = await fixture.take(run.id, whole + 1);
    expect(child.claim.chunk.ancestors).toEqual([{ id: whole, generation: 1 }]);
    await ledger.splitChunk({ ...child, parts: [half, half], errorCode: 'CHUNK_TIME_LIMIT' });
    const grandchild = await fixture.take(run.id, whole + 3);
    expect(grandchild.claim.chunk.ancestors).toEqual([
      { id: whole + 1, generation: 1 },
      { id: whole, generation: 1 },
    ]);
  });
});

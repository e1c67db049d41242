import type { Phase, RunEvent } from '@drover/core';
import { signal, until } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { closePhase } from './statements/close-phase.ts';
import { insertRun } from './statements/runs.ts';
import { unpark } from './statements/unpark.ts';
import { ledgerFixture, plannedChunks } from './testing/ledger-fixture.ts';
import {
  doneRun,
  first,
  park,
  partAt,
  someoneWaits,
  whole,
  workOffPhase,
} from './testing/parked-run.ts';

const postgresUrl = inject('postgresUrl');

describe('a run with chunks that are tried again', () => {
  // Mutation: without `finished_at` in `takeBack` it looks as if it had ended; with `phase = run.phase` alone
  // nobody works on its chunks.
  test('goes on from the first phase that has work, and ends once more', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const phases: Phase[] = ['prepare', 'data', 'finish', 'verify'];
    const { run, ids } = await fixture.plannedRun(1, phases);
    await park(fixture, run.id, first(ids));
    await workOffPhase(fixture, run.id);
    const data = await fixture.plan(run.id, 'data', plannedChunks(1));
    await park(fixture, run.id, first(data));
    await workOffPhase(fixture, run.id);
    const finish = await fixture.plan(run.id, 'finish', plannedChunks(1));
    await park(fixture, run.id, first(finish));
    await workOffPhase(fixture, run.id);
    await fixture.plan(run.id, 'verify', []);
    await workOffPhase(fixture, run.id);
    expect(await ledger.findRun(run.id)).toMatchObject({ state: 'done', phase: 'verify' });
    const again = async (...chunkIds: number[]) => {
      await ledger.unpark({ runId: run.id, chunks: chunkIds.map(whole), restMs: 0 });
      return ledger.findRun(run.id);
    };
    expect(await again(first(finish))).toMatchObject({
      state: 'running',
      phase: 'finish',
      finishedAtMs: null,
    });
    expect(await again(first(data), first(ids))).toMatchObject({ phase: 'prepare' });
    // Every phase in turn; that of the data had verification planned again.
    for (const phase of ['prepare', 'data', 'finish']) {
      expect(await ledger.findRun(run.id)).toMatchObject({ state: 'running', phase });
      await workOffPhase(fixture, run.id);
    }
    const close = { runId: run.id, phase: 'verify', next: null } as const;
    expect(await ledger.closePhase(close)).toBe(false);
    const progress = await ledger.planProgress({ runId: run.id, phase: 'verify' });
    expect(progress).toMatchObject({ planned: 0, complete: false });
    await ledger.appendChunks({
      ...close,
      expected: 0,
      chunks: plannedChunks(1, { originId: first(data) }),
      complete: true,
    });
    await workOffPhase(fixture, run.id);
    const ended = await ledger.findRun(run.id);
    expect(ended).toMatchObject({ state: 'done', phase: 'verify' });
    expect(ended?.finishedAtMs).not.toBeNull();
  });

  // Mutation: without `phase = 'data'` in unpark.ts its verification is planned again for nothing.
  test('has its verification planned again for chunks of data alone', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const { run, ids } = await fixture.plannedRun(2);
    await workOffPhase(fixture, run.id);
    const verify = await fixture.plan(run.id, 'verify', plannedChunks(1, { originId: first(ids) }));
    await park(fixture, run.id, first(verify));
    await workOffPhase(fixture, run.id);
    await ledger.unpark({ runId: run.id, chunks: [whole(first(verify))], restMs: 0 });
    expect(await ledger.findRun(run.id)).toMatchObject({ state: 'running', phase: 'verify' });
    const planned = await ledger.planProgress({ runId: run.id, phase: 'verify' });
    expect(planned.complete).toBe(true);
  });

  // Mutation: with `state = 'running'` in `takeBack` a person's pause is lifted by another's reprocessing.
  test.each([
    ['running', null],
    ['paused', 'pause'],
    ['failed', 'abort'],
  ] as const)('that is %s stays so, in the phase of those chunks', async (state, event) => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const { run, ids } = await fixture.plannedRun(2);
    await park(fixture, run.id, first(ids));
    await workOffPhase(fixture, run.id);
    const change = (what: RunEvent) => ledger.changeRun({ runId: run.id, event: what });
    if (event !== null) await change(event);
    const { again } = await ledger.unpark({
      runId: run.id,
      chunks: [whole(first(ids))],
      restMs: 0,
    });
    expect(again).toEqual([first(ids)]);
    expect(await ledger.findRun(run.id)).toMatchObject({ state, phase: 'data' });
    if (event !== null) await change('resume');
    await fixture.settle(await fixture.take(run.id, first(ids)));
  });

  // Mutation: without `LIVING_RUN_STATES` in unpark.ts the chunk is planned in a run that nobody works on.
  test('that was cancelled keeps them parked: it is given up for good', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const { run, data } = await doneRun(fixture, { chunks: 2, parked: [1] });
    const [, parked = 0] = data;
    const later = await ledger.createRun(
      fixture.newRun({
        kind: 'reprocess',
        given: {
          restMs: 0,
          chunks: [{ ...partAt('again'), parentId: parked, rejectIds: [] }],
          takenOver: [{ chunkId: parked, parked: [] }],
        },
      }),
    );
    await ledger.changeRun({ runId: later.id, event: 'cancel' });
    expect(await ledger.cancelChunks(later.id)).toBe(1);
    const [back] = await ledger.parked(later.id);
    const of = { runId: later.id, chunks: [whole(back?.id ?? 0)], restMs: 0 };
    expect(await ledger.unpark(of)).toEqual({ again: [], parked: [] });
    expect(await fixture.state(back?.id ?? 0)).toBe('parked');
    expect(await ledger.findRun(later.id)).toMatchObject({ state: 'cancelled' });
    expect(await ledger.findRun(run.id)).toMatchObject({ state: 'done' });
  });

  // Mutation: without the look for others in `takeBack` the message names no run.
  test('is not taken back while another of its kind is unfinished', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const { run, data } = await doneRun(fixture, { chunks: 2, parked: [1] });
    const [, parked = 0] = data;
    const later = await fixture.plannedRun(1);
    const of = { runId: run.id, chunks: [whole(parked)], restMs: 0 };
    await expect(ledger.unpark(of)).rejects.toMatchObject({
      code: 'RUN_UNFINISHED',
      message: expect.stringContaining(`Run ${later.run.id} `) as string,
    });
    expect(await fixture.state(parked)).toBe('parked');
    expect(await ledger.findRun(run.id)).toMatchObject({ state: 'done' });
    // One of another kind is no obstacle.
    await ledger.changeRun({ runId: later.run.id, event: 'cancel' });
    await ledger.createRun(fixture.newRun({ kind: 'verification' }));
    expect((await ledger.unpark(of)).again).toEqual([parked]);
  });

  // Mutation: without the `catch` in `takeBack` the second of two is told of a broken constraint.
  test('is not taken back while another of its kind is being opened', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger, database } = fixture;
    const { run, data } = await doneRun(fixture, { chunks: 2, parked: [1] });
    const opened = signal();
    const mayCommit = signal();
    const opening = database.sql.transaction(async (sql) => {
      const later = await insertRun(sql, fixture.newRun());
      opened.give();
      await mayCommit.given;
      return later;
    });
    await opened.given;
    const chunks = [whole(data[1] ?? 0)];
    const refused = expect(
      ledger.unpark({ runId: run.id, chunks, restMs: 0 }),
    ).rejects.toMatchObject({ code: 'RUN_UNFINISHED' });
    await until('it waits for the other', () => someoneWaits(fixture));
    mayCommit.give();
    expect(await opening).not.toBeNull();
    await refused;
    expect(await fixture.state(data[1] ?? 0)).toBe('parked');
  });

  // Mutation: without `for update` in unpark.ts it stays done, with a chunk that nobody moves.
  test('that ends at the same moment goes on', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger, database } = fixture;
    const { run, ids } = await fixture.plannedRun(1, ['data']);
    await park(fixture, run.id, first(ids));
    const ended = signal();
    const mayCommit = signal();
    const ending = database.sql.transaction(async (sql) => {
      const close = { runId: run.id, phase: 'data', next: null } as const;
      const won = await closePhase({ ...sql, transaction: (work) => work(sql) }, close);
      ended.give();
      await mayCommit.given;
      return won;
    });
    await ended.given;
    const unparking = ledger.unpark({ runId: run.id, chunks: [whole(first(ids))], restMs: 0 });
    await until('it waits for the other', () => someoneWaits(fixture));
    mayCommit.give();
    expect(await ending).toBe(true);
    expect((await unparking).again).toEqual([first(ids)]);
    expect(await ledger.findRun(run.id)).toMatchObject({ state: 'running', finishedAtMs: null });
  });

  // Mutation: without `for update` in close-phase.ts the phase is closed
  // and the chunk that was planned in it is never moved.
  test('whose phase somebody closes at the same moment is not closed over their heads', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger, database } = fixture;
    const { run, ids } = await fixture.plannedRun(2);
    await park(fixture, run.id, first(ids));
    await fixture.settle(await fixture.take(run.id, ids[1] ?? 0));
    const begun = signal();
    const mayCommit = signal();
    const unparking = database.sql.transaction(async (sql) => {
      const done = await unpark(sql, { runId: run.id, chunks: [whole(first(ids))], restMs: 0 });
      begun.give();
      await mayCommit.given;
      return done;
    });
    await begun.given;
    const close = { runId: run.id, phase: 'data', next: 'verify' } as const;
    const closing = ledger.closePhase(close);
    await until('it waits for the other', () => someoneWaits(fixture));
    mayCommit.give();
    expect((await unparking).again).toEqual([first(ids)]);
    expect(await closing).toBe(false);
    expect(await ledger.findRun(run.id)).toMatchObject({ state: 'running', phase: 'data' });
    await workOffPhase(fixture, run.id);
    expect(await ledger.findRun(run.id)).toMatchObject({ phase: 'verify' });
  });
});

import { RUN_EVENTS, RUN_STATES, RUN_TRANSITIONS } from '@drover/core';
import { describe, expect, inject, test } from 'vitest';
import { ledgerFixture } from './testing/ledger-fixture.ts';

const postgresUrl = inject('postgresUrl');

describe('a run', () => {
  // Mutation: without the index `run_unfinished` both are made.
  test('started twice at once is made once, with its phases and cutoffs', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger, migration } = fixture;
    const start = (cutoff: string) =>
      ledger.createRun(fixture.newRun({ cutoffs: new Map([['S1', cutoff]]), anchor: { cutoff } }));
    const results = await Promise.allSettled([start('early'), start('late')]);
    const lost = results.flatMap((one) =>
      one.status === 'rejected' ? [one.reason as unknown] : [],
    );
    const made = results.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(lost).toMatchObject([{ code: 'RUN_UNFINISHED' }]);
    expect(made).toMatchObject([{ state: 'running', phase: 'data', round: 1, finishedAtMs: null }]);
    const [run] = made;
    expect(await ledger.unfinishedRuns(migration.id)).toEqual(made);
    expect(await ledger.findRun(run?.id ?? 0)).toEqual(run);
    const [[entity, cutoff] = []] = await ledger.cutoffs(migration.id);
    expect(entity).toBe('S1');
    expect(run?.anchor).toEqual({ cutoff });
    const progress = await ledger.progress(run?.id ?? 0);
    expect(progress.phases.map((phase) => phase.phase)).toEqual(['data', 'verify']);
  });

  test('of another kind may be unfinished beside it, and the next one follows when it has ended', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger, migration } = fixture;
    const full = await ledger.createRun(fixture.newRun());
    const verification = await ledger.createRun(
      fixture.newRun({ kind: 'verification', phases: ['verify'] }),
    );
    expect(await ledger.unfinishedRuns(migration.id)).toEqual([full, verification]);
    await ledger.changeRun({ runId: full.id, event: 'cancel' });
    const next = await ledger.createRun(fixture.newRun());
    const of = { migrationId: migration.id };
    expect((await ledger.runs({ ...of, kind: 'full' })).map(({ id }) => id)).toEqual([
      next.id,
      full.id,
    ]);
    expect(await ledger.latestRun(of)).toEqual(next);
    expect(await ledger.latestRun({ ...of, kind: 'verification' })).toEqual(verification);
    await ledger.changeRun({ runId: next.id, event: 'cancel' });
    expect(await ledger.latestRun({ ...of, unfinished: true })).toEqual(verification);
    expect(await ledger.latestRun({ ...of, unfinished: true, kind: 'full' })).toBeNull();
  });

  // Mutation: without `and state = any ($2)` in `changeRun` a cancelled run is resumed.
  test('changes as its table says, and no change is made twice', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger, database } = fixture;
    const run = await ledger.createRun(fixture.newRun());
    for (const state of RUN_STATES) {
      for (const event of RUN_EVENTS) {
        await database.sql.query('update drover.run set state = $1', [state]);
        const next = RUN_TRANSITIONS[state][event];
        const both = [
          ledger.changeRun({ runId: run.id, event }),
          ledger.changeRun({ runId: run.id, event }),
        ];
        const won = (await Promise.all(both)).filter(Boolean).length;
        expect([state, event, won]).toEqual([state, event, next === null ? 0 : 1]);
        expect((await ledger.findRun(run.id))?.state).toBe(next ?? state);
      }
    }
  });

  test('that was stopped by an error keeps its code until it goes on', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const run = await ledger.createRun(fixture.newRun());
    await ledger.changeRun({ runId: run.id, event: 'abort', errorCode: 'DISK_FULL' });
    expect(await ledger.findRun(run.id)).toMatchObject({ state: 'failed', errorCode: 'DISK_FULL' });
    await ledger.changeRun({ runId: run.id, event: 'resume' });
    expect(await ledger.findRun(run.id)).toMatchObject({ state: 'running', errorCode: null });
  });
});

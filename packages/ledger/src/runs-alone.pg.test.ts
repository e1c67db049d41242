import { signal, until } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { insertRun } from './statements/runs.ts';
import { ledgerFixture } from './testing/ledger-fixture.ts';
import { doneRun, first, someoneWaits, whole } from './testing/parked-run.ts';

const postgresUrl = inject('postgresUrl');
const alone = true;

describe('a run that must be alone', () => {
  // Mutation: without `refuseBesideOthers` in insertRun both are opened.
  test.each([
    ['incremental', 'full'],
    ['full', 'incremental'],
    ['incremental', 'reprocess'],
    ['reprocess', 'incremental'],
    ['full', 'reprocess'],
  ] as const)(
    'of kind %s is refused beside one of kind %s, whatever its state',
    async (kind, other) => {
      await using fixture = await ledgerFixture(postgresUrl);
      const { ledger } = fixture;
      const earlier = await ledger.createRun(fixture.newRun({ kind: other, alone }));
      for (const event of ['pause', 'resume', 'abort'] as const) {
        await expect(ledger.createRun(fixture.newRun({ kind, alone }))).rejects.toMatchObject({
          code: 'RUN_UNFINISHED',
          message: expect.stringContaining(`Run ${earlier.id} `) as string,
        });
        expect(await ledger.changeRun({ runId: earlier.id, event })).toBe(true);
      }
      await ledger.changeRun({ runId: earlier.id, event: 'cancel' });
      expect(await ledger.createRun(fixture.newRun({ kind, alone }))).toMatchObject({ kind });
    },
  );

  test('is opened beside a verification, and beside runs of other migrations', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    await ledger.createRun(fixture.newRun({ kind: 'verification' }));
    const other = await ledger.openMigration({ name: 'other', pipeline: 'warehouse' });
    await ledger.createRun(fixture.newRun({ migrationId: other.id, alone }));
    expect(await ledger.createRun(fixture.newRun({ kind: 'incremental', alone }))).toMatchObject({
      state: 'running',
    });
  });

  // Mutation: without `for no key update` in refuseBesideOthers the second is opened as well.
  test('is refused where another is just being opened', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger, database } = fixture;
    const [opened, mayCommit] = [signal(), signal()];
    const opening = database.sql.transaction(async (sql) => {
      await insertRun(sql, fixture.newRun({ alone }));
      opened.give();
      await mayCommit.given;
    });
    await opened.given;
    const second = ledger
      .createRun(fixture.newRun({ kind: 'incremental', alone }))
      .catch((error: unknown) => error);
    await until('the second waits, or is there', async () => {
      const rows = await database.sql.query(`select from drover.run where kind = 'incremental'`);
      return rows.length > 0 || (await someoneWaits(fixture));
    });
    mayCommit.give();
    await opening;
    expect(await second).toMatchObject({ code: 'RUN_UNFINISHED' });
  });

  // Mutation: without `alone` in unpark.ts the chunk is moved beside the sync, and may write what is older.
  test('is not taken back beside another of any kind', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger } = fixture;
    const { run, data } = await doneRun(fixture, { chunks: 2, parked: [1] });
    const parked = first(data.slice(1));
    const sync = await ledger.createRun(fixture.newRun({ kind: 'incremental', alone }));
    const of = { runId: run.id, chunks: [whole(parked)], restMs: 0, alone };
    await expect(ledger.unpark(of)).rejects.toMatchObject({
      code: 'RUN_UNFINISHED',
      message: expect.stringContaining(`Run ${sync.id} `) as string,
    });
    expect(await fixture.state(parked)).toBe('parked');
    await ledger.changeRun({ runId: sync.id, event: 'cancel' });
    expect((await ledger.unpark(of)).again).toEqual([parked]);
  });
});

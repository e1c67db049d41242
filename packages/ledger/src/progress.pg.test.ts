import { expect, inject, test } from 'vitest';
import { ledgerFixture } from './testing/ledger-fixture.ts';

const AT_REST = { planned: 3, done: 0 };

// Mutations: without `shared` in progress.ts small and paused runs give old counts; without `counted_at` the
// first count is given for ever.
test('of a large run that goes on is counted once for all who watch, of any other each time', async () => {
  await using fixture = await ledgerFixture(inject('postgresUrl'));
  const { ledger, database } = fixture;
  const { run, ids } = await fixture.plannedRun(3);
  const chunks = async () => (await ledger.progress(run.id)).phases[0]?.chunks;
  const finish = (index: number) =>
    database.sql.query(`update drover.chunk set state = 'done' where id = $1`, [ids[index] ?? 0]);
  expect(await chunks()).toMatchObject(AT_REST);
  await finish(0);
  expect(await chunks()).toMatchObject({ planned: 2, done: 1 });

  await database.sql.query(`update drover.phase set planned = 50000 where run_id = $1`, [run.id]);
  expect(await chunks()).toMatchObject({ planned: 2, done: 1 });
  await database.sql.query(`update drover.progress set took_ms = 3600000`);
  await finish(1);
  expect(await chunks()).toMatchObject({ planned: 2, done: 1 });
  expect(await ledger.progress(run.id)).toEqual(await ledger.progress(run.id));

  await ledger.changeRun({ runId: run.id, event: 'pause' });
  expect(await chunks()).toMatchObject({ planned: 1, done: 2 });
  await ledger.changeRun({ runId: run.id, event: 'resume' });
  expect(await chunks()).toMatchObject({ planned: 2, done: 1 });
  await database.sql.query(
    `update drover.progress set took_ms = 10, counted_at = clock_timestamp() - interval '2 s'`,
  );
  expect(await chunks()).toMatchObject({ planned: 1, done: 2 });
});

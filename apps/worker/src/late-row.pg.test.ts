import { executeDelivery } from '@drover/engine';
import { barrierAt, expectedWide, hourlyRows, narrowRow } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import {
  firstDelivery,
  migrationFixture,
  openFixture,
  startedRun,
  workshop,
  workUntil,
} from './testing/migration-fixture.ts';

const postgresUrl = inject('postgresUrl');
const noLease = new AbortController().signal;
const ROWS = hourlyRows({ ships: 2, channels: 2, hours: 2 });
const LATE = narrowRow(
  { ship: 'S1', channel: '/late', time: '2026-01-01 00:20:00' },
  'Integer',
  '7',
);

describe("a row that arrives between a chunk's snapshot and its commit", () => {
  // Mutation: without `reopenStale` the run ends without the row; without `visibleIn` it is called wrong.
  test('is found by the verification, called stale, moved in another round, and is there at the end', async () => {
    await using fixture = await migrationFixture({ postgresUrl, queueUrl: 'postgres', rows: ROWS });
    await using drover = await openFixture(fixture);
    const run = await startedRun(drover);
    await workUntil(drover, run.id, 'data');
    const delivery = await firstDelivery(drover, run.id);
    const barrier = barrierAt('staged');
    const attempt = executeDelivery(
      workshop(drover, { reached: (at) => barrier.reached(at) }),
      delivery,
      noLease,
    );
    await barrier.arrived;
    await fixture.insert([LATE]);
    barrier.release();
    await attempt;
    expect(await fixture.wide()).not.toEqual(expectedWide([...ROWS, LATE]));

    await workUntil(drover, run.id, null);

    expect(await fixture.wide()).toEqual(expectedWide([...ROWS, LATE]));
    const ended = await drover.ledger.findRun(run.id);
    expect(ended).toMatchObject({ state: 'done', round: 2 });
    expect(await drover.ledger.verification(run.id)).toMatchObject({
      wrong: 0,
      stale: 0,
      verified: 2,
    });
    const attempts = await fixture.database.sql.query(
      `select a.verdict->>'stale' as stale, a.verdict->>'wrong' as wrong from drover.attempt a
       join drover.chunk c on c.id = a.chunk_id where c.phase = 'verify' order by a.id`,
    );
    expect(attempts).toContainEqual({ stale: '1', wrong: '0' });
  });
});

import { executeDelivery } from '@drover/engine';
import { Session } from '@drover/postgres';
import { barrierAt, expectedWide, hourlyRows, narrowRow, until } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import {
  coordinatorOf,
  migrationFixture,
  openFixture,
  startedRun,
  workshop,
  workUntil,
} from './testing/migration-fixture.ts';

const postgresUrl = inject('postgresUrl');
const noLease = new AbortController().signal;
const ROWS = hourlyRows({ ships: 1, channels: 3, hours: 3 });
const NEW_CHANNEL = narrowRow(
  { ship: 'S1', channel: '/new', time: '2026-01-01 02:10:00' },
  'String',
  'x',
);

/** Reads the wide table again and again; the server ends a read that waits longer for a lock. */
async function pollingReader(url: string, lockTimeoutMs: number) {
  const session = await Session.open(url, {
    side: 'reader',
    applicationName: 'reader',
    lockTimeoutMs,
  });
  let reads = 0;
  const stopping = new AbortController();
  const loop = (async () => {
    while (!stopping.signal.aborted) {
      await session.query('select count(*) from wide."tbl_data_timeseries_S1"');
      reads += 1;
    }
  })();
  return {
    reads: () => reads,
    /** Throws where a read waited too long. */
    async stop() {
      stopping.abort();
      await loop;
      await session.close();
    },
  };
}

describe('a column added while two chunks load', () => {
  // Mutation: without the 200 ms lock timeout in `addColumns` (wide-table.ts) the ALTER waits behind the
  // reader's long transaction, and every other reader waits behind the ALTER.
  test('makes no reader wait for more than 300 ms, whoever holds the table', async () => {
    await using fixture = await migrationFixture({ postgresUrl, queueUrl: 'postgres', rows: ROWS });
    await using drover = await openFixture(fixture);
    const run = await startedRun(drover);
    await workUntil(drover, run.id, 'data');
    await using coordinator = coordinatorOf(drover);
    await coordinator.pass();
    const deliveries = await drover.ledger.outstanding(run.id);
    expect(deliveries).toHaveLength(3);

    // Two chunks stand in the middle of their load, with rows in their staging tables.
    const loading = [barrierAt('staged'), barrierAt('staged')];
    const [first, second, third] = deliveries;
    if (first === undefined || second === undefined || third === undefined)
      throw new Error('no chunks');
    const attempts = [first, second].map((delivery, index) =>
      executeDelivery(
        workshop(drover, { reached: async (at) => loading[index]?.reached(at) }),
        delivery,
        noLease,
      ),
    );
    await Promise.all(loading.map((barrier) => barrier.arrived));
    await fixture.insert([NEW_CHANNEL]);

    // Somebody reads in a transaction that stays open; others come and go.
    await using long = await Session.open(fixture.database.url, {
      side: 'reader',
      applicationName: 'long reader',
    });
    await long.script('begin; select count(*) from wide."tbl_data_timeseries_S1"');
    const reader = await pollingReader(fixture.database.url, 300);
    const adding = executeDelivery(workshop(drover), third, noLease);
    await until('the ALTER waits for the table', async () => {
      const waiting = await fixture.database.sql.query(
        `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like 'alter table%'`,
      );
      return waiting.length > 0;
    });
    const before = reader.reads();
    await until('readers go on behind it', () => reader.reads() > before + 100);
    await long.script('commit');
    await adding;
    for (const barrier of loading) barrier.release();
    await Promise.all(attempts);
    await reader.stop();

    await workUntil(drover, run.id, null);
    expect(await fixture.wide()).toEqual(expectedWide([...ROWS, NEW_CHANNEL]));
  });
});

import { executeDelivery } from '@drover/engine';
import { barrierAt, expectedWide, hourlyRows, type NarrowRow } from '@drover/testkit';
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
const ROWS = hourlyRows({ ships: 2, channels: 3, hours: 2 });

/** A fixture whose run stands before its two data chunks; the first of them is delivered. */
async function beforeTheData() {
  const fixture = await migrationFixture({ postgresUrl, queueUrl: 'postgres', rows: ROWS });
  const drover = await openFixture(fixture);
  const run = await startedRun(drover);
  await workUntil(drover, run.id, 'data');
  const delivery = await firstDelivery(drover, run.id);
  /** What the tables hold when only the first chunk was moved. */
  const firstHour = (rows: readonly NarrowRow[]) =>
    expectedWide(rows.filter((row) => (row.time ?? '') < '2026-01-01 01:00:00'));
  return { fixture, drover, run, delivery, firstHour };
}

const outcomes = async (drover: Awaited<ReturnType<typeof openFixture>>, chunkId: number) =>
  (
    await drover.ledgerDatabase.query(
      'select outcome from drover.attempt where chunk_id = $1 order by id',
      [chunkId],
    )
  ).map((row) => row['outcome']);

describe('an attempt that lost its chunk', () => {
  // Mutation: without `gate.fence` and the token in `settle` the stale value is written.
  test('cannot commit when it wakes up after its successor has finished, even where its sessions live', async () => {
    const { fixture, drover, delivery, firstHour } = await beforeTheData();
    await using _ = fixture;
    await using __ = drover;
    const frozen = barrierAt('staged');
    // This pipeline's successor cannot end the sessions of others: only the fence is left.
    const pipeline = { ...drover.pipeline, evict: async () => {} };
    const first = executeDelivery(
      workshop(drover, { pipeline, reached: (at) => frozen.reached(at) }),
      delivery,
      noLease,
    );
    await frozen.arrived;
    await fixture.database.sql.query('update tenant.tbl_data_timeseries set long_v = long_v + 1');

    await executeDelivery(workshop(drover, { pipeline }), delivery, noLease);
    frozen.release();
    await first;

    const current = ROWS.map((row) => ({ ...row, long: String(Number(row.long) + 1) }));
    expect(await fixture.wide()).toEqual(firstHour(current));
    expect(await outcomes(drover, delivery.chunkId)).toEqual(['superseded', 'done']);
  });

  // Mutation: without `pipeline.evict` in `claimChunk` the first attempt's sessions stay open.
  test('has its sessions ended by its successor while it is frozen in the middle of a COPY', async () => {
    const { fixture, drover, delivery, firstHour } = await beforeTheData();
    await using _ = fixture;
    await using __ = drover;
    const frozen = barrierAt('snapshot');
    const first = executeDelivery(
      workshop(drover, { reached: (at) => frozen.reached(at) }),
      delivery,
      noLease,
    );
    await frozen.arrived;

    await executeDelivery(workshop(drover), delivery, noLease);

    const left = await fixture.database.sql.query(
      `select application_name from pg_stat_activity where application_name like 'drover r%' and state <> 'idle'`,
    );
    expect(left).toEqual([]);
    frozen.release();
    // It finds its sessions gone and its token taken; nothing of that is the chunk's fault.
    await expect(first).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    expect(await fixture.wide()).toEqual(firstHour(ROWS));
    expect(await outcomes(drover, delivery.chunkId)).toEqual(['superseded', 'done']);
    const [chunk] = await fixture.database.sql.query(
      'select state, attempts from drover.chunk where id = $1',
      [delivery.chunkId],
    );
    expect(chunk).toEqual({ state: 'done', attempts: '0' });
  });

  // Mutation: without the retry after LOCK_TIMEOUT in `claimChunk` the successor never gets the chunk.
  test('frozen in its closing step, with the chunk locked, is ended and rolled back', async () => {
    const { fixture, drover, delivery, firstHour } = await beforeTheData();
    await using _ = fixture;
    await using __ = drover;
    const frozen = barrierAt('fenced');
    const first = executeDelivery(
      workshop(drover, { reached: (at) => frozen.reached(at) }),
      delivery,
      noLease,
    );
    await frozen.arrived;
    await executeDelivery(workshop(drover), delivery, noLease);
    frozen.release();
    await expect(first).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    expect(await fixture.wide()).toEqual(firstHour(ROWS));
    expect(await outcomes(drover, delivery.chunkId)).toEqual(['superseded', 'done']);
  });

  // Mutation: without `state = running` in the claim's list of states the second delivery moves it again.
  test('is not started at all by a delivery that comes after the chunk is done', async () => {
    const { fixture, drover, delivery } = await beforeTheData();
    await using _ = fixture;
    await using __ = drover;
    await executeDelivery(workshop(drover), delivery, noLease);
    await executeDelivery(workshop(drover), delivery, noLease);
    expect(await outcomes(drover, delivery.chunkId)).toEqual(['done']);
  });

  // Mutation: without `gate.fence` and the token in `settle` the slower of the two writes last.
  test('is one of two that were given the same chunk at once: one settles, the rows are there once', async () => {
    const { fixture, drover, delivery, firstHour } = await beforeTheData();
    await using _ = fixture;
    await using __ = drover;
    const pipeline = { ...drover.pipeline, evict: async () => {} };
    const slow = barrierAt('staged');
    const quick = barrierAt('staged');
    const attempt = (barrier: typeof slow) =>
      executeDelivery(
        workshop(drover, { pipeline, reached: (at) => barrier.reached(at) }),
        delivery,
        noLease,
      );
    const slowAttempt = attempt(slow);
    await slow.arrived;
    await fixture.database.sql.query('update tenant.tbl_data_timeseries set long_v = long_v + 1');
    const quickAttempt = attempt(quick);
    await quick.arrived;
    // Both have all their rows staged; the one that lost its token comes second.
    quick.release();
    await quickAttempt;
    slow.release();
    await slowAttempt;
    const current = ROWS.map((row) => ({ ...row, long: String(Number(row.long) + 1) }));
    expect(await fixture.wide()).toEqual(firstHour(current));
    expect(await outcomes(drover, delivery.chunkId)).toEqual(['superseded', 'done']);
  });
});

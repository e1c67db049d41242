import type { Pipeline, Throttle } from '@drover/core';
import { executeDelivery } from '@drover/engine';
import { barrierAt, expectedWide, hourlyRows, until } from '@drover/testkit';
import { describe, expect, inject, test, vi } from 'vitest';
import {
  coordinatorOf,
  firstDelivery,
  migrationFixture,
  openFixture,
  startedRun,
  throttlerOf,
  workshop,
  workUntil,
} from './testing/migration-fixture.ts';

const postgresUrl = inject('postgresUrl');
const noLease = new AbortController().signal;
const ROWS = hourlyRows({ ships: 2, channels: 3, hours: 2 });
/** Some hours that can hold work; whether they do, the tests say. */
const HOURS = { from: '00:00', to: '00:01', timeZone: 'UTC' };

async function beforeTheData(throttle: Throttle = {}) {
  const fixture = await migrationFixture({
    postgresUrl,
    queueUrl: 'postgres',
    rows: ROWS,
    spec: { throttle },
  });
  const drover = await openFixture(fixture);
  const run = await startedRun(drover);
  await workUntil(drover, run.id, 'data');
  const { sql } = fixture.database;
  return {
    fixture,
    drover,
    run,
    sql,
    hold: (held: string | null) =>
      drover.ledger.holdWork({ migrationId: drover.migration.id, held }),
    load: () => drover.ledger.load(drover.migration.id),
    async [Symbol.asyncDispose]() {
      await drover[Symbol.asyncDispose]();
      await fixture[Symbol.asyncDispose]();
    },
  };
}

/** A chunk that has its snapshot and does not read on, because work is held. */
async function heldInTheMiddle(
  set: Awaited<ReturnType<typeof beforeTheData>>,
  longestHoldMs?: number,
) {
  const { drover, run, hold } = set;
  const throttler = throttlerOf(drover, longestHoldMs);
  const waiting = vi.spyOn(throttler, 'mayReadOn');
  const delivery = await firstDelivery(drover, run.id);
  const snapshot = barrierAt('snapshot');
  let staged = false;
  const attempt = executeDelivery(
    workshop(drover, {
      throttler,
      reached: async (at) => {
        await snapshot.reached(at);
        staged ||= at === 'staged';
      },
    }),
    delivery,
    noLease,
  );
  await snapshot.arrived;
  await hold('it is day');
  await throttler.refresh();
  snapshot.release();
  await until('it waits', () => waiting.mock.calls.length > 0);
  return { throttler, delivery, attempt, staged: () => staged };
}

describe('a chunk in hand while work is held', () => {
  // Mutation: without `pace()` in transfer.ts it reads on to its end.
  test('does not read on, and does when work goes on', async () => {
    await using set = await beforeTheData({ hours: HOURS });
    const { throttler, attempt, delivery, staged } = await heldInTheMiddle(set);
    expect(staged()).toBe(false);
    await set.hold(null);
    await throttler.refresh();
    await attempt;
    const [chunk] = await set.sql.query('select state from drover.chunk where id = $1', [
      delivery.chunkId,
    ]);
    expect(chunk?.['state']).toBe('done');
    await workUntil(set.drover, set.run.id, null);
    expect(await set.fixture.wide()).toEqual(expectedWide(ROWS));
  });

  // Mutation: without the end of the hold in throttler.ts its snapshot stays for as long as work is held.
  test('is handed back when that takes too long: nothing is burnt, and nothing is kept on the source', async () => {
    await using set = await beforeTheData({ hours: HOURS });
    const { attempt, delivery } = await heldInTheMiddle(set, 1);
    await attempt;
    const [chunk] = await set.sql.query(
      `select c.state, c.attempts, a.outcome, a.error_code from drover.chunk c
       join drover.attempt a on a.chunk_id = c.id where c.id = $1`,
      [delivery.chunkId],
    );
    expect(chunk).toEqual({ state: 'planned', attempts: '0', outcome: 'held', error_code: null });
    await until('its sessions are gone', async () => {
      const left = await set.sql.query(
        `select 1 from pg_stat_activity where datname = current_database() and application_name like 'drover r%'`,
      );
      return left.length === 0;
    });
    await set.hold(null);
    await workUntil(set.drover, set.run.id, null);
    expect(await set.fixture.wide()).toEqual(expectedWide(ROWS));
  });

  // Mutation: without `pace.next()` before the move in execute-delivery.ts it opens its snapshot first.
  test('opens no snapshot while it is held before it has begun', async () => {
    await using set = await beforeTheData({ hours: HOURS });
    const throttler = throttlerOf(set.drover, 1);
    await set.hold('it is day');
    await throttler.refresh();
    const delivery = await firstDelivery(set.drover, set.run.id);
    const milestones: string[] = [];
    const shop = workshop(set.drover, {
      throttler,
      reached: async (at) => void milestones.push(at),
    });
    await executeDelivery(shop, delivery, noLease);
    expect(milestones).toEqual([]);
    const { outcomes } = await set.drover.ledger.attempts(set.run.id);
    expect(outcomes).toContainEqual({ outcome: 'held', errorCode: null, count: 1 });
  });
});

describe('source rows a second', () => {
  // Mutation: without `charge` after the verification only what is moved counts.
  test('are counted of what is moved and of what is verified', async () => {
    await using set = await beforeTheData({ rowsPerSecond: 1_000_000_000 });
    const throttler = throttlerOf(set.drover);
    await throttler.refresh();
    const charged = vi.spyOn(throttler, 'charge');
    const rows = () => charged.mock.calls.reduce((sum, [read]) => sum + read, 0);
    await workUntil(set.drover, set.run.id, 'finish', { throttler });
    expect(rows()).toBe(ROWS.length);
    await workUntil(set.drover, set.run.id, null, { throttler });
    expect(rows()).toBe(2 * ROWS.length);
  });
});

describe('a coordinator', () => {
  const busy = { query: { sql: 'select count(*) from public.busy', below: 1 } };

  /** A pipeline that counts how often it is asked to measure. */
  function counting(pipeline: Pipeline) {
    const measure = vi.fn((sql: string) => pipeline.measure(sql));
    return { measure, pipeline: { ...pipeline, measure } };
  }

  // Mutation: with `meter.look()` before the lease is had in coordinator.ts both measure.
  test('that has the lease measures what can hold work, again and again; another one does not', async () => {
    await using set = await beforeTheData(busy);
    await set.sql.query('create table public.busy (a int)');
    const [one, other] = [counting(set.drover.pipeline), counting(set.drover.pipeline)];
    await using first = coordinatorOf(set.drover, one);
    first.start();
    await until('it has measured', async () => (await set.load()).measuredMsAgo !== null);
    await using second = coordinatorOf(set.drover, other);
    second.start();
    expect((await set.load()).held).toBeNull();
    await set.sql.query('insert into public.busy values (1)');
    await until('work is held', async () => (await set.load()).held !== null);
    expect((await set.load()).held).toBe('the query gives 1, which is not below 1');
    await set.sql.query('drop table public.busy');
    await until('the reason is another', async () =>
      /^the query failed: .* relation "public.busy" does not exist/.test(
        (await set.load()).held ?? '',
      ),
    );
    await set.drover.ledger.changeThrottle({
      migrationId: set.drover.migration.id,
      settings: { query: null },
    });
    await until('work goes on', async () => (await set.load()).held === null);
    expect(one.measure.mock.calls.length).toBeGreaterThanOrEqual(3);
    expect(other.measure).not.toHaveBeenCalled();
  });

  // Mutation: without `#underWay` in coordinator.ts it measures for nobody.
  test('leaves the source alone when no run is under way', async () => {
    await using set = await beforeTheData(busy);
    await set.drover.ledger.changeRun({ runId: set.run.id, event: 'cancel' });
    const { measure, ...counted } = counting(set.drover.pipeline);
    const coordinator = coordinatorOf(set.drover, counted);
    coordinator.start();
    await until('it has the lease', async () => {
      const leases = await set.sql.query(
        `select 1 from drover.lease where name like 'coordinator%'`,
      );
      return leases.length > 0;
    });
    await coordinator.pass();
    await coordinator[Symbol.asyncDispose]();
    expect(measure).not.toHaveBeenCalled();
  });
});

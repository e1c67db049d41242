import { type ChunkQueue, type Delivery, DroverError } from '@drover/core';
import { executeDelivery } from '@drover/engine';
import { Session } from '@drover/postgres';
import { expectedWide, hourlyRows, until } from '@drover/testkit';
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
const ROWS = hourlyRows({ ships: 1, channels: 2, hours: 6 });

async function beforeTheData() {
  const fixture = await migrationFixture({ postgresUrl, queueUrl: 'postgres', rows: ROWS });
  const drover = await openFixture(fixture);
  const run = await startedRun(drover);
  await workUntil(drover, run.id, 'data');
  return { fixture, drover, run };
}

/** A queue in memory that remembers what it was given. */
function memoryQueue(): ChunkQueue & { readonly jobs: Map<string, Delivery> } {
  const jobs = new Map<string, Delivery>();
  return {
    jobs,
    async add(deliveries) {
      for (const one of deliveries) jobs.set(`r${one.runId}-c${one.chunkId}-d${one.delivery}`, one);
    },
    known: async () => new Set(jobs.keys()),
    async remove(keys) {
      for (const key of keys) jobs.delete(key);
    },
    async ping() {},
    deadLetters: { known: async () => new Set(), async add() {}, async remove() {} },
    async close() {},
  };
}

describe('feeding', () => {
  // Mutation: without `Reconciler.look` in the coordinator the chunks stay queued for ever.
  test('survives a crash between the write to the ledger and the write to the queue', async () => {
    const { fixture, drover, run } = await beforeTheData();
    await using _ = fixture;
    await using __ = drover;
    const queue = memoryQueue();
    const crashing = {
      ...queue,
      add: async () => {
        throw new DroverError('QUEUE_UNAVAILABLE');
      },
    };
    await using dead = coordinatorOf(drover, { queue: crashing });
    await expect(dead.pass()).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
    expect(await drover.ledger.outstanding(run.id)).toHaveLength(6);
    expect(queue.jobs.size).toBe(0);

    // Two looks, as one could fall between two writes; the clock is the test's.
    let now = 0;
    await using next = coordinatorOf(drover, {
      queue,
      host: { ...drover.host, now: () => (now += 60_000) },
    });
    await next.pass();
    expect(queue.jobs.size).toBe(0);
    await next.pass();
    expect([...queue.jobs.values()].map((job) => job.delivery)).toEqual([2, 2, 2, 2, 2, 2]);
  });

  // Mutation: without the state in the claim's condition the chunk is moved a second time.
  test('survives a crash between the commit and the acknowledgement', async () => {
    const { fixture, drover, run } = await beforeTheData();
    await using _ = fixture;
    await using __ = drover;
    await using coordinator = coordinatorOf(drover, { queue: memoryQueue() });
    await coordinator.pass();
    const [delivery] = await drover.ledger.outstanding(run.id);
    if (delivery === undefined) throw new Error('nothing was fed');
    await executeDelivery(workshop(drover), delivery, noLease);
    // The job was not acknowledged: the queue hands it out again.
    await executeDelivery(workshop(drover), delivery, noLease);
    const attempts = await drover.ledger.attempts(run.id);
    const [row] = await fixture.database.sql.query(
      'select count(*) as attempts from drover.attempt where chunk_id = $1',
      [delivery.chunkId],
    );
    expect(row?.['attempts']).toBe('1');
    expect(attempts.outcomes.every((one) => one.outcome === 'done')).toBe(true);
  });

  // Mutation: without `for update of c skip locked` in `feed` the second waits for the same chunks.
  test('by two feeders at once offers each chunk once', async () => {
    const { fixture, drover } = await beforeTheData();
    await using _ = fixture;
    await using __ = drover;
    const { sql, url } = fixture.database;
    // A gate in the database: whoever turns a chunk into a queued one waits there.
    await sql.query(`create function public.gate() returns trigger language plpgsql as $$
      begin perform pg_advisory_xact_lock_shared(42); return new; end $$`);
    await sql.query(`create trigger gate before update on drover.chunk for each row
      when (new.state = 'queued') execute function public.gate()`);
    await using keeper = await Session.open(url, { side: 'test', applicationName: 'keeper' });
    await keeper.query('select pg_advisory_lock(42)');

    const queue = memoryQueue();
    const added: Delivery[] = [];
    const recording: ChunkQueue = {
      ...queue,
      async add(deliveries) {
        added.push(...deliveries);
      },
    };
    await using first = coordinatorOf(drover, { queue: recording });
    await using second = coordinatorOf(drover, { queue: recording });
    const passes = [first.pass(), second.pass()];
    await until('one feeder stands between its look and its write', async () => {
      const waiting = await sql.query(
        `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like 'with run as%'`,
      );
      return waiting.length === 1;
    });
    // The other one passes by: what the first has looked at it leaves alone.
    await Promise.race(passes);
    expect(added).toEqual([]);
    await keeper.query('select pg_advisory_unlock(42)');
    await Promise.all(passes);

    expect(added).toHaveLength(6);
    expect(new Set(added.map((one) => one.chunkId)).size).toBe(6);
    expect(added.every((one) => one.delivery === 1)).toBe(true);
  });

  // Mutation: without `expected` in `appendChunks` the second planner's chunks overlap the first one's.
  test('by two planners at once plans each range once, without gap or overlap', async () => {
    const fixture = await migrationFixture({
      postgresUrl,
      queueUrl: 'postgres',
      rows: hourlyRows({ ships: 1, channels: 1, hours: 700 }),
    });
    await using _ = fixture;
    await using drover = await openFixture(fixture);
    const run = await startedRun(drover);
    await workUntil(drover, run.id, 'data');
    const queue = memoryQueue();
    const coordinators = [1, 2, 3].map(() => coordinatorOf(drover, { queue }));
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(coordinators.map((one) => one.pass()));
    }
    for (const one of coordinators) await one[Symbol.asyncDispose]();
    const ranges = await fixture.database.sql.query(
      `select range->>'from' as start, range->>'to' as stop from drover.chunk
       where run_id = $1 and phase = 'data' order by ordinal`,
      [run.id],
    );
    expect(ranges).toHaveLength(700);
    expect(ranges[0]?.['start']).toBeNull();
    expect(ranges.at(-1)?.['stop']).toBeNull();
    for (const [index, range] of ranges.slice(1).entries()) {
      expect(range['start']).toBe(ranges[index]?.['stop']);
    }
  });
});

describe('a run', () => {
  test('is exact, verified and finished when everything that was fed is done', async () => {
    const { fixture, drover, run } = await beforeTheData();
    await using _ = fixture;
    await using __ = drover;
    await workUntil(drover, run.id, null);
    const ended = await drover.ledger.findRun(run.id);
    expect(ended?.state).toBe('done');
    expect(await fixture.wide()).toEqual(expectedWide(ROWS));
    expect(await drover.ledger.verification(run.id)).toMatchObject({
      chunks: 6,
      verified: 6,
      uncovered: 0,
      compared: ROWS.length,
      wrong: 0,
      stale: 0,
    });
  });
});

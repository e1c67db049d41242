import type { ThrottleSettings } from '@drover/core';
import { expectedWide, hourlyRows, until } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { migrationFixture, openFixture, startedRun } from './testing/migration-fixture.ts';
import { startWorkerProcess } from './testing/worker-process.ts';

const postgresUrl = inject('postgresUrl');
const redisUrl = inject('redisUrl');
const ROWS = hourlyRows({ ships: 2, channels: 2, hours: 6 });

describe.skipIf(redisUrl === null)('limits on the load of worker processes', () => {
  const queueUrl = redisUrl ?? '';

  async function migration(throttle: Readonly<Record<string, unknown>> = {}) {
    const fixture = await migrationFixture({
      postgresUrl,
      queueUrl,
      rows: ROWS,
      spec: { throttle },
    });
    const drover = await openFixture(fixture);
    const { ledger } = drover;
    const { sql } = fixture.database;
    const migrationId = drover.migration.id;
    const one = async (query: string) => (await sql.query(query))[0]?.['value'] ?? '';
    return {
      fixture,
      drover,
      sql,
      one,
      workers: () => ledger.workers(migrationId),
      load: () => ledger.load(migrationId),
      set: (settings: ThrottleSettings) => ledger.changeThrottle({ migrationId, settings }),
      /** How many chunks the only worker has in hand, as it said last. */
      inHand: async () => (await ledger.workers(migrationId))[0]?.activity.length ?? 0,
      /** The ledger's clock when the worker has read what is set there for sure: two heartbeats later. */
      async noted(): Promise<string> {
        for (let beat = 0; beat < 2; beat += 1) {
          const now = await one('select clock_timestamp()::text as value');
          await until('a heartbeat has come', async () => {
            const seen = await one(
              `select (min(seen_at) > '${now}')::text as value from drover.worker`,
            );
            return seen === 'true';
          });
        }
        return one('select clock_timestamp()::text as value');
      },
      done: (runId: number) =>
        until('the run is done', async () => (await ledger.findRun(runId))?.state === 'done'),
      async [Symbol.asyncDispose]() {
        await drover[Symbol.asyncDispose]();
        await fixture[Symbol.asyncDispose]();
      },
    };
  }

  // Mutation: without `mayStart` in worker.ts chunks start as soon as they can; with a turn that each worker takes
  // for itself they start twice as often.
  test('let chunks start no faster than that, over all workers together', async () => {
    await using set = await migration({ chunksPerSecond: 2 });
    await using _one = startWorkerProcess(set.fixture.file, ['--concurrency', '2']);
    await using _other = startWorkerProcess(set.fixture.file, ['--concurrency', '2']);
    await until('both are there', async () => (await set.workers()).length === 2);
    const begin = await set.one('select clock_timestamp()::text as value');
    const run = await startedRun(set.drover);
    await set.done(run.id);
    const starts = await set.sql.query(
      `select extract(epoch from started_at - '${begin}') as seconds, worker_id from drover.attempt order by started_at`,
    );
    expect(starts.length).toBeGreaterThan(12);
    for (const [index, start] of starts.entries()) {
      expect(Number(start['seconds'])).toBeGreaterThanOrEqual(index * 0.5);
    }
    expect(new Set(starts.map((start) => start['worker_id'])).size).toBe(2);
    expect(await set.fixture.wide()).toEqual(expectedWide(ROWS));
  });

  // Mutation: without `Bell.ring` at a change, whoever waits for the hour to pass goes on doing so.
  test('let go of those who wait for a turn when they are lifted', async () => {
    await using set = await migration({ chunksPerSecond: 0.0003 });
    await using _worker = startWorkerProcess(set.fixture.file, ['--concurrency', '3']);
    const run = await startedRun(set.drover);
    await until('one chunk was started', async () => {
      const attempts = await set.one('select count(*)::text as value from drover.attempt');
      return attempts !== '0';
    });
    await set.noted();
    expect(await set.one('select count(*)::text as value from drover.attempt')).toBe('1');
    await set.set({ chunksPerSecond: null });
    await set.done(run.id);
    expect(await set.fixture.wide()).toEqual(expectedWide(ROWS));
  });

  // Mutation: without `stopping` in throttler.ts the worker stays for the rest of the hour.
  test('do not keep a worker that waits for a turn from ending', async () => {
    await using set = await migration({ chunksPerSecond: 0.0003 });
    await using worker = startWorkerProcess(set.fixture.file, ['--grace', '1h']);
    const run = await startedRun(set.drover);
    await until('one chunk was started, and one waits', async () => {
      const [row] = await set.sql.query(
        `select count(*) filter (where state = 'done') as done, count(*) filter (where state = 'queued') as queued from drover.chunk`,
      );
      return Number(row?.['done']) === 1 && Number(row?.['queued']) > 0;
    });
    await set.noted();
    worker.signal('SIGTERM');
    expect(await worker.ended).toBe(0);
    expect((await set.drover.ledger.findRun(run.id))?.state).toBe('running');
  });

  // Mutation: without `setConcurrency` in worker.ts nothing changes; without `Math.min` in `Throttler.concurrency`
  // it takes more than it was started with.
  test('let a worker have more or fewer chunks in hand, but never more than it was started with', async () => {
    // Whoever has read its first piece then waits for hours: what is in hand stays there.
    await using set = await migration({ concurrency: 1, rowsPerSecond: 1 });
    await using _worker = startWorkerProcess(set.fixture.file, ['--concurrency', '3']);
    const run = await startedRun(set.drover);
    await until('it has one in hand', async () => (await set.inHand()) === 1);
    await set.set({ concurrency: 2 });
    await until('it has two in hand', async () => (await set.inHand()) === 2);
    await set.set({ concurrency: 9 });
    await until('it has three in hand', async () => (await set.inHand()) === 3);
    await set.noted();
    expect(await set.inHand()).toBe(3);

    await set.set({ concurrency: 1 });
    const lowered = await set.noted();
    await set.set({ rowsPerSecond: null });
    await set.done(run.id);
    const overlapping = await set.sql.query(
      `select 1 from drover.attempt a join drover.attempt b on a.id < b.id
       where a.started_at > '${lowered}' and b.started_at > '${lowered}'
         and a.ended_at > b.started_at and b.ended_at > a.started_at`,
    );
    expect(overlapping).toEqual([]);
    const after = await set.one(
      `select count(*)::text as value from drover.attempt where started_at > '${lowered}'`,
    );
    expect(Number(after)).toBeGreaterThan(3);
    expect(await set.fixture.wide()).toEqual(expectedWide(ROWS));
  });

  // Mutation: without `intake.set` and the look at `#held` in `mayStart`, chunks start though the source is busy.
  test('hold all work while a query says so, and let it go on by itself', async () => {
    await using set = await migration({
      query: { sql: 'select count(*) from public.busy', below: 1 },
    });
    await set.sql.query('create table public.busy as select 1 as one');
    await using _one = startWorkerProcess(set.fixture.file);
    await using _other = startWorkerProcess(set.fixture.file);
    const run = await startedRun(set.drover);
    await until('it was measured', async () => (await set.load()).held !== null);
    expect((await set.load()).held).toBe('the query gives 1, which is not below 1');
    await set.noted();
    const released = await set.one('select clock_timestamp()::text as value');
    await set.sql.query('delete from public.busy');
    await set.done(run.id);
    const early = await set.sql.query(
      `select 1 from drover.attempt where started_at < '${released}'`,
    );
    expect(early).toEqual([]);
    expect((await set.load()).held).toBeNull();
    expect(await set.fixture.wide()).toEqual(expectedWide(ROWS));
  });
});

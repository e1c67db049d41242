import { expectedWide, hourlyRows, until } from '@drover/testkit';
import { Redis } from 'ioredis';
import { describe, expect, inject, test } from 'vitest';
import { type DooredMigration, dooredMigration } from './testing/doored-migration.ts';
import type { WorkerProcess } from './testing/worker-process.ts';

const postgresUrl = inject('postgresUrl');
const redisUrl = inject('redisUrl');
const ROWS = hourlyRows({ ships: 1, channels: 2, hours: 3 });

/** How data attempts ended, in the order in which they began. */
async function dataAttempts({ drover, run }: DooredMigration) {
  const all = await drover.ledger.attemptRecords({ runId: run.id, after: 0, limit: 99 });
  return all
    .filter((attempt) => attempt.phase === 'data')
    .map(({ outcome, errorCode, pid }) => ({ outcome, errorCode, pid }));
}

const waitsFor = (migration: DooredMigration, worker: WorkerProcess, ...stores: string[]) =>
  until(`the worker says that it waits for ${stores.join(' and ') || 'nothing'}`, async () => {
    const heard = (await migration.heardOf(worker))?.waitsFor.map((one) => one.store);
    return heard?.sort().join() === stores.join();
  });

// At the same time, as they spend it waiting.
describe.skipIf(redisUrl === null)(
  'in the middle of a chunk a worker loses',
  { concurrent: true },
  () => {
    const open = () => dooredMigration({ postgresUrl, redisUrl: redisUrl ?? '' }, ROWS);

    // Mutation: without `storeAway` in decision.ts the attempt is burnt, and the chunk parked; without `onOpen` and
    // both `breaker.open` in worker.ts it takes the chunk again and again; without `onClosed`, never again.
    test('the source: it hands the chunk back, says what it waits for, burns nothing, and goes on by itself', async () => {
      await using migration = await open();
      const { source, fixture, run, drover } = migration;
      const worker = await migration.workerInTheMiddle();
      await source.slam();
      worker.release();
      await waitsFor(migration, worker, 'source');
      const [waiting] = (await migration.heardOf(worker))?.waitsFor ?? [];
      expect(waiting).toMatchObject({ store: 'source', code: 'CONNECTION_LOST' });
      const lost = { outcome: 'waiting', errorCode: 'CONNECTION_LOST', pid: worker.pid };
      expect(await dataAttempts(migration)).toEqual([lost]);
      // Several looks, seconds apart.
      await until('it has knocked again and again', () => source.knocks >= 4);
      expect(await dataAttempts(migration)).toEqual([lost]);
      expect(await drover.ledger.findRun(run.id)).toMatchObject({
        state: 'running',
        phase: 'data',
      });
      await source.open();
      await migration.finished();
      await waitsFor(migration, worker);
      expect(await migration.burnt()).toBe(0);
      expect(await fixture.wide()).toEqual(expectedWide(ROWS));
      const after = (await dataAttempts(migration)).slice(1);
      expect(after.map((attempt) => attempt.outcome)).toEqual(['done', 'done', 'done']);
    });

    // Mutation: with a pause in `waiting` of decision.ts nobody is offered the chunk while the first one waits.
    test('the source, which another one reaches: that one goes on with the chunk', async () => {
      await using migration = await open();
      const { source, fixture, run } = migration;
      const cutOff = await migration.workerInTheMiddle();
      await source.shut();
      cutOff.release();
      await waitsFor(migration, cutOff, 'source');
      const other = migration.workerElsewhere(['--until-run', String(run.id)]);
      expect(await other.ended).toBe(0);
      await migration.finished();
      expect(await fixture.wide()).toEqual(expectedWide(ROWS));
      const done = { outcome: 'done', errorCode: null, pid: other.pid };
      const [first, ...others] = await dataAttempts(migration);
      expect(first).toMatchObject({ outcome: 'waiting', pid: cutOff.pid });
      expect(others).toEqual([done, done, done]);
      expect(await migration.burnt()).toBe(0);
      cutOff.signal('SIGTERM');
      expect(await cutOff.ended).toBe(0);
    });

    // Mutation: without `#offerAgain` in reconcile.ts nobody takes the chunk again: nobody could be told of its end.
    test('the target with the ledger: it goes on by itself, and nothing is burnt', async () => {
      await using migration = await open();
      const { target, fixture } = migration;
      const worker = await migration.workerInTheMiddle();
      await target.slam();
      worker.release();
      await until('it has knocked again and again', () => target.knocks >= 10);
      await target.open();
      await migration.finished();
      expect(await migration.burnt()).toBe(0);
      expect(await fixture.wide()).toEqual(expectedWide(ROWS));
      await waitsFor(migration, worker);
    });

    // Mutation: without `watch.outages` in the beat of worker.ts nobody hears what it waits for.
    test('the queue, which comes back empty: it says so meanwhile, and goes on', async () => {
      await using migration = await open();
      const { queue, fixture, drover } = migration;
      const worker = await migration.workerInTheMiddle();
      await queue.shut();
      await waitsFor(migration, worker, 'queue');
      const [waiting] = (await migration.heardOf(worker))?.waitsFor ?? [];
      expect(waiting).toMatchObject({ store: 'queue', code: 'QUEUE_UNAVAILABLE' });
      const redis = new Redis(redisUrl ?? '');
      const keys = await redis.keys(`*${drover.migration.id}*`);
      expect(keys.length).toBeGreaterThan(0);
      await redis.del(keys);
      redis.disconnect();
      worker.release();
      await queue.open();
      await migration.finished();
      await waitsFor(migration, worker);
      expect(await migration.burnt()).toBe(0);
      expect(await fixture.wide()).toEqual(expectedWide(ROWS));
    });
  },
);

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectedWide, hourlyRows, until } from '@drover/testkit';
import { Redis } from 'ioredis';
import { describe, expect, inject, test } from 'vitest';
import { type DooredMigration, dooredMigration } from './testing/doored-migration.ts';

const postgresUrl = inject('postgresUrl');
const redisUrl = inject('redisUrl');
const ROWS = hourlyRows({ ships: 1, channels: 2, hours: 2 });

/** As if the locks of a process that is gone had run out, which takes some seconds. */
async function forgetQueue({ drover }: DooredMigration): Promise<void> {
  const redis = new Redis(redisUrl ?? '');
  await redis.del(await redis.keys(`*${drover.migration.id}*`));
  redis.disconnect();
}

// At the same time, as they spend it waiting.
describe.skipIf(redisUrl === null)('a worker that is asked to stop', { concurrent: true }, () => {
  const open = () => dooredMigration({ postgresUrl, redisUrl: redisUrl ?? '' }, ROWS);

  const finishedByAnother = async (migration: DooredMigration) => {
    const other = migration.workerElsewhere(['--until-run', String(migration.run.id)]);
    expect(await other.ended).toBe(0);
    expect(await migration.fixture.wide()).toEqual(expectedWide(ROWS));
    expect(await migration.burnt()).toBe(0);
    return other;
  };

  // Mutation: without `options.exit(130)` in worker-process.ts it waits for its chunk all the same; with
  // `signals > 0` the first one ends it.
  test('twice ends at once with 130; its chunk is moved by the next one, and nothing is burnt', async () => {
    await using migration = await open();
    const logs = join(migration.fixture.folder, 'logs');
    const worker = await migration.workerInTheMiddle(['--logs', logs]);
    worker.signal('SIGTERM');
    await until('it is about to stop', () =>
      readdirSync(logs).some((name) => readFileSync(join(logs, name), 'utf8').includes('stops')),
    );
    expect(worker.child.exitCode).toBeNull();
    worker.signal('SIGTERM');
    expect(await worker.ended).toBe(130);
    worker.release();
    await forgetQueue(migration);
    await finishedByAnother(migration);
    const attempts = await migration.drover.ledger.attempts(migration.run.id);
    expect(attempts.outcomes).toContainEqual({ outcome: 'superseded', errorCode: null, count: 1 });
  });

  // Mutation: without `true` in `worker.close(true)` of chunk-consumer.ts it never ends.
  test('while the queue is away and it has a chunk in hand finishes the chunk and ends with 0', async () => {
    await using migration = await open();
    const worker = await migration.workerInTheMiddle();
    await migration.queue.shut();
    await until(
      'it says so',
      async () => ((await migration.heardOf(worker))?.waitsFor.length ?? 0) > 0,
    );
    worker.signal('SIGTERM');
    worker.release();
    expect(await worker.ended).toBe(0);
    await migration.queue.open();
    await finishedByAnother(migration);
  });

  // Mutation: without `catch` after `retireWorker` in worker.ts it ends with 1.
  test('while the target with the ledger is away ends with 0', async () => {
    await using migration = await open();
    const worker = await migration.workerInTheMiddle();
    await migration.target.slam();
    worker.release();
    await until('it has noticed', () => migration.target.knocks >= 10);
    worker.signal('SIGTERM');
    expect(await worker.ended).toBe(0);
    await migration.target.open();
    await forgetQueue(migration);
    await finishedByAnother(migration);
  });
});

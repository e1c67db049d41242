import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectedWide, hourlyRows, until } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { type DooredMigration, dooredMigration } from './testing/doored-migration.ts';
import type { WorkerProcess } from './testing/worker-process.ts';

const postgresUrl = inject('postgresUrl');
const redisUrl = inject('redisUrl');
const ROWS = hourlyRows({ ships: 1, channels: 2, hours: 1 });

/** Resolves when the worker has said on its terminal that it waits, for this reason. */
const saysThatItWaits = (worker: WorkerProcess, code: string, times = 1) =>
  until(`it says that it waits because of ${code}`, () => {
    const lines = worker.said().split('\n');
    return (
      lines.filter((line) => line.includes('waiting to start')).length >= times &&
      worker.said().includes(code)
    );
  });

// At the same time, as they spend it waiting.
describe.skipIf(redisUrl === null)('a worker that is started', { concurrent: true }, () => {
  const open = () => dooredMigration({ postgresUrl, redisUrl: redisUrl ?? '' }, ROWS);

  const overwrite = (
    { fixture }: DooredMigration,
    name: string,
    change: (text: string) => string,
  ) => {
    const path = join(fixture.folder, name);
    writeFileSync(path, change(readFileSync(path, 'utf8')));
  };

  // Mutation: without `patiently` around `openDrover` in worker.ts it ends with 1 where Postgres is away, and
  // without that around `openChunkConsumer` where Redis is.
  test('while Postgres and Redis are away waits for the one, then for the other, and begins by itself', async () => {
    await using migration = await open();
    const { target, queue, fixture } = migration;
    await target.shut();
    await queue.shut();
    const worker = migration.worker();
    await saysThatItWaits(worker, 'CONNECTION_LOST', 2);
    expect(worker.said()).not.toContain('QUEUE_UNAVAILABLE');
    await target.open();
    await saysThatItWaits(worker, 'QUEUE_UNAVAILABLE');
    expect(await migration.heardOf(worker)).toBeUndefined();
    await queue.open();
    await migration.finished();
    expect(await fixture.wide()).toEqual(expectedWide(ROWS));
    worker.signal('SIGTERM');
    expect(await worker.ended).toBe(0);
  });

  // Mutation: without `unwanted` in worker-process.ts it waits on; without the disposal in `startWorker` of what
  // was opened by then, its connections keep the process alive.
  test.each(['target', 'queue'] as const)(
    'and asked to stop while it waits for its %s ends at once with 0',
    async (store) => {
      await using migration = await open();
      await migration[store].shut();
      const worker = migration.worker();
      await saysThatItWaits(worker, store === 'queue' ? 'QUEUE_UNAVAILABLE' : 'CONNECTION_LOST');
      worker.signal('SIGTERM');
      expect(await worker.ended).toBe(0);
      expect(worker.said()).not.toContain('Error');
    },
  );

  // Mutation: with `AUTHENTICATION_FAILED` among OUTAGE_CODES of outage.ts it waits for ever.
  test.each([
    ['a database', 'postgres@', 'drover_stranger@', 'role "drover_stranger" does not exist'],
    ['the queue', 'redis://', 'redis://drover_stranger:never-shown@', 'WRONGPASS'],
  ])('with a login that %s refuses ends with 1 and says why', async (_, from, to, reason) => {
    await using migration = await open();
    overwrite(migration, '.env', (text) => text.replaceAll(from, to));
    const worker = migration.worker();
    expect(await worker.ended).toBe(1);
    expect(worker.said()).toContain(reason);
    expect(worker.said()).not.toMatch(/waiting|never-shown/);
  });

  test('with a broken file ends with 2 and says where', async () => {
    await using migration = await open();
    overwrite(migration, 'migration.yaml', (text) => text.replace('pivot', 'pivott'));
    const worker = migration.worker();
    expect(await worker.ended).toBe(2);
    expect(worker.said()).toContain('migration.yaml');
    expect(worker.said()).toContain('pivott');
    expect(worker.said()).not.toContain('waiting');
  });
});

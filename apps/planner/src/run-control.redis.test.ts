import { startRedis } from '@drover/servers';
import { expectedWide, hourlyRows, until } from '@drover/testkit';
import { Redis } from 'ioredis';
import { describe, expect, inject, test } from 'vitest';
import { type CliFixture, cliFixture, MIDDLE_OF_A_COPY } from './testing/cli-fixture.ts';

const postgresUrl = inject('postgresUrl');
const redisUrl = inject('redisUrl');
const ROWS = hourlyRows({ ships: 1, channels: 2, hours: 4 });

/**
 * A run whose only worker stands in the middle of its first data chunk, held by the network. The command
 * that started the run is still watching.
 */
async function heldRun(migration: CliFixture) {
  const proxy = await migration.proxy();
  const watcher = migration.start(['run']);
  await until('the run is open', async () => (await migration.run()) !== null);
  const hold = proxy.holdAt(MIDDLE_OF_A_COPY);
  const worker = migration.start(['worker'], proxy.environment);
  await hold.arrived;
  return {
    watcher,
    worker,
    release: hold.release,
    async [Symbol.asyncDispose]() {
      await watcher[Symbol.asyncDispose]();
      await worker[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

const doneChunks = async (migration: CliFixture) => {
  const [row] = await migration.database.sql.query(
    `select count(*) filter (where state = 'done') as done from drover.chunk where phase = 'data'`,
  );
  return Number(row?.['done']);
};

describe.skipIf(redisUrl === null)('an unfinished run', () => {
  const queueUrl = redisUrl ?? '';

  // Mutation: without `coordinator.start()` and `onPhaseClosed` in worker.ts, so that only the command plans
  // phases, the run stays unfinished for ever.
  test('is seen through to the verified end by the workers when the command is killed', async () => {
    await using migration = await cliFixture({ postgresUrl, queueUrl, rows: ROWS });
    await using held = await heldRun(migration);
    held.watcher.signal('SIGKILL');
    expect(await held.watcher.ended).toMatchObject({ code: 'SIGKILL' });
    expect(await migration.run()).toMatchObject({ state: 'running', phase: 'data' });
    held.release();
    await until('the run is done', async () => (await migration.run())?.state === 'done');
    expect(await migration.wide()).toEqual(expectedWide(ROWS));
    const { code, out } = await migration.drover(['report']);
    expect(code).toBe(0);
    expect(out).toContain('Verification: PASSED (4 of 4 chunks, 32 rows compared)');
  });

  test('refuses another, and says how to go on', async () => {
    await using migration = await cliFixture({ postgresUrl, queueUrl, rows: ROWS });
    await using held = await heldRun(migration);
    const { code, out, err } = await migration.drover(['run', '--workers', '1']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('Run 1 of this migration is running (phase data).');
    for (const way of ['drover resume', 'drover status', 'drover cancel'])
      expect(err).toContain(way);
    // It goes on as it was started: other bounds are another run.
    const other = await migration.drover(['run', '--yes', '--ships', 'S1']);
    expect(other.code).toBe(2);
    expect(other.err).toContain('not with other bounds');
    held.watcher.signal('SIGINT');
    const left = await held.watcher.ended;
    expect(left.code).toBe(130);
    expect(left.err).toContain('run 1 is not finished. Workers elsewhere go on');
  });

  test('is gone on with by drover run where the person agrees', async () => {
    await using migration = await cliFixture({ postgresUrl, queueUrl, rows: ROWS });
    await using held = await heldRun(migration);
    held.watcher.signal('SIGKILL');
    held.worker.signal('SIGKILL');
    await Promise.all([held.watcher.ended, held.worker.ended]);
    held.release();
    const { code, out } = await migration.drover(['run', '--yes', '--workers', '1']);
    expect(code).toBe(0);
    expect(out).toContain('Run 1 of');
    expect(await migration.wide()).toEqual(expectedWide(ROWS));
  });

  // Mutation: without the run's state in claim.ts, the chunks that were queued are moved while it is paused.
  test('that is paused finishes the chunk in hand and starts nothing, until it is resumed', async () => {
    await using migration = await cliFixture({ postgresUrl, queueUrl, rows: ROWS });
    await using held = await heldRun(migration);
    const paused = await migration.drover(['pause', '--json']);
    expect(paused.code).toBe(0);
    expect(JSON.parse(paused.out)).toEqual([
      { run: 1, was: 'running', applies: true, changed: true, chunks: 0 },
    ]);
    held.release();
    // The worker has looked at each of the other three, and left it alone.
    await until('the queue is empty', async () => {
      const { out } = await migration.drover(['logs', '--json']);
      return out.split('\n').filter((line) => line.includes('"runState":"paused"')).length === 3;
    });
    expect(await doneChunks(migration)).toBe(1);
    const again = await migration.drover(['pause']);
    expect(again.out).toBe('Run 1 is paused already.\n');
    const status = await migration.drover(['status']);
    expect(status.out).toContain('run 1 (full): paused\n  `drover resume` goes on');
    await until('the watching command says so', () =>
      held.watcher.err().includes('run 1 is paused'),
    );

    const resumed = await migration.drover(['resume']);
    expect(resumed.code).toBe(0);
    expect(await migration.wide()).toEqual(expectedWide(ROWS));
    expect(await held.watcher.ended).toMatchObject({ code: 0 });
  });

  // Mutation: without `cancelChunks` in change-run.ts nothing is given up, and the attempt in hand can commit.
  test('that is cancelled, once confirmed, gives up the chunk in hand; another run can be started', async () => {
    await using migration = await cliFixture({ postgresUrl, queueUrl, rows: ROWS });
    await using held = await heldRun(migration);
    const unconfirmed = await migration.drover(['cancel']);
    expect(unconfirmed.code).toBe(2);
    expect(unconfirmed.err).toContain('What to do: Give --yes');
    expect(await migration.run()).toMatchObject({ state: 'running' });
    const { code, out } = await migration.drover(['cancel', '--yes']);
    expect(code).toBe(0);
    expect(out).toBe('Run 1 is cancelled; 4 unfinished chunks given up. What was moved stays.\n');
    held.release();
    expect(await held.watcher.ended).toMatchObject({ code: 1 });
    held.worker.signal('SIGTERM');
    expect(await held.worker.ended).toMatchObject({ code: 0 });
    expect(await doneChunks(migration)).toBe(0);
    expect(await migration.wide()).toEqual({ tbl_data_timeseries_S1: {} });
    expect((await migration.drover(['resume', '--logs', 'none'])).code).toBe(2);
    expect((await migration.drover(['run', '--workers', '1'])).code).toBe(0);
    expect(await migration.wide()).toEqual(expectedWide(ROWS));
  });

  test('whose file was changed is not resumed', async () => {
    await using migration = await cliFixture({ postgresUrl, queueUrl, rows: ROWS });
    await using held = await heldRun(migration);
    const { appendFileSync } = await import('node:fs');
    appendFileSync(migration.file, '# another content\n');
    const { code, err } = await migration.drover(['resume']);
    expect(code).toBe(2);
    expect(err).toContain('Run 1 was started with another content of migration.yaml');
    held.release();
  });
});

describe('a run whose Redis lost everything', () => {
  // Mutation: without `Reconciler.look` in coordinator.ts nothing is ever offered again.
  test('is finished by drover resume, exactly', async ({ skip }) => {
    const redis = await startRedis();
    if ('unavailable' in redis) return skip(redis.unavailable);
    await using _ = redis;
    await using migration = await cliFixture({ postgresUrl, queueUrl: redis.url, rows: ROWS });
    await using held = await heldRun(migration);
    held.watcher.signal('SIGKILL');
    held.worker.signal('SIGKILL');
    await Promise.all([held.watcher.ended, held.worker.ended]);
    const client = new Redis(redis.url);
    expect(await client.dbsize()).toBeGreaterThan(0);
    await client.flushall();
    client.disconnect();
    held.release();
    const { code, out } = await migration.drover(['resume', '--workers', '1']);
    expect(code).toBe(0);
    expect(out).toContain('Verification: PASSED (4 of 4 chunks, 32 rows compared)');
    expect(await migration.wide()).toEqual(expectedWide(ROWS));
  });
});

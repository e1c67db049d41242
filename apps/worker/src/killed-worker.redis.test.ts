import { expectedWide, hourlyRows, startTcpProxy, until } from '@drover/testkit';
import { Redis } from 'ioredis';
import { describe, expect, inject, test } from 'vitest';
import {
  coordinatorOf,
  migrationFixture,
  openFixture,
  startedRun,
} from './testing/migration-fixture.ts';
import { startWorkerProcess } from './testing/worker-process.ts';

const postgresUrl = inject('postgresUrl');
const redisUrl = inject('redisUrl');
const ROWS = hourlyRows({ ships: 2, channels: 3, hours: 2 });

/** The first bytes that a worker sends into a staging table. */
const MIDDLE_OF_A_COPY = 'copy pg_temp.drover_stage';

describe.skipIf(redisUrl === null)('a worker process', () => {
  const queueUrl = redisUrl ?? '';

  /** A run, and a worker that stands in the middle of its first chunk, held by the network. */
  async function workerInTheMiddle() {
    const proxy = await startTcpProxy(postgresUrl);
    const fixture = await migrationFixture({
      postgresUrl,
      queueUrl,
      rows: ROWS,
      connect: (url) => {
        const through = new URL(proxy.url);
        through.pathname = new URL(url).pathname;
        return through.href;
      },
    });
    const drover = await openFixture(fixture);
    const run = await startedRun(drover);
    const hold = proxy.holdAt(MIDDLE_OF_A_COPY);
    const first = startWorkerProcess(fixture.file);
    await hold.arrived;
    return { proxy, fixture, drover, run, hold, first };
  }

  const finished = (drover: Awaited<ReturnType<typeof openFixture>>, runId: number) =>
    until('the run is done', async () => (await drover.ledger.findRun(runId))?.state === 'done');

  // Mutation: with `claim: null` for a running chunk in chunk-state.ts, and without the reconciler, nobody
  // takes it again. (BullMQ's stall check and the reconciler each bring it back.)
  test('killed in the middle of a chunk: another one takes it within seconds, and the result is exact', async () => {
    const { proxy, fixture, drover, run, hold, first } = await workerInTheMiddle();
    await using _ = fixture;
    await using __ = proxy;
    await using ___ = drover;
    first.signal('SIGKILL');
    expect(await first.ended).toBe('SIGKILL');
    hold.release();
    await using _second = startWorkerProcess(fixture.file, ['--until-run', String(run.id)]);
    await finished(drover, run.id);
    expect(await fixture.wide()).toEqual(expectedWide(ROWS));
    const [lost] = await fixture.database.sql.query(
      `select extract(epoch from next.started_at - first.started_at) as seconds
       from drover.attempt first join drover.attempt next on next.chunk_id = first.chunk_id and next.id > first.id
       where first.outcome = 'superseded' order by next.id limit 1`,
    );
    expect(Number(lost?.['seconds'])).toBeGreaterThan(0);
  });

  // Mutation: four guards stand here, and each alone suffices: the abort on a lost lock (chunk-consumer.ts),
  // `pipeline.evict`, `gate.fence`, and the token in `settle`. Without all four newer rows are overwritten.
  // fencing.pg.test.ts has a test for each.
  test('frozen in the middle of a chunk until its successor has finished changes nothing when it wakes up', async () => {
    const { proxy, fixture, drover, run, hold, first } = await workerInTheMiddle();
    await using _ = fixture;
    await using __ = proxy;
    await using ___ = drover;
    await using ____ = first;
    first.signal('SIGSTOP');
    await fixture.database.sql.query('update tenant.tbl_data_timeseries set long_v = long_v + 1');
    const second = startWorkerProcess(fixture.file, ['--until-run', String(run.id)]);
    await using _____ = second;
    await finished(drover, run.id);
    const current = ROWS.map((row) => ({ ...row, long: String(Number(row.long) + 1) }));
    expect(await fixture.wide()).toEqual(expectedWide(current));
    hold.release();
    first.signal('SIGCONT');
    await until('the frozen worker has told the ledger that it lives', async () => {
      const workers = await drover.ledger.workers(drover.migration.id);
      return workers.some(
        (worker) =>
          worker.pid === first.pid && worker.seenMsAgo < 3000 && worker.activity.length === 0,
      );
    });
    expect(await fixture.wide()).toEqual(expectedWide(current));
  });

  test('asked to stop hands its chunk back without burning an attempt, and ends with 0', async () => {
    const { proxy, fixture, drover, run, hold, first } = await workerInTheMiddle();
    await using _ = fixture;
    await using __ = proxy;
    await using ___ = drover;
    first.signal('SIGTERM');
    hold.release();
    expect(await first.ended).toBe(0);
    const attempts = await fixture.database.sql.query(
      `select coalesce(sum(attempts), 0) as burnt from drover.chunk where run_id = $1`,
      [run.id],
    );
    expect(attempts[0]?.['burnt']).toBe('0');
    await using _second = startWorkerProcess(fixture.file, ['--until-run', String(run.id)]);
    await finished(drover, run.id);
    expect(await fixture.wide()).toEqual(expectedWide(ROWS));
  });

  // Mutation: without `Reconciler.look` nothing is ever offered again after the flush.
  test('goes on by itself after Redis was flushed', async () => {
    const { proxy, fixture, drover, run, hold, first } = await workerInTheMiddle();
    await using _ = fixture;
    await using __ = proxy;
    await using ___ = drover;
    await using ____ = first;
    const redis = new Redis(queueUrl);
    const keys = await redis.keys(`*${drover.migration.id}*`);
    expect(keys.length).toBeGreaterThan(0);
    await redis.del(keys);
    redis.disconnect();
    hold.release();
    await finished(drover, run.id);
    expect(await fixture.wide()).toEqual(expectedWide(ROWS));
  });

  test('sees the whole run through when the process that started it is gone', async () => {
    await using fixture = await migrationFixture({ postgresUrl, queueUrl, rows: ROWS });
    await using drover = await openFixture(fixture);
    const run = await startedRun(drover);
    // Whoever started the run has fed its first phase, and then died.
    const coordinator = coordinatorOf(drover);
    await coordinator.pass();
    await coordinator[Symbol.asyncDispose]();
    await using worker = startWorkerProcess(fixture.file, ['--until-run', String(run.id)]);
    expect(await worker.ended).toBe(0);
    expect((await drover.ledger.findRun(run.id))?.state).toBe('done');
    expect(await fixture.wide()).toEqual(expectedWide(ROWS));
    expect(await drover.ledger.verification(run.id)).toMatchObject({
      verified: 2,
      wrong: 0,
      stale: 0,
    });
  });

  test('whose migration file is not the one of the run leaves its chunks alone', async () => {
    await using fixture = await migrationFixture({ postgresUrl, queueUrl, rows: ROWS });
    await using drover = await openFixture(fixture);
    const run = await startedRun(drover);
    await using coordinator = coordinatorOf(drover);
    await coordinator.pass();
    const { appendFileSync } = await import('node:fs');
    appendFileSync(fixture.file, '# another content\n');
    await using _worker = startWorkerProcess(fixture.file);
    await until('a chunk was deferred', async () => {
      const { outcomes } = await drover.ledger.attempts(run.id);
      return outcomes.some((one) => one.outcome === 'deferred' && one.errorCode === 'FILE_CHANGED');
    });
    const burnt = await fixture.database.sql.query(
      'select max(attempts) as burnt from drover.chunk',
    );
    expect(burnt[0]?.['burnt']).toBe('0');
  });
});

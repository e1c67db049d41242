import { hourlyRows, until } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { cliFixture, MIDDLE_OF_A_COPY } from './testing/cli-fixture.ts';

const postgresUrl = inject('postgresUrl');
const redisUrl = inject('redisUrl');
const ROWS = hourlyRows({ ships: 1, channels: 2, hours: 2 });

const someNumber: unknown = expect.any(Number);
const holding = (shape: object): unknown => expect.objectContaining(shape);

describe.skipIf(redisUrl === null)('drover status', () => {
  const queueUrl = redisUrl ?? '';

  test('shows phases, speed, workers with memory and connections, chunks in hand, and disk', async () => {
    await using migration = await cliFixture({ postgresUrl, queueUrl, rows: ROWS });
    await using proxy = await migration.proxy();
    await using watcher = migration.start(['run']);
    await until('the run is open', async () => (await migration.run()) !== null);
    const hold = proxy.holdAt(MIDDLE_OF_A_COPY);
    await using worker = migration.start(['worker'], proxy.environment);
    await hold.arrived;
    const read = async () =>
      JSON.parse((await migration.drover(['status', '--json'])).out) as {
        workers: { activity: unknown[] }[];
      };
    await until('the worker has told what it does', async () =>
      (await read()).workers.some((one) => one.activity.length > 0),
    );
    expect(await read()).toEqual({
      migration: migration.name,
      run: holding({ id: 1, kind: 'full', state: 'running', phase: 'data' }),
      progress: holding({
        phases: [
          holding({ phase: 'prepare', planned: true }),
          holding({
            phase: 'data',
            chunks: holding({ running: 1, queued: 1, done: 0 }),
          }),
          holding({ phase: 'finish', planned: false }),
          holding({ phase: 'verify', planned: false }),
        ],
        total: { read: 0, loaded: 0, rejected: 0, skipped: 0, nulled: 0, written: 0 },
      }),
      rowsPerSecond: someNumber,
      rowsPerHour: someNumber,
      etaMs: null,
      cutoffs: {},
      throttle: { limits: {}, lifted: [], held: null },
      workers: [
        holding({
          pid: worker.child.pid,
          rssBytes: someNumber,
          connections: someNumber,
          health: holding({ heapUsedBytes: someNumber, gcMs: someNumber, cpuShare: someNumber }),
          activity: [holding({ runId: 1, phase: 'data', rows: someNumber })],
        }),
      ],
      usage: ['source', 'target'].map((side) => holding({ side, databaseBytes: someNumber })),
    });
    const { code, out } = await migration.drover(['status']);
    expect(code).toBe(0);
    expect(out).toMatch(/phase +planned +queued +running +done +parked\n/);
    expect(out).toMatch(/data +0 +1 +1 +0 +0\n/);
    expect(out).toMatch(/rows read 0, .* rows\/s, .* rows\/hour/);
    expect(out).toMatch(
      /worker +memory +heap +CPU +GC +loop delay +connections +chunks at once +state\n/,
    );
    const cells = '[\\d.]+ MB +[\\d.]+ MB +\\d+ % +\\d+ % +[\\d.]+ m?s +\\d+ +\\d+ +working';
    expect(out).toMatch(new RegExp(`:${worker.child.pid} +${cells}`));
    expect(out).toMatch(/chunk +phase +rows +rows\/s +for +range/);
    expect(out).toMatch(/source: \d+ connections of Drover, \d+ of \d+ in use; database [\d.]+ MB/);
    expect(out).not.toContain('undefined');
    hold.release();
    expect(await watcher.ended).toMatchObject({ code: 0 });
    const over = await migration.drover(['status']);
    expect(over.out).toContain('run 1 (full): done\n  `drover report` says what it did.');
    expect(over.out).not.toContain('rows/s');
  });

  test('--watch shows it again and again, with --json as one line each', async () => {
    await using migration = await cliFixture({ postgresUrl, queueUrl, rows: ROWS });
    expect((await migration.drover(['run', '--workers', '1'])).code).toBe(0);
    await using watching = migration.start(['status', '--watch', '--json']);
    await until('it was shown twice', () => watching.out().split('\n').length > 2);
    for (const line of watching.out().split('\n').slice(0, 2)) {
      expect(JSON.parse(line)).toMatchObject({ run: { id: 1, state: 'done' } });
    }
  });

  test('names what is missing where there is no run, and no run of that number', async () => {
    await using migration = await cliFixture({ postgresUrl, queueUrl, rows: ROWS });
    const before = await migration.drover(['status']);
    expect(before.code).toBe(2);
    expect(before.err).toContain(`no record of a migration "${migration.name}"`);
    expect(before.err).toContain('drover run');
    expect((await migration.drover(['run', '--tables-only', '--workers', '1'])).code).toBe(0);
    for (const verb of [['status'], ['report'], ['failed', 'list']]) {
      const { code, err } = await migration.drover([...verb, '--run', '99']);
      expect({ verb, code }).toEqual({ verb, code: 2 });
      expect(err).toContain('has no run 99');
    }
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '@drover/engine';
import { hourlyRows, type NarrowRow, narrowRow, until } from '@drover/testkit';
import { parse } from 'csv-parse/sync';
import { describe, expect, inject, test } from 'vitest';
import { cliFixture, MIDDLE_OF_A_COPY } from './testing/cli-fixture.ts';

const postgresUrl = inject('postgresUrl');
const redisUrl = inject('redisUrl');
const ROWS = hourlyRows({ ships: 2, channels: 3, hours: 3 });

/** Of a channel of whole numbers. */
const FAULTY: NarrowRow = {
  ...narrowRow({ ship: 'S2', channel: '/c2', time: '2026-01-01 00:07:00' }, 'Integer', null),
  double: '1.5',
};

type Row = Record<string, string>;

const rowsOf = (path: string): Row[] => parse(readFileSync(path, 'utf8'), { columns: true });
const numbers = (rows: readonly Row[], column: string) => rows.map((row) => Number(row[column]));
const last = (rows: readonly Row[]): Row => rows.at(-1) ?? {};

describe.skipIf(redisUrl === null)('statistics of a run', () => {
  const queueUrl = redisUrl ?? '';

  test('go to the console and a CSV file each second, and end with the sums of the report', async () => {
    await using migration = await cliFixture({ postgresUrl, queueUrl, rows: [...ROWS, FAULTY] });
    await using proxy = await migration.proxy();
    const args = ['--statistics', '1s', '--statistics-csv', 'out/statistics.csv'];
    await using watcher = migration.start(['run', '--json', '--progress', 'off', ...args]);
    await until('the run is open', async () => (await migration.run()) !== null);
    const hold = proxy.holdAt(MIDDLE_OF_A_COPY);
    // Not started by the command that watches: its statistics are of all workers, wherever they are.
    await using worker = migration.start(['worker'], proxy.environment);
    await hold.arrived;
    const path = join(migration.folder, 'out', 'statistics.csv');
    // Its second heartbeat is the first that tells of a time that passed.
    await until('a row tells how the worker fares', async () =>
      numbers(rowsOf(path), 'loopDelayMs').some((delay) => delay > 0),
    );
    const { out } = await migration.drover(['status', '--json']);
    const told = JSON.parse(out) as { workers: { pid: number; health: unknown }[] };
    expect(told.workers.map(({ pid }) => pid)).toEqual([worker.child.pid]);
    expect(told.workers[0]?.health).toMatchObject({
      heapUsedBytes: expect.any(Number) as number,
      gcTotalMs: expect.any(Number) as number,
      loopDelayMs: { max: expect.any(Number) as number },
    });
    hold.release();
    const ended = await watcher.ended;
    expect(ended.code).toBe(4);

    const report = JSON.parse(ended.out) as Report;
    const rows = rowsOf(path);
    const end = last(rows);
    const chunks = (state: 'done' | 'parked') =>
      report.phases.reduce((sum, phase) => sum + phase.chunks[state], 0);
    expect(end).toMatchObject({
      run: String(report.run),
      phase: 'verify',
      rows: String(report.total.read),
      rejectedRows: String(report.total.rejected),
      bytesRead: String(report.bytesRead),
      bytesWritten: String(report.bytesWritten),
      chunksDone: String(chunks('done')),
      chunksParked: String(chunks('parked')),
      failures: '0',
      failureRatePercent: '0',
    });
    expect([report.total.read, report.total.rejected]).toEqual([ROWS.length + 1, 1]);
    expect(rows.length).toBeGreaterThanOrEqual(2);
    const times = rows.map(({ time }) => Date.parse(time ?? ''));
    expect([...times].sort((a, b) => a - b)).toEqual(times);
    // Speed by time is rows: whatever was moved was moved in one of the intervals.
    expect(Math.max(...numbers(rows, 'rowsPerSecond'))).toBeGreaterThan(0);
    expect(Math.max(...numbers(rows, 'slowestChunkMs'))).toBeGreaterThan(0);
    const { rssBytesMax, rssBytesSum } = rows.find(({ workers }) => workers === '1') ?? {};
    expect(Number(rssBytesMax)).toBeGreaterThan(10_000_000);
    expect(rssBytesSum).toBe(rssBytesMax);

    const lines = ended.err.split('\n').filter((line) => line.includes('statistics: '));
    expect(lines).toHaveLength(rows.length);
    expect(lines.at(-1)).toMatch(/^drover: statistics: verify: 73 rows, .* 0 failures, 1 rejected/);
    expect(ended.err).not.toMatch(/of \d+ chunks?/);
    expect(ended.err).not.toContain('undefined');
  });

  // Mutation: `outcome === 'retry'` alone in run-statistics.ts counts no parked attempt.
  test('count failed attempts as the report does', async () => {
    await using migration = await cliFixture({
      postgresUrl,
      queueUrl,
      rows: ROWS,
      spec: { attempts: { max: 3, firstPause: '10ms' }, statistics: { csv: 's.csv' } },
    });
    expect((await migration.drover(['run', '--tables-only', '--workers', '1'])).code).toBe(0);
    // Nothing can be put into the one ship's table.
    await migration.database.sql.query(
      `create function deny() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
       create trigger deny before insert on wide."tbl_data_timeseries_S2"
         for each row execute function deny()`,
    );
    const { code, out } = await migration.drover([
      'run',
      '--migration-only',
      '--workers',
      '2',
      '--json',
    ]);
    expect(code).toBe(4);
    const { attempts } = JSON.parse(out) as Report;
    const failed = attempts.outcomes
      .filter(({ errorCode }) => errorCode !== null)
      .reduce((sum, { count }) => sum + count, 0);
    const rows = rowsOf(join(migration.folder, 's.csv'));
    expect(failed).toBeGreaterThan(0);
    expect(last(rows)).toMatchObject({ run: '2', failures: String(failed) });
    expect(Number(last(rows)['failureRatePercent'])).toBeCloseTo(
      (failed * 100) / attempts.attempts,
      2,
    );
    expect(rows[0]).toMatchObject({ run: '1', phase: 'prepare' });
  });

  test('are told when the person leaves, and go on in the same file with resume', async () => {
    await using migration = await cliFixture({ postgresUrl, queueUrl, rows: ROWS });
    const csv = ['--statistics', '1h', '--statistics-csv', 's.csv'];
    await using watcher = migration.start(['run', ...csv]);
    await until('the run is open', async () => (await migration.run()) !== null);
    await until('it is watched', () => watcher.err().includes('prepare'));
    watcher.signal('SIGINT');
    expect((await watcher.ended).code).toBe(130);
    const path = join(migration.folder, 's.csv');
    expect(rowsOf(path)).toMatchObject([{ run: '1', rows: '0' }]);
    const resumed = await migration.drover(['resume', '--workers', '1', ...csv]);
    expect(resumed.code).toBe(0);
    const rows = rowsOf(path);
    expect(rows).toHaveLength(2);
    expect(last(rows)).toMatchObject({ run: '1', rows: String(ROWS.length) });
  });

  test('that cannot be written are told before anything is started', async () => {
    await using migration = await cliFixture({ postgresUrl, queueUrl, rows: ROWS });
    const { code, err } = await migration.drover(['run', '--statistics-csv', '.']);
    expect(code).toBe(2);
    expect(err).toContain('The statistics cannot be written to . (EISDIR)');
    expect(await migration.run()).toBeNull();
    const both = await migration.drover([
      ...['run', '--statistics', 'off', '--statistics-csv', 's.csv'],
    ]);
    expect(both.code).toBe(2);
    expect(both.err).toContain('--statistics off and --statistics-csv exclude one another');
    expect(await migration.run()).toBeNull();
  });
});

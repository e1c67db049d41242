import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectedWide, hourlyRows, type NarrowRow, narrowRow, until } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { type CliFixture, cliFixture } from './testing/cli-fixture.ts';

const postgresUrl = inject('postgresUrl');
const redisUrl = inject('redisUrl');
const ROWS = hourlyRows({ ships: 2, channels: 2, hours: 4 });

/** A value whose format contradicts the column that it fills. */
const faulty = (ship: string, hour: number): NarrowRow => ({
  ...narrowRow({ ship, channel: '/bad', time: `2026-01-01 0${hour}:30:00` }, 'Integer', null),
  double: '1.5',
});

const BAD = [faulty('S1', 1), faulty('S2', 1), faulty('S2', 3)];

/** What the rows become once they are mended. */
const MENDED = expectedWide([
  ...ROWS,
  ...BAD.map((row): NarrowRow => ({ ...row, double: null, long: '7' })),
]);

const mend = (migration: CliFixture, ship = '%') =>
  migration.database.sql.query(
    `update tenant.tbl_data_timeseries set double_v = null, long_v = 7
     where data_channel_id = '/bad' and ship_id like $1`,
    [ship],
  );

const states = async (migration: CliFixture, of = 'data') => {
  const rows = await migration.database.sql.query(
    `select state, count(*) as chunks from drover.chunk where phase = $1 group by 1 order by 1`,
    [of],
  );
  return Object.fromEntries(
    rows.map((row): [string, number] => [row['state'] ?? '', Number(row['chunks'])]),
  );
};

describe.skipIf(redisUrl === null)('reprocessing', () => {
  const queueUrl = redisUrl ?? '';

  /** A run of which the second and the fourth hour are parked, for both ships each. */
  async function parkedRun(): Promise<CliFixture> {
    const migration = await cliFixture({
      postgresUrl,
      queueUrl,
      rows: [...ROWS, ...BAD],
      spec: { rejects: { max: 0 } },
    });
    const { code } = await migration.drover(['run', '--workers', '1']);
    expect(code).toBe(4);
    expect(await states(migration)).toEqual({ done: 2, parked: 2 });
    return migration;
  }

  // Mutation: without `takeBack` in unpark.ts the run stays done and nobody works on its chunks; without
  // `complete = false` there, the chunks are moved and never verified.
  test('of all parked chunks after a fix ends in the whole result, verified, in the same run', async () => {
    await using migration = await parkedRun();
    await mend(migration);
    const { code, out } = await migration.drover(['reprocess', '--workers', '1']);
    expect(code).toBe(0);
    expect(out).toContain('Run 1 of');
    expect(out).toContain('Verification: PASSED (4 of 4 chunks, 67 rows compared)');
    expect(await migration.wide()).toEqual(MENDED);
    expect((await migration.drover(['failed', 'list'])).out).toBe('No chunk is parked.\n');
    const attempts = await migration.database.sql.query(
      `select max(attempts) as burnt from drover.chunk`,
    );
    expect(attempts).toEqual([{ burnt: '0' }]);
  });

  // Mutation: with `outside: []` in `carve` of plan-reprocess.ts the other ship is forgotten.
  test('of one ship leaves the others of its chunks parked, and what fails again is written down', async () => {
    await using migration = await parkedRun();
    await mend(migration, 'S1');
    const { code, err } = await migration.drover([
      ...['reprocess', '--ship', 'S1', '--workers', '1', '--still-failed', 'still.csv'],
    ]);
    expect(code).toBe(4);
    expect(err).toContain('2 chunks will be tried');
    expect(readFileSync(join(migration.folder, 'still.csv'), 'utf8')).toBe('');
    const left = await migration.drover(['failed', 'export']);
    expect(left.out).toBe('S2,2026-01-01 01:00:00,2026-01-01 02:00:00\nS2,2026-01-01 03:00:00,\n');
    const again = await migration.drover([
      ...['reprocess', '--workers', '1', '--still-failed', 'still.csv'],
    ]);
    expect(again.code).toBe(4);
    expect(readFileSync(join(migration.folder, 'still.csv'), 'utf8')).toBe(left.out);
    await mend(migration);
    const last = await migration.drover(['reprocess', 'still.csv', '--workers', '1']);
    expect(last.code).toBe(0);
    expect(await migration.wide()).toEqual(MENDED);
  });

  // Mutation: without `takenOver` in plan-reprocess.ts the chunks stay parked although they were moved.
  test('after a change of the migration file goes to a run of its own, which takes the chunks over', async () => {
    await using migration = await parkedRun();
    const text = readFileSync(migration.file, 'utf8');
    writeFileSync(migration.file, text.replace('max: 0', 'max: 10'));
    const { code, out } = await migration.drover(['reprocess', '--workers', '1']);
    expect(code).toBe(4);
    expect(out).toContain('Run 2 of');
    expect(out).toContain('Verification: PASSED (2 of 2 chunks');
    expect(out).toContain('format-mismatch: 3 rejects of 3 rows');
    expect((await migration.drover(['failed', 'list'])).code).toBe(0);
    // The rows that are good are there, and all that was read is accounted for.
    expect(await migration.wide()).toEqual(expectedWide(ROWS));
    const whole = await migration.drover(['verify', '--workers', '1']);
    expect(whole.out).toContain(
      'Verification: PASSED (4 of 4 chunks of runs 2, 1, 67 rows compared)',
    );
    expect(whole.code).toBe(0);
  });

  // Mutation: without the `case` in `cancelChunks` (release.ts) the chunks are gone from the dead letters.
  test('in a run of its own that is cancelled gives back what it had taken over', async () => {
    await using migration = await parkedRun();
    appendFileSync(migration.file, '# another content\n');
    // No worker: nothing is tried.
    const watcher = migration.start(['reprocess']);
    await using _ = watcher;
    await until('it watches the new run', () => watcher.err().includes('drover: prepare'));
    expect((await migration.run())?.id).toBe(2);
    watcher.signal('SIGINT');
    expect(await watcher.ended).toMatchObject({ code: 130 });
    expect((await migration.drover(['failed', 'list'])).out).toBe('No chunk is parked.\n');
    // Mutation: without `taken_over` in verification.ts the first run is taken for verified.
    const first = await migration.drover(['report', '--run', '1']);
    expect(first.out).toContain('not covered: 2 chunks whose data was not moved');
    expect((await migration.drover(['cancel', '--yes'])).code).toBe(0);
    expect((await migration.drover(['failed', 'list'])).out).toContain('Run 2 has 2 parked chunks');
    await mend(migration);
    const { code, out } = await migration.drover(['reprocess', '--workers', '1']);
    expect(code).toBe(0);
    expect(out).toContain('Run 3 of');
    expect(await migration.wide()).toEqual(MENDED);
  });

  test('of a list moves ranges of any origin, those that no chunk of the plan has included', async () => {
    await using migration = await cliFixture({ postgresUrl, queueUrl, rows: ROWS });
    expect(
      (await migration.drover(['run', '--to', '2026-01-01 01:00', '--workers', '1'])).code,
    ).toBe(0);
    writeFileSync(
      join(migration.folder, 'failed.csv'),
      'S2,2026-01-01 01:00:00.000001,2026-01-01 03:00:00.5\r\nS1,2026-01-01 02:30:00,\r\n',
    );
    const rehearsed = await migration.drover(['reprocess', 'failed.csv', '--dry-run']);
    expect(rehearsed.code).toBe(0);
    expect(rehearsed.out).toContain('S2 2026-01-01 01:00:00.000001 to 2026-01-01 02:00:00');
    expect((await migration.run())?.id).toBe(1);
    const { code, out } = await migration.drover(['reprocess', 'failed.csv', '--workers', '1']);
    expect(code).toBe(0);
    expect(out).toContain('Verification: PASSED');
    const moved = ROWS.filter((row) => {
      const time = row.time ?? '';
      if (time < '2026-01-01 01:00:00') return true;
      if (row.ship === 'S1') return time >= '2026-01-01 02:30:00';
      return time > '2026-01-01 01:00:00' && time < '2026-01-01 03:00:00.5';
    });
    expect(await migration.wide()).toEqual(expectedWide(moved));
  });

  test.each([
    ['S1,2026-01-01,2026-01-02\nS1,2026-01-02,2026-01-01\n', 'failed.csv:2: '],
    ['ship,start,end\nS1,,\n', 'failed.csv:1: '],
    ['', 'failed.csv'],
  ])('of the wrong list %j names the line and changes nothing', async (text, place) => {
    await using migration = await cliFixture({ postgresUrl, queueUrl, rows: [] });
    writeFileSync(join(migration.folder, 'failed.csv'), text);
    const { code, err } = await migration.drover(['reprocess', 'failed.csv']);
    expect(code).toBe(2);
    expect(err).toContain(place);
  });

  // Mutation: without `#left()` in plan-reprocess.ts all of them are tried.
  test('cuts, counts and spaces chunks as asked', async () => {
    await using migration = await parkedRun();
    const dry = await migration.drover([
      ...['reprocess', '--split', '4', '--limit', '5', '--delay', '0.25', '--dry-run', '--json'],
    ]);
    const planned: { chunks: { describedRange: string }[] } = JSON.parse(dry.out);
    expect(planned.chunks.map((chunk) => chunk.describedRange)).toEqual([
      'S1, S2 2026-01-01 01:00:00 to 2026-01-01 01:15:00',
      'S1, S2 2026-01-01 01:15:00 to 2026-01-01 01:30:00',
      'S1, S2 2026-01-01 01:30:00 to 2026-01-01 01:45:00',
      'S1, S2 2026-01-01 01:45:00 to 2026-01-01 02:00:00',
      'S1, S2 2026-01-01 03:00:00 to 2026-01-01 03:15:00',
    ]);
    expect(await states(migration)).toEqual({ done: 2, parked: 2 });
    await mend(migration);
    const { code } = await migration.drover([
      ...['reprocess', '--split', '4', '--limit', '5', '--delay', '0.25', '--workers', '1'],
    ]);
    expect(code).toBe(4);
    expect(await states(migration)).toEqual({ done: 7, parked: 3, split: 2 });
    // From the end of one to the start of the next, by the one worker there is.
    const rests = await migration.database.sql.query(
      `select extract(epoch from a.started_at - lag(a.ended_at) over (order by a.id)) * 1000 as ms
       from drover.attempt a join drover.chunk c on c.id = a.chunk_id where c.parent_id is not null`,
    );
    expect(rests).toHaveLength(5);
    for (const rest of rests.slice(1)) expect(Number(rest['ms'])).toBeGreaterThanOrEqual(250);
    expect((await migration.drover(['reprocess', '--workers', '1'])).code).toBe(0);
    expect(await migration.wide()).toEqual(MENDED);
  });
});

describe.skipIf(redisUrl === null)('parked chunks', () => {
  const queueUrl = redisUrl ?? '';

  test('are listed by what the options choose, shown with every attempt, exported, and dropped on request', async () => {
    await using migration = await cliFixture({
      postgresUrl,
      queueUrl,
      rows: [...ROWS, ...BAD],
      spec: { rejects: { max: 0 }, chunk: { length: '1h', ships: 'apart' } },
    });
    expect((await migration.drover(['run', '--workers', '1'])).code).toBe(4);
    const listed = async (...options: string[]) => {
      const { code, out } = await migration.drover(['failed', 'list', '--json', ...options]);
      const chunks: { stream: string; id: number }[] = JSON.parse(out);
      expect(code).toBe(chunks.length > 0 ? 4 : 0);
      return chunks.map((chunk) => chunk.stream);
    };
    expect(await listed()).toEqual(['S1', 'S2', 'S2']);
    expect(await listed('--ships', 'S1')).toEqual(['S1']);
    expect(await listed('--stream', 'S2')).toEqual(['S2', 'S2']);
    expect(await listed('--from', '2026-01-01 03:00')).toEqual(['S2']);
    expect(await listed('--to', '2026-01-01 02:00')).toEqual(['S1', 'S2']);
    expect(await listed('--code', 'TOO_MANY_REJECTS')).toHaveLength(3);
    expect(await listed('--code', 'DEADLOCK')).toEqual([]);
    expect(await listed('--older-than', '1h')).toEqual([]);
    expect(await listed('--newer-than', '1h')).toHaveLength(3);

    const exported = await migration.drover(['failed', 'export', '--format', 'json']);
    const whole: { id: number; history: { host: string; outcome: string; errorText: string }[] }[] =
      JSON.parse(exported.out);
    expect(whole[0]?.history).toMatchObject([{ outcome: 'parked', errorCode: 'TOO_MANY_REJECTS' }]);
    const id = String(whole[0]?.id);
    const shown = await migration.drover(['failed', 'show', id]);
    expect(shown.out).toMatch(/TOO_MANY_REJECTS after 1 attempt[\s\S]*parked +TOO_MANY_REJECTS/);
    expect((await migration.drover(['failed', 'show', '999'])).err).toContain('number 999');

    const refused = await migration.drover(['failed', 'drop', id]);
    expect(refused.code).toBe(2);
    expect((await migration.drover(['failed', 'drop', id, '--yes'])).out).toBe(
      '1 parked chunk dropped.\n',
    );
    expect(await listed()).toEqual(['S2', 'S2']);
    // What was given up is not passed over in silence.
    const report = await migration.drover(['report']);
    expect(report.out).toContain('not covered: 3 chunks whose data was not moved');
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '@drover/engine';
import { expectedWide, hourlyRows, type NarrowRow, narrowRow } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { cliFixture } from './testing/cli-fixture.ts';

const postgresUrl = inject('postgresUrl');
const redisUrl = inject('redisUrl');
const ROWS = hourlyRows({ ships: 2, channels: 3, hours: 3 });
const NAVIGATION = [
  { name: 'nav', channels: { list: ['/c1', '/c2'] } },
  { name: 'rest', channels: { glob: '**' } },
];

describe.skipIf(redisUrl === null)('drover run', () => {
  const queueUrl = redisUrl ?? '';
  const fixture = (rows: readonly NarrowRow[] = ROWS, spec: Record<string, unknown> = {}) =>
    cliFixture({ postgresUrl, queueUrl, rows, spec });
  const reportOf = (text: string): Report => JSON.parse(text) as Report;

  test('moves everything, verifies it, and exits 0; without a terminal it says so in lines', async () => {
    await using migration = await fixture();
    const { code, out, err } = await migration.drover(['run', '--workers', '2']);
    expect({ code, err: err.includes('undefined'), out: out.includes('undefined') }).toEqual({
      code: 0,
      err: false,
      out: false,
    });
    expect(await migration.wide()).toEqual(expectedWide(ROWS));
    expect(err).toMatch(/^drover: (prepare|data|finish|verify): \d+ of \d+ chunks?/m);
    expect(err).not.toContain('\x1b');
    expect(out).toContain(`Run 1 of ${migration.name}: done after `);
    expect(out).toMatch(/narrow rows read +72\n +cells written +72\n +wide rows written +24\n/);
    expect(out).toMatch(
      /speed +[\d,]+ rows\/s while data was moved \([\d.]+ m?s\), [\d,]+ rows\/s over/,
    );
    expect(out).toMatch(/chunks +3 done, 0 parked; 0 attempts retried/);
    expect(out).toContain('Verification: PASSED (3 of 3 chunks, 72 rows compared)');
  });

  test('leaves a report as JSON and Markdown whose sums hold, per ship and group', async () => {
    const faulty: NarrowRow = {
      ...narrowRow({ ship: 'S2', channel: '/c2', time: '2026-01-01 00:07:00' }, 'Integer', null),
      double: '1.5',
    };
    await using migration = await fixture([...ROWS, faulty], {
      groups: NAVIGATION.slice(0, 1),
      outside: { policy: 'ignore' },
    });
    const { code, out } = await migration.drover(['run', '--workers', '1', '--json']);
    expect(code).toBe(4);
    const report = reportOf(out);
    const base = join(migration.folder, 'reports', `${migration.name}-run-1`);
    expect(reportOf(readFileSync(`${base}.json`, 'utf8'))).toEqual(report);
    expect(report).toMatchObject({ state: 'done', balanced: true, exitCode: 4, retries: 0 });
    expect(report.total).toMatchObject({ read: 73, loaded: 48, rejected: 1, skipped: 24 });
    for (const { read, loaded, rejected, skipped } of [report.total, ...report.parts]) {
      expect(loaded + rejected + skipped).toBe(read);
    }
    expect(report.parts.reduce((sum, part) => sum + part.read, 0)).toBe(73);
    const tables = report.parts.filter((part) => part.loaded > 0).map((part) => part.part);
    expect(tables).toEqual(['tbl_data_timeseries_S1_nav', 'tbl_data_timeseries_S2_nav']);
    expect(report.verification).toMatchObject({ result: 'passed', wrong: 0 });
    const page = readFileSync(`${base}.md`, 'utf8');
    for (const text of [
      'rejected           1',
      'skipped            24',
      'format-mismatch: 1 reject of 1 row',
    ]) {
      expect(page).toContain(text);
    }
    expect(page).toContain('S2 | 2026-01-01 00:07:00');
    const again = await migration.drover(['report', '--json', '--dry-run']);
    expect(again.code).toBe(4);
    expect(reportOf(again.out)).toEqual({ ...report, outside: null });
  });

  // Mutation: with the attempts of every phase in moving-time.ts it is 60 seconds.
  test('is reported with the speed of the data phase alone, and that of the whole run', async () => {
    await using migration = await fixture();
    expect((await migration.drover(['run', '--workers', '1'])).code).toBe(0);
    await migration.database.sql.query(
      `update drover.attempt a set started_at = s.zero + s.from_, ended_at = s.zero + s.until
       from drover.chunk c, (values (timestamptz '2026-01-01', true, interval '10 s', interval '14 s'),
         ('2026-01-01', false, '0 s', '60 s')) s(zero, data, from_, until)
       where c.id = a.chunk_id and s.data = (c.phase = 'data')`,
    );
    await migration.database.sql.query(
      `update drover.run set created_at = '2026-01-01 00:00:00', finished_at = '2026-01-01 00:01:12'`,
    );
    const json = reportOf((await migration.drover(['report', '--json'])).out);
    expect(json).toMatchObject({ elapsedMs: 72_000, dataMs: 4_000 });
    expect(json).toMatchObject({ rowsPerSecond: 18, overallRowsPerSecond: 1 });
    const { out } = await migration.drover(['report']);
    expect(out).toContain('done after 1m 12s\n');
    expect(out).toContain('18 rows/s while data was moved (4.0 s), 1 rows/s over the whole run');
  });

  test('--schema-only writes the channel lists and touches no database; with --dry-run not even those', async () => {
    await using migration = await fixture(ROWS, { groups: NAVIGATION });
    const dry = await migration.drover(['run', '--schema-only', '--dry-run', '--sample', '3h']);
    expect(dry.code).toBe(0);
    expect(migration.files()).toEqual(['.env', 'migration.yaml']);
    const { code, out } = await migration.drover(['run', '--schema-only', '--sample', '3h']);
    expect({ code, out }).toEqual({ code: 0, out: dry.out });
    expect(out).toMatch(/S1 +\/c1 +Integer +nav +bigint +\d+/);
    expect(migration.files()).toEqual([
      ...['.env', 'channels/nav.txt', 'channels/rest.txt', 'migration.yaml'],
    ]);
    const list = (name: string) => readFileSync(join(migration.folder, 'channels', name), 'utf8');
    expect([list('nav.txt'), list('rest.txt')]).toEqual(['/c1\n/c2\n', '/c3\n']);
    expect(await migration.run()).toBeNull();
  });

  test('--tables-only makes the tables and moves nothing, --migration-only then moves', async () => {
    await using migration = await fixture();
    const { code, out } = await migration.drover(['run', '--tables-only', '--workers', '1']);
    expect(code).toBe(0);
    expect(out).toContain('Verification: not run.');
    expect(await migration.wide()).toEqual({
      tbl_data_timeseries_S1: {},
      tbl_data_timeseries_S2: {},
    });
    const moving = await migration.drover(['run', '--migration-only', '--workers', '1', '--json']);
    expect(moving.code).toBe(0);
    expect(reportOf(moving.out).phases.map(({ phase }) => phase)).toEqual([
      'data',
      'finish',
      'verify',
    ]);
    expect(await migration.wide()).toEqual(expectedWide(ROWS));
  });

  test('--ships, --from and --to limit what is moved', async () => {
    await using migration = await fixture();
    const from = '2026-01-01 00:30:00';
    const bounds = ['--ships', 'S2', '--from', from, '--to', '2026-01-01 01:15'];
    const { code } = await migration.drover(['run', '--workers', '1', ...bounds]);
    expect(code).toBe(0);
    const meant = ROWS.filter(
      ({ ship, time }) =>
        ship === 'S2' && (time ?? '') >= from && (time ?? '') < '2026-01-01 01:15:00',
    );
    expect(await migration.wide()).toEqual(expectedWide(meant));
  });

  test('nothing is started where the check finds an error: exit code 1, and what to do', async () => {
    await using migration = await fixture();
    await migration.database.sql.query('drop table tenant.tbl_data_timeseries');
    for (const args of [['run'], ['run', '--dry-run']]) {
      const { code, out, err } = await migration.drover(args);
      expect({ args, code }).toEqual({ args, code: 1 });
      expect(out + err).toContain('ERROR ');
      expect(out + err).toContain('fix: ');
    }
    expect(await migration.run()).toBeNull();
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hourlyRows, type NarrowRow, narrowRow } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { cliFixture } from './testing/cli-fixture.ts';

const postgresUrl = inject('postgresUrl');
const redisUrl = inject('redisUrl');
const ROWS = hourlyRows({ ships: 2, channels: 2, hours: 2 });

describe.skipIf(redisUrl === null)('drover verify', () => {
  const queueUrl = redisUrl ?? '';

  test('exits 3 after one cell was changed, and names ship, time, channel and both values', async () => {
    await using migration = await cliFixture({ postgresUrl, queueUrl, rows: ROWS });
    expect((await migration.drover(['run', '--workers', '1'])).code).toBe(0);
    const fine = await migration.drover(['verify', '--workers', '1']);
    expect(fine.code).toBe(0);
    expect(fine.out).toContain('PASSED (2 of 2 chunks of run 1, 32 rows compared)');
    await migration.database.sql.query(
      `update wide."tbl_data_timeseries_S2" set "/c2" = -7 where created_time = '2026-01-01 01:30'`,
    );
    const { code, out } = await migration.drover(['verify', '--workers', '1']);
    expect(code).toBe(3);
    expect(out).toContain('Verification: DIFFERENCES FOUND');
    expect(out).toMatch(
      /different: S2 \| 2026-01-01 01:30:00 \|.* \/c2: source "6202", target "-7"/,
    );
    const kept = readFileSync(
      join(migration.folder, 'verification', `${migration.name}-run-3.csv`),
    );
    expect(kept.toString()).toBe(
      `kind,stale,key,source,target\ndifferent,false,"{""ship"":""S2"",""time"":""2026-01-01 01:30:00"",""table"":""tbl_data_timeseries_S2"",""channel"":""/c2""}",6202,-7\n`,
    );
    const other = await migration.drover(['verify', '--workers', '1', '--ships', 'S1']);
    expect(other.code).toBe(0);
    expect(other.out).toContain('of run 1, 16 rows compared, only S1)');
    expect(other.out).toContain('not covered: 1 further ship of the source (S2)');
  });

  // Mutation: without `verification === 'unfinished'` in report.ts the verification exits 0.
  test('exits 4 where a parked chunk could not be verified, and failed list says why it was parked', async () => {
    const faulty: NarrowRow = {
      ...narrowRow({ ship: 'S1', channel: '/c1', time: '2026-01-01 00:01:00' }, 'Integer', null),
      double: '1.5',
    };
    await using migration = await cliFixture({
      postgresUrl,
      queueUrl,
      rows: [...ROWS, faulty],
      spec: { rejects: { max: 0 } },
    });
    const run = await migration.drover(['run', '--workers', '1']);
    expect(run.code).toBe(4);
    expect(run.out).toMatch(/chunks +1 done, 1 parked/);
    expect(run.out).toContain('Verification: UNFINISHED');
    expect(run.out).toContain('not covered: 1 chunk whose data was not moved');
    const status = await migration.drover(['status']);
    expect(status.out).toContain('1 parked chunk: `drover failed list` says why, and what to do.');
    const failed = await migration.drover(['failed', 'list']);
    expect(failed.code).toBe(4);
    expect(failed.out).toContain('Run 1 has 1 parked chunk:');
    expect(failed.out).toMatch(
      /chunk \d+ \(data\): .*\n {2}TOO_MANY_REJECTS after 1 attempt, parked at 20/,
    );
    expect(failed.out).toContain('  What to do: ');
    const json = await migration.drover(['failed', 'list', '--json']);
    expect(JSON.parse(json.out)).toMatchObject([{ phase: 'data', errorCode: 'TOO_MANY_REJECTS' }]);
    expect((await migration.drover(['verify', '--workers', '1'])).code).toBe(4);
  });

  test('before anything was moved is wrong use', async () => {
    await using migration = await cliFixture({ postgresUrl, queueUrl, rows: ROWS });
    const { code, err } = await migration.drover(['verify']);
    expect(code).toBe(2);
    expect(err.match(/Nothing of this migration was moved yet\./g)).toHaveLength(1);
    // Mutation: without the `catch` in command-log.ts the log does not know how the command ended.
    const [log = ''] = migration.files().filter((name) => name.startsWith('logs/'));
    expect(readFileSync(join(migration.folder, log), 'utf8')).toMatch(
      /"level":"error".*"code":"RUN_MISSING".*"msg":"command failed"/,
    );
  });
});

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectedWide, hourlyRows, type NarrowRow, narrowRow } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { type CliFixture, cliFixture } from './testing/cli-fixture.ts';

const postgresUrl = inject('postgresUrl');
const redisUrl = inject('redisUrl');
const ROWS = hourlyRows({ ships: 2, channels: 2, hours: 3 });
const BAD: readonly NarrowRow[] = ['S1', 'S2'].flatMap((ship) =>
  [0, 2].map((hour) => ({
    ...narrowRow({ ship, channel: '/bad', time: `2026-01-01 0${hour}:10:00` }, 'Integer', null),
    double: '1.5',
  })),
);

async function runWithRejects(
  queueUrl: string,
  rejects: Readonly<Record<string, unknown>> = {},
): Promise<CliFixture> {
  const migration = await cliFixture({
    postgresUrl,
    queueUrl,
    rows: [...ROWS, ...BAD],
    spec: { rejects },
  });
  await migration.drover(['run', '--workers', '1']);
  return migration;
}

describe.skipIf(redisUrl === null)('rejects', () => {
  const queueUrl = redisUrl ?? '';

  test('are listed by rule and ship, and exported with the row', async () => {
    await using migration = await runWithRejects(queueUrl);
    const list = await migration.drover(['rejects', 'list']);
    expect(list.code).toBe(4);
    expect(list.out).toContain(
      'format-mismatch: S1 | 2026-01-01 00:10:00 | tbl_data_timeseries_S1 | /bad',
    );
    expect(list.out).toContain('4 rejects, 4 open.');
    const ofOne = await migration.drover(['rejects', 'list', '--ships', 'S2', '--json']);
    expect(JSON.parse(ofOne.out)).toMatchObject({ count: 2, open: 2 });
    const none = await migration.drover(['rejects', 'list', '--rule', 'duplicate']);
    expect(none).toMatchObject({ code: 0, out: 'No reject is open.\n' });
    await migration.drover(['rejects', 'export', '--format', 'json', '--output', 'rejects.jsonl']);
    const lines = readFileSync(join(migration.folder, 'rejects.jsonl'), 'utf8').trim().split('\n');
    expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject(
      Array.from({ length: 4 }, () => ({ row: { double_v: '1.5', value_format: 'Integer' } })),
    );
    const csv = await migration.drover(['rejects', 'export']);
    expect(csv.out.split('\n')[0]).toBe('id,run,chunk,rule,column,reason,rows,closed,key,row');
  });

  // Mutation: without `#redacted` in reject-items.ts the value is stored.
  test('keep no value of a column that is to be redacted', async () => {
    await using migration = await runWithRejects(queueUrl, { redact: ['double_v'] });
    const rows = await migration.database.sql.query(
      'select row_data::text as row from drover.reject',
    );
    expect(rows).toHaveLength(4);
    for (const row of rows) {
      expect(row['row']).toContain('"double_v": "(redacted)"');
      expect(row['row']).not.toContain('1.5');
    }
  });

  // Mutation: without `replayed` in close-phase.ts they stay open for ever.
  test('are replayed after a fix of the data: loaded, closed, and the run is at peace', async () => {
    await using migration = await runWithRejects(queueUrl);
    await migration.database.sql.query(
      `update tenant.tbl_data_timeseries set double_v = null, long_v = 7
       where data_channel_id = '/bad' and ship_id = 'S1'`,
    );
    const rehearsed = await migration.drover(['rejects', 'replay', '--dry-run']);
    expect(rehearsed.out).toBe('Would be moved again: 4 rejects in 4 ranges.\n');
    const { code, out, err } = await migration.drover(['rejects', 'replay', '--workers', '1']);
    // Two of them are bad still: new rejects of the new run.
    expect({ code, err }).toMatchObject({ code: 4 });
    expect(out).toContain('Run 2 of');
    expect(out).toContain('loaded + rejected + skipped = read: holds');
    expect(await migration.wide()).toEqual(
      expectedWide([
        ...ROWS,
        ...BAD.filter((row) => row.ship === 'S1').map((row) => ({
          ...row,
          double: null,
          long: '7',
        })),
      ]),
    );
    const first = await migration.drover(['report', '--run', '1']);
    expect(first.out).toContain('format-mismatch: 4 rejects of 4 rows, 4 closed by a replay');
    expect(first.code).toBe(0);
    const open = await migration.drover(['rejects', 'list', '--json']);
    expect(JSON.parse(open.out)).toMatchObject({ count: 2, open: 2, rejects: [{ runId: 2 }, {}] });
    const verified = await migration.drover(['verify', '--workers', '1']);
    expect(verified.out).toContain('Verification: PASSED');
    expect(verified.code).toBe(0);
  });

  test('are replayed after a change of the migration file', async () => {
    await using migration = await runWithRejects(queueUrl);
    const text = readFileSync(migration.file, 'utf8');
    writeFileSync(migration.file, `${text}mismatch: "null"\n`);
    const { code, out } = await migration.drover(['rejects', 'replay', '--workers', '1']);
    expect(code).toBe(0);
    expect(out).toContain('of which 4 set to NULL');
    expect((await migration.drover(['rejects', 'list'])).out).toBe('No reject is open.\n');
  });

  // Mutation: without `refuseTooMany` in settle.ts all chunks are done.
  test('above what a run may have park the chunks that have more', async () => {
    await using migration = await runWithRejects(queueUrl, { maxPerRun: 3 });
    const { out } = await migration.drover(['failed', 'list']);
    expect(out).toContain('Run 1 has 1 parked chunk:');
    expect(out).toContain(
      'With this chunk the run would have 4 rejects; rejects.maxPerRun allows 3.',
    );
    const [row] = await migration.database.sql.query(
      'select count(*) as rejects from drover.reject',
    );
    expect(row?.['rejects']).toBe('2');
  });
});

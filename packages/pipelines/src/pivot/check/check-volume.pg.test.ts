import { narrowRow } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { telling } from '../../check/testing/findings.ts';
import { type CheckFixture, checkFixture, goodRows, TABLE } from './testing/check-fixture.ts';

const server = inject('postgresUrl');

/** Ten hours of one row a minute and ship; statistics as given, or those of the rows. */
async function fillHours(fixture: CheckFixture, ships: number, estimatedRows?: number) {
  await fixture.sql.query(
    `insert into ${TABLE} (ship_id, data_channel_id, created_time, value_format, long_v)
     select 'S' || ship, '/a', timestamp '2026-01-01' + n * interval '1 minute', 'Integer', n
     from generate_series(1, $1::int) ship, generate_series(0, 600) n`,
    [ships],
  );
  await fixture.sql.query(`analyze ${TABLE}`);
  if (estimatedRows !== undefined) {
    await fixture.sql.query(`update pg_class set reltuples = $1 where oid = '${TABLE}'::regclass`, [
      estimatedRows,
    ]);
  }
}

const reasonOf = async (fixture: CheckFixture, spec = {}, context = {}) =>
  (await fixture.check(spec, context)).find((one) => one.rule === 'volume')?.reason;

describe('what there is to move', () => {
  test('is told in rows, chunks and time, and as room on the disk', async () => {
    await using fixture = await checkFixture(server);
    await fillHours(fixture, 4);
    const findings = await fixture.check({ chunk: { length: '1h' } });
    expect(findings.find((one) => one.rule === 'volume')?.reason).toMatch(
      /^some 2404 rows of 4 ships in about 10 chunks of 1h, by statistics; in the order of .* with 2 chunks at once$/,
    );
    expect(findings.find((one) => one.rule === 'disk')?.reason).toMatch(
      /^the wide tables will take about \d+\.\d GB/,
    );
  });

  // Mutation: without the share of the ships in `check-volume.ts` each ship counts as the whole table.
  test('is the share of the ships that are asked for, apart as well as together', async () => {
    await using fixture = await checkFixture(server);
    await fillHours(fixture, 4);
    expect(await reasonOf(fixture, { ships: ['S1'] })).toMatch(/^some 601 rows of 1 ships/);
    expect(await reasonOf(fixture, {}, { options: { entities: ['S1', 'S2'] } })).toMatch(
      /^some 1202 rows of 2 ships/,
    );
    const apart = await reasonOf(fixture, { chunk: { ships: 'apart' } });
    expect(apart).toMatch(/^some 2404 rows of 4 ships in about 4 chunks/);
  });

  test('is the part between the bounds', async () => {
    await using fixture = await checkFixture(server);
    await fillHours(fixture, 1);
    const spec = { from: '2026-01-01T02:00:00', to: '2026-01-01T04:00:00' };
    expect(await reasonOf(fixture, spec)).toMatch(/^some 120 rows of 1 ships in about 1 chunks/);
  });

  test('is unknown without statistics, which is a warning with the statement that makes them', async () => {
    await using fixture = await checkFixture(server);
    await fixture.insert(goodRows());
    await fixture.sql.query(`update pg_class set reltuples = -1 where oid = '${TABLE}'::regclass`);
    const findings = await fixture.check();
    expect(findings.filter((one) => one.level !== 'info')).toEqual([
      {
        level: 'warning',
        rule: 'statistics-missing',
        subject: 'source tenant.tbl_data_timeseries',
        reason: 'the table was never analyzed: how much there is to move is not known',
        fix: 'analyze "tenant"."tbl_data_timeseries";',
      },
    ]);
    expect(findings.map((one) => one.rule)).not.toContain('volume');
    await fixture.sql.query(findings.find((one) => one.rule === 'statistics-missing')?.fix ?? '');
    expect(telling(await fixture.check())).toEqual([]);
  });

  test('by a chunk that takes long is a warning with the length that it has', async () => {
    await using fixture = await checkFixture(server);
    await fillHours(fixture, 1, 4e9);
    const findings = await fixture.check({ chunk: { length: '24h', timeLimit: '30m' } });
    expect(findings.filter((one) => one.level !== 'info')).toMatchObject([
      {
        level: 'warning',
        rule: 'chunk-long',
        subject: 'chunk.length',
        reason: 'a chunk may take 5000 s, close to the limit of 1800 s, above which it is split',
        fix: 'Choose a shorter chunk.length, now 1d, or a longer chunk.timeLimit.',
      },
    ]);
    expect(telling(await fixture.check({ chunk: { length: '1h', timeLimit: '30m' } }))).toEqual([]);
  });

  test('that is nothing, because it ends before it starts, is an error', async () => {
    await using fixture = await checkFixture(server);
    await fixture.insert([
      narrowRow({ ship: 'A', channel: '/a', time: '2026-01-01' }, 'Integer', '1'),
    ]);
    const spec = { from: '2026-01-03T00:00:00', to: '2026-01-02T00:00:00' };
    const findings = (await fixture.check(spec)).filter((one) => one.level !== 'info');
    expect(findings).toMatchObject([
      {
        level: 'error',
        rule: 'file-invalid',
        fix: expect.stringContaining('Correct from') as string,
      },
    ]);
  });
});

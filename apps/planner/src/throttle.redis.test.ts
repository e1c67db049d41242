import { expectedWide, hourlyRows, until } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { type CliFixture, cliFixture } from './testing/cli-fixture.ts';

const postgresUrl = inject('postgresUrl');
const redisUrl = inject('redisUrl');
const ROWS = hourlyRows({ ships: 1, channels: 2, hours: 3 });
const BUSY = 'select count(*) from public.busy';

describe.skipIf(redisUrl === null)('drover throttle', () => {
  const queueUrl = redisUrl ?? '';

  /** A migration with a ledger, and no run that is under way. */
  async function migrationWith(throttle: Readonly<Record<string, unknown>> = {}) {
    const migration = await cliFixture({ postgresUrl, queueUrl, rows: ROWS, spec: { throttle } });
    const run = await migration.drover([
      'run',
      '--tables-only',
      '--workers',
      '1',
      '--logs',
      'none',
    ]);
    expect(run.code).toBe(0);
    return migration;
  }

  const limits = async (migration: CliFixture, args: readonly string[] = []) => {
    const { code, out } = await migration.drover(['throttle', '--json', ...args]);
    expect(code).toBe(0);
    return JSON.parse(out) as { readonly changed: boolean };
  };

  // Mutation: without `...load.settings` in the dry run it shows less than would be in force.
  test('prints, changes what is named, and lifts, also what the file says; --dry-run changes nothing', async () => {
    await using migration = await migrationWith({ concurrency: 3, rowsPerSecond: 500_000 });
    const first = await migration.drover(['throttle']);
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toBe(
      `${migration.name}: limits in force\n` +
        '  concurrency      3 in each worker\n' +
        '  rows-per-second  500,000, over all workers together\n' +
        'Work is not held.\n',
    );
    const changes = [
      '--chunks-per-second',
      '0.5',
      '--concurrency',
      '1',
      '--off',
      'rows-per-second',
    ];
    const expected = {
      migration: migration.name,
      limits: { chunksPerSecond: 0.5, concurrency: 1 },
      lifted: ['rowsPerSecond'],
      held: null,
      changed: false,
    };
    expect(await limits(migration, [...changes, '--dry-run'])).toEqual(expected);
    expect(await limits(migration)).toMatchObject({ limits: { concurrency: 3 } });
    expect(await limits(migration, changes)).toEqual({ ...expected, changed: true });
    expect(await limits(migration)).toEqual(expected);
    const hours = ['--hours', '22:00-06:00', '--time-zone', 'Europe/Berlin'];
    const set = await migration.drover(['throttle', ...hours, '--replication-lag', '10s']);
    expect(set.code).toBe(0);
    expect(set.err).toBe('drover: workers take note within seconds.\n');
    expect(set.out).toContain('  chunks-per-second  0.5, over all workers together\n');
    expect(set.out).toContain('  replication-lag    10s\n');
    expect(set.out).toContain('  hours              22:00-06:00 (Europe/Berlin)\n');
    expect(set.out).toContain('  lifted, though the file has them: rows-per-second\n');
    const off = await migration.drover(['throttle', '--off']);
    expect(off.out).toContain(`${migration.name}: no limits in force.\n`);
    expect(await limits(migration)).toMatchObject({
      limits: {},
      lifted: ['concurrency', 'rowsPerSecond'],
    });
  });

  // Mutation: without `tryOut` in throttle.ts the mistake shows as work that is held.
  test('tries a query out before it is set, and refuses one that does not give a number', async () => {
    await using migration = await migrationWith();
    const wrong = await migration.drover(['throttle', '--query', BUSY, '--query-below', '1']);
    expect(wrong).toMatchObject({ code: 2, out: '' });
    expect(wrong.err).toContain('relation "public.busy" does not exist');
    const text = await migration.drover([
      'throttle',
      '--query',
      `select 'x'`,
      '--query-below',
      '1',
    ]);
    expect(text.code).toBe(2);
    expect(text.err).toContain('where one number is needed');
    expect(text.err).toContain('What to do: Write one that gives one row of one number');
    const half = await migration.drover(['throttle', '--query', 'select 1']);
    expect(half).toMatchObject({ code: 2, out: '' });
    expect(half.err).toContain('--query-below is missing');
    expect(await limits(migration)).toMatchObject({ limits: {} });
  });

  test('needs a migration that has begun', async () => {
    await using migration = await cliFixture({ postgresUrl, queueUrl, rows: ROWS });
    const { code, err } = await migration.drover(['throttle', '--concurrency', '1']);
    expect(code).toBe(2);
    expect(err).toContain(`no record of a migration "${migration.name}"`);
  });

  // Mutation: without `throttle` in `readStatus` nobody learns from `drover status` why nothing moves.
  test('holds a run that is under way, which says why, and lets it go on', async () => {
    await using migration = await migrationWith();
    const { sql } = migration.database;
    await sql.query('create table public.busy as select 1 as one');
    expect((await limits(migration, ['--query', BUSY, '--query-below', '1'])).changed).toBe(true);
    await using watcher = migration.start(['run', '--workers', '1']);
    await until('the watching command says why nothing moves', () =>
      watcher.err().includes('drover: Work is held: the query gives 1, which is not below 1.'),
    );
    const status = await migration.drover(['status']);
    expect(status.out).toContain(
      `  Limits: query below 1: ${BUSY}. Work is held: the query gives 1, which is not below 1.\n`,
    );
    const json = JSON.parse((await migration.drover(['status', '--json'])).out) as unknown;
    expect(json).toMatchObject({
      progress: { total: { read: 0 } },
      throttle: {
        limits: { query: { sql: BUSY, below: 1 } },
        lifted: [],
        held: 'the query gives 1, which is not below 1',
      },
    });
    await migration.drover(['throttle', '--query-below', '2', '--chunks-per-second', '50']);
    expect(await watcher.ended).toMatchObject({ code: 0 });
    expect(await migration.wide()).toEqual(expectedWide(ROWS));
    const over = await migration.drover(['status']);
    expect(over.out).not.toContain('Limits');
  });
});

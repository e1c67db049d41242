import { hourlyRows } from '@drover/testkit';
import { Redis } from 'ioredis';
import { describe, expect, inject, test } from 'vitest';
import { type CliFixture, cliFixture } from './testing/cli-fixture.ts';

const postgresUrl = inject('postgresUrl');
const redisUrl = inject('redisUrl');
/** A note of BullMQ's that goes by itself. */
const EXPIRING = ':stalled-check';
const ROWS = hourlyRows({ ships: 1, channels: 2, hours: 2 });

describe.skipIf(redisUrl === null)('--dry-run', () => {
  const queueUrl = redisUrl ?? '';

  /** All that a command could leave behind: tables and their contents, keys in Redis, files. */
  async function traces(migration: CliFixture) {
    const { sql } = migration.database;
    const relations = await sql.query(
      `select n.nspname, c.relname, c.relkind, c.relfilenode from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname not like 'pg_%' and n.nspname <> 'information_schema' order by 1, 2`,
    );
    const contents: Record<string, unknown> = {};
    for (const row of relations.filter((one) => one['relkind'] === 'r')) {
      const name = `"${row['nspname']}"."${row['relname']}"`;
      contents[name] = await sql.query(
        `select md5(string_agg(t::text, '|' order by t::text)) as sum from ${name} t`,
      );
    }
    const redis = new Redis(queueUrl);
    const keys = await redis.keys(`${migration.name}*`);
    redis.disconnect();
    return {
      relations,
      contents,
      keys: keys.filter((key) => !key.endsWith(EXPIRING)).sort(),
      files: migration.files(),
    };
  }

  test.each(['run --workers 1', 'run --drop-tables', 'run --tables-only', 'worker'])(
    'of drover %s writes nothing, neither databases nor files',
    async (command) => {
      await using migration = await cliFixture({ postgresUrl, queueUrl, rows: ROWS });
      const before = await traces(migration);
      const { code } = await migration.drover([...command.split(' '), '--dry-run']);
      expect(code).toBe(0);
      expect(await traces(migration)).toEqual(before);
      expect(before).toMatchObject({ keys: [], files: ['.env', 'migration.yaml'] });
    },
  );

  // Mutation: with `openDrover` in place of `viewMigration` in resume.ts, a log file is left behind.
  test('of the verbs that need a run says what they would do, and changes nothing', async () => {
    await using migration = await cliFixture({ postgresUrl, queueUrl, rows: ROWS });
    expect((await migration.drover(['run', '--workers', '1', '--logs', 'none'])).code).toBe(0);
    const { sql } = migration.database;
    await sql.query(
      `update drover.run set state = 'failed', phase = 'data', error_code = 'DISK_FULL'`,
    );
    const before = await traces(migration);
    const said: Record<string, string> = {};
    for (const verb of ['resume', 'verify', 'pause', 'cancel', 'worker', 'report']) {
      const { code, out } = await migration.drover([verb, '--dry-run']);
      expect({ verb, code }).toEqual({ verb, code: verb === 'report' ? 1 : 0 });
      said[verb] = out;
    }
    expect(await traces(migration)).toEqual(before);
    expect(said['resume']).toContain(
      'Run 1 is failed in phase data:\n  prepare: 0 chunks left, 1 done, 0 parked',
    );
    expect(said['verify']).toContain('run 1: 2 chunks of 16 rows');
    expect(said['pause']).toContain('Run 1 is failed already.');
    expect(said['cancel']).toContain('Run 1 is failed: it would be cancelled.');
    expect(said['worker']).toContain('Run 1 is failed in phase data.');
    expect(said['report']).toContain('Free space or enlarge the disk');
  });
});

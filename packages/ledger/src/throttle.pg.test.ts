import { setTimeout as pause } from 'node:timers/promises';
import type { ThrottleSettings } from '@drover/core';
import { until } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import { healthOf, type LedgerFixture, ledgerFixture } from './testing/ledger-fixture.ts';

const postgresUrl = inject('postgresUrl');
const HOUR_MS = 3_600_000;

const change = ({ ledger, migration }: LedgerFixture, settings: ThrottleSettings) =>
  ledger.changeThrottle({ migrationId: migration.id, settings });

const load = ({ ledger, migration }: LedgerFixture) => ledger.load(migration.id);

const takeTurn = ({ ledger, migration }: LedgerFixture, intervalMs: number) =>
  ledger.takeTurn({ migrationId: migration.id, intervalMs });

const beatOf = (migrationId: string, id: string) => ({
  id,
  migrationId,
  host: 'host',
  pid: 1,
  concurrency: 1,
  rssBytes: 0,
  connections: 0,
  activity: [],
  waitsFor: [],
  health: healthOf(),
});

describe('the limits that were set', () => {
  test('are none, and nothing is held, where nobody ever set one', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    expect(await load(fixture)).toEqual({
      settings: {},
      held: null,
      measuredMsAgo: null,
      workers: 0,
    });
  });

  // Mutation: with `settings = excluded.settings` in change-throttle.ts the others are gone.
  test('change where they are named, and stay where they are not; lifted is remembered', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const query = { sql: `select 'it''s'`, below: 40 };
    await change(fixture, { chunksPerSecond: 0.5, query });
    await change(fixture, { concurrency: 1, chunksPerSecond: null });
    expect((await load(fixture)).settings).toEqual({
      chunksPerSecond: null,
      concurrency: 1,
      query,
    });
    await change(fixture, { chunksPerSecond: 2 });
    expect((await load(fixture)).settings).toEqual({ chunksPerSecond: 2, concurrency: 1, query });
  });

  // Mutation: with a read before the write in change-throttle.ts one of the two is lost.
  test('by two people at once are both there', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    await change(fixture, { rowsPerSecond: 1 });
    const changes: Promise<void>[] = [];
    await fixture.database.sql.transaction(async (sql) => {
      await sql.query('select 1 from drover.throttle for update');
      changes.push(change(fixture, { concurrency: 1 }), change(fixture, { rowsPerSecond: 2 }));
      await waiting(fixture, 2);
    });
    await Promise.all(changes);
    expect((await load(fixture)).settings).toEqual({ concurrency: 1, rowsPerSecond: 2 });
  });

  test('are those of one migration', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const other = await fixture.ledger.openMigration({ name: 'other', pipeline: 'pivot' });
    await change(fixture, { concurrency: 1 });
    expect((await fixture.ledger.load(other.id)).settings).toEqual({});
  });
});

describe('what was measured', () => {
  test('is kept with its time, apart from the limits', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger, migration } = fixture;
    const hold = (held: string | null) => ledger.holdWork({ migrationId: migration.id, held });
    await hold('it is late');
    await change(fixture, { concurrency: 1 });
    const held = await load(fixture);
    expect(held).toMatchObject({ held: 'it is late', settings: { concurrency: 1 } });
    expect(held.measuredMsAgo).toBeGreaterThanOrEqual(0);
    await hold(null);
    expect(await load(fixture)).toMatchObject({ held: null, settings: { concurrency: 1 } });
  });

  // Mutation: without `seen_at` in load.ts the dead one counts; without the migration's id the foreign one does.
  test('comes with how many workers of the migration are alive', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { ledger, migration, database } = fixture;
    const other = await ledger.openMigration({ name: 'other', pipeline: 'pivot' });
    for (const id of ['one', 'two', 'dead']) await ledger.beat(beatOf(migration.id, id));
    await ledger.beat(beatOf(other.id, 'foreign'));
    await database.sql.query(
      `update drover.worker set seen_at = now() - interval '11 seconds' where id = 'dead'`,
    );
    expect((await load(fixture)).workers).toBe(2);
  });
});

describe('a turn to start a chunk', () => {
  // Mutation: without the `where` of the upsert in take-turn.ts everybody gets it.
  test('goes to one of many who ask at once; the others are told how long to wait', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const waits = await Promise.all(Array.from({ length: 8 }, () => takeTurn(fixture, HOUR_MS)));
    expect(waits.filter((wait) => wait === 0)).toHaveLength(1);
    for (const wait of waits.filter((one) => one !== 0)) {
      expect(wait).toBeGreaterThan(0.9 * HOUR_MS);
      expect(wait).toBeLessThanOrEqual(HOUR_MS);
    }
  });

  // Mutation: with `now()` in place of `clock_timestamp()` in take-turn.ts a turn dates from when its taker began
  // to wait for the row.
  test('dates from when it is given, however long its taker had to wait for the row', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { sql } = fixture.database;
    await takeTurn(fixture, 1);
    const asking: Promise<number>[] = [];
    const before = await sql.transaction(async (session) => {
      await session.query('select 1 from drover.throttle for update');
      asking.push(takeTurn(fixture, 1));
      await waiting(fixture, 1);
      const [row] = await session.query('select clock_timestamp()::text as now');
      return row?.['now'] ?? null;
    });
    expect(await Promise.all(asking)).toEqual([0]);
    const [last] = await sql.query(
      'select last_turn >= $1::timestamptz as after from drover.throttle',
      [before],
    );
    expect(last?.['after']).toBe('t');
  });

  // Mutation: with `-` in place of `+` before the interval of the `where` they are as close as can be.
  test('is never nearer to the last one than it may be, however many take turns', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    const { sql } = fixture.database;
    await sql.query('create table public.turn (at timestamptz)');
    await sql.query(`create function public.note() returns trigger language plpgsql as $$
      begin insert into public.turn values (new.last_turn); return new; end $$`);
    await sql.query(`create trigger note after insert or update on drover.throttle
      for each row execute function public.note()`);
    let turns = 0;
    const taker = async () => {
      while (turns < 10) {
        const waitMs = await takeTurn(fixture, 20);
        if (waitMs === 0) turns += 1;
        else await pause(waitMs);
      }
    };
    await Promise.all([taker(), taker(), taker()]);
    const [spacing] = await sql.query(
      `select count(*) as turns, min(distance) >= interval '20 ms' as far from (
         select at - lag(at) over (order by at) as distance from public.turn) as turns`,
    );
    expect(Number(spacing?.['turns'])).toBeGreaterThanOrEqual(10);
    expect(spacing?.['far']).toBe('t');
  });

  test('comes when its time has come, and nobody has to give one back', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    expect(await takeTurn(fixture, HOUR_MS)).toBe(0);
    for (let asked = 0; asked < 5; asked += 1) expect(await takeTurn(fixture, HOUR_MS)).not.toBe(0);
    await fixture.database.sql.query(
      `update drover.throttle set last_turn = last_turn - interval '1 hour'`,
    );
    expect(await takeTurn(fixture, HOUR_MS)).toBe(0);
    expect(await takeTurn(fixture, HOUR_MS)).not.toBe(0);
  });

  // A limit of one an hour that is raised to one a second must not make anybody wait for the hour.
  test('follows a new limit at once', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    expect(await takeTurn(fixture, HOUR_MS)).toBe(0);
    expect(await takeTurn(fixture, 1000)).toBeLessThanOrEqual(1000);
  });

  test('leaves limits and verdict as they are', async () => {
    await using fixture = await ledgerFixture(postgresUrl);
    await change(fixture, { concurrency: 1 });
    await takeTurn(fixture, HOUR_MS);
    expect(await load(fixture)).toMatchObject({ settings: { concurrency: 1 }, held: null });
  });
});

/** Resolves when so many sessions wait for a lock. */
async function waiting({ database }: LedgerFixture, sessions: number): Promise<void> {
  await until(`${sessions} wait for the row`, async () => {
    const [row] = await database.sql.query(
      `select count(*) as waiting from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return row?.['waiting'] === String(sessions);
  });
}

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Delivery, Milestone, Pipeline } from '@drover/core';
import { buildReport, executeDelivery } from '@drover/engine';
import { identifier, openDatabase, Session } from '@drover/postgres';
import { expectedWide, hourlyRows, until } from '@drover/testkit';
import { describe, expect, inject, test } from 'vitest';
import {
  firstDelivery,
  migrationFixture,
  openFixture,
  startedRun,
  workshop,
  workUntil,
} from './testing/migration-fixture.ts';

const postgresUrl = inject('postgresUrl');
const noLease = new AbortController().signal;
const ROWS = hourlyRows({ ships: 2, channels: 3, hours: 2 });

async function beforeTheData(spec: { readonly [key: string]: unknown } = {}) {
  const fixture = await migrationFixture({ postgresUrl, queueUrl: 'postgres', rows: ROWS, spec });
  const drover = await openFixture(fixture);
  const run = await startedRun(drover);
  await workUntil(drover, run.id, 'data');
  const delivery = await firstDelivery(drover, run.id);
  const { sql } = fixture.database;
  return {
    fixture,
    drover,
    run,
    delivery,
    sql,
    async [Symbol.asyncDispose]() {
      await drover[Symbol.asyncDispose]();
      await fixture[Symbol.asyncDispose]();
    },
    report: async () => {
      const ended = await drover.ledger.findRun(run.id);
      if (ended === null) throw new Error('The run is gone.');
      return buildReport(drover.ledger, drover.migration, ended, {
        nowMs: Date.now(),
        outside: null,
      });
    },
    attempt: (
      of: Delivery,
      options: { pipeline?: Pipeline; at?: Milestone; does?: () => Promise<unknown> } = {},
    ) =>
      executeDelivery(
        workshop(drover, {
          ...(options.pipeline === undefined ? {} : { pipeline: options.pipeline }),
          reached: async (milestone) => {
            if (milestone === options.at) await options.does?.();
          },
        }),
        of,
        noLease,
      ),
    chunk: async () =>
      (
        await sql.query('select state, attempts from drover.chunk where id = $1', [
          delivery.chunkId,
        ])
      )[0],
  };
}

describe('a chunk that fails', () => {
  // Mutation: without the timer in `runAttempt` the attempt goes on for ever.
  test('by its time limit is halved, and the sums go over the halves', async () => {
    await using set = await beforeTheData();
    const { drover, delivery } = set;
    const pipeline: Pipeline = {
      ...drover.pipeline,
      timeLimitMs: () => 1,
      // Waits in the middle of the chunk until the time is up.
      move: (chunk, context) =>
        drover.pipeline.move(chunk, {
          ...context,
          reached: async (milestone) => {
            if (milestone !== 'staged' || context.signal.aborted) return;
            await once(context.signal, 'abort');
          },
        }),
    };
    await expect(set.attempt(delivery, { pipeline })).rejects.toMatchObject({
      code: 'CHUNK_TIME_LIMIT',
    });
    expect((await set.chunk())?.['state']).toBe('split');
    await workUntil(drover, set.run.id, null);
    expect(await set.fixture.wide()).toEqual(expectedWide(ROWS));
    const report = await set.report();
    expect(report).toMatchObject({
      exitCode: 0,
      balanced: true,
      verification: { result: 'passed' },
    });
    expect(report.total.read).toBe(ROWS.length);
  });

  test('by a statement that was cancelled in the server is halved', async () => {
    await using set = await beforeTheData();
    const { sql } = set;
    await using locker = await Session.open(set.fixture.database.url, {
      side: 'test',
      applicationName: 'locker',
    });
    await locker.script('begin; lock table tenant.tbl_data_timeseries in access exclusive mode');
    const attempt = set.attempt(set.delivery);
    const cancelled = expect(attempt).rejects.toMatchObject({ code: 'STATEMENT_TIMEOUT' });
    await until('a backend waits for the lock, and is cancelled', async () => {
      const waiting = await sql.query(
        `select pg_cancel_backend(pid) from pg_stat_activity
         where wait_event_type = 'Lock' and application_name like 'drover r%'`,
      );
      return waiting.length > 0;
    });
    await cancelled;
    await locker.script('rollback');
    expect((await set.chunk())?.['state']).toBe('split');
    await workUntil(set.drover, set.run.id, null);
    expect(await set.fixture.wide()).toEqual(expectedWide(ROWS));
  });

  // Mutation: with CONNECTION_LOST as `park` in error-code.ts the chunk is not tried again.
  test('because its connections were ended burns one attempt, is tried again, and is exact', async () => {
    await using set = await beforeTheData();
    const lost = set.attempt(set.delivery, {
      at: 'fenced',
      does: () =>
        set.sql.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'drover r%'`,
        ),
    });
    await expect(lost).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    expect(await set.chunk()).toEqual({ state: 'planned', attempts: '1' });
    await workUntil(set.drover, set.run.id, null);
    expect(await set.fixture.wide()).toEqual(expectedWide(ROWS));
    const report = await set.report();
    expect(report.attempts.outcomes).toContainEqual({
      outcome: 'retry',
      errorCode: 'CONNECTION_LOST',
      count: 1,
    });
  });

  // Mutation: where each table of `replaceRange` commits by itself, S1 or S2 has the first hour.
  test('in one of its tables leaves all of them as they were, is parked, and the others go on', async () => {
    await using set = await beforeTheData();
    await set.sql.query(
      `alter table wide."tbl_data_timeseries_S2" add constraint later check (created_time >= '2026-01-01 01:00')`,
    );
    await expect(set.attempt(set.delivery)).rejects.toThrow(
      'constraint "later" of "wide"."tbl_data_timeseries_S2"',
    );
    expect(await set.chunk()).toEqual({ state: 'parked', attempts: '1' });
    await workUntil(set.drover, set.run.id, null);
    expect(await set.fixture.wide()).toEqual(
      expectedWide(ROWS.filter((row) => (row.time ?? '') >= '2026-01-01 01:00:00')),
    );
    expect(await set.report()).toMatchObject({
      state: 'done',
      exitCode: 4,
      parked: [{ errorCode: 'CONSTRAINT_VIOLATION' }],
      verification: { result: 'unfinished', uncovered: 1 },
    });
  });

  // Mutation: with PERMISSION_DENIED as `park` in error-code.ts every chunk of the run is parked in turn.
  test('for want of a right stops the run, and resuming goes on when the right is there', async () => {
    await using role = await scratchRole();
    const fixture = await migrationFixture({
      postgresUrl,
      queueUrl: 'postgres',
      rows: ROWS,
      connect: role.connect,
    });
    await using _ = fixture;
    const { sql } = fixture.database;
    const name = identifier(role.name);
    await sql.query(
      `grant all on database ${identifier(role.databaseOf(fixture.database.url))} to ${name}`,
    );
    await sql.query(`grant usage on schema tenant to ${name}`);
    await sql.query(`grant select on all tables in schema tenant to ${name}`);
    await using drover = await openFixture(fixture);
    const run = await startedRun(drover);
    await workUntil(drover, run.id, 'data');
    const delivery = await firstDelivery(drover, run.id);
    await sql.query(`revoke select on tenant.tbl_data_timeseries from ${name}`);
    await expect(executeDelivery(workshop(drover), delivery, noLease)).rejects.toThrow(
      'permission denied for table tbl_data_timeseries',
    );
    expect(await drover.ledger.findRun(run.id)).toMatchObject({
      state: 'failed',
      errorCode: 'PERMISSION_DENIED',
    });
    await sql.query(`grant select on tenant.tbl_data_timeseries to ${name}`);
    expect(await drover.ledger.changeRun({ runId: run.id, event: 'resume' })).toBe(true);
    await workUntil(drover, run.id, null);
    expect(await fixture.wide()).toEqual(expectedWide(ROWS));
    await sql.query(`drop owned by ${name}`);
  });
});

/** A role without any right, of its own for the test; dropped afterwards. */
async function scratchRole() {
  const name = `drover_test_${randomUUID().slice(0, 8)}`;
  const server = openDatabase(postgresUrl, { side: 'test', applicationName: 'roles', max: 1 });
  await server.query(`create role ${identifier(name)} login`);
  return {
    name,
    connect: (url: string) => {
      const through = new URL(url);
      through.username = name;
      return through.href;
    },
    databaseOf: (url: string) => new URL(url).pathname.slice(1),
    async [Symbol.asyncDispose]() {
      await server.query(`drop role ${identifier(name)}`);
      await server.close();
    },
  };
}

import type { Finding } from '@drover/core';
import { Session } from '@drover/postgres';
import { describe, expect, inject, test } from 'vitest';
import { telling } from '../../check/testing/findings.ts';
import { type CheckFixture, checkFixture, goodRows } from './testing/check-fixture.ts';

const server = inject('postgresUrl');

const budget = (findings: readonly Finding[]) =>
  findings.filter((one) => one.rule === 'connection-budget');

/** A role that may do all, so that only its limit speaks. */
async function limitedRole(fixture: CheckFixture, limit: number) {
  const role = await fixture.role();
  await fixture.insert(goodRows());
  await fixture.sql.query(`create schema wide authorization "${role.name}"`);
  await fixture.sql.query(`create schema drover authorization "${role.name}"`);
  await fixture.sql.query(`grant usage on schema tenant to "${role.name}"`);
  await fixture.sql.query(`grant select on tenant.tbl_data_timeseries to "${role.name}"`);
  await fixture.sql.query(`alter role "${role.name}" connection limit ${limit}`);
  const connection = role.url;
  return { ...role, spec: { source: { connection }, target: { connection } } };
}

describe('too few connections', () => {
  // Mutation: without `tight` in `check-connections.ts` nothing is refused.
  test('by the limit of the role are an error that names the statement and the number that fits', async () => {
    await using fixture = await checkFixture(server);
    const { name, spec } = await limitedRole(fixture, 20);
    const findings = await fixture.check(spec, { attemptsAtOnce: 8 });
    expect(budget(findings)).toEqual([
      {
        level: 'error',
        rule: 'connection-budget',
        subject: 'source and target',
        reason:
          'Drover needs up to 26 connections for 8 chunks at once; 20 are free by the limit of the role',
        fix: `Let at most 5 chunks run at once (--workers times --concurrency), or: alter role "${name}" connection limit 26;`,
      },
    ]);
    expect(budget(await fixture.check(spec, { attemptsAtOnce: 5 }))).toMatchObject([
      { level: 'warning', fix: expect.stringContaining('connection limit 20') as string },
    ]);
    await fixture.sql.query(`alter role "${name}" connection limit 52`);
    expect(telling(await fixture.check(spec, { attemptsAtOnce: 8 }))).toEqual([]);
  });

  test('are counted after those that others hold', async () => {
    await using fixture = await checkFixture(server);
    const { url, spec } = await limitedRole(fixture, 20);
    const held = await Promise.all(
      [1, 2, 3].map(() => Session.open(url, { side: 'test', applicationName: 'an application' })),
    );
    const findings = await fixture.check(spec, { attemptsAtOnce: 8 });
    for (const session of held) await session.close();
    expect(budget(findings)).toMatchObject([
      { reason: expect.stringContaining('; 17 are free') as string },
    ]);
  });

  // Mutation: with `backend_type = 'client backend'` a role without pg_monitor sees only its own sessions.
  test('count the sessions of roles that this one may not look into', async () => {
    await using fixture = await checkFixture(server);
    const { spec } = await limitedRole(fixture, -1);
    const database = new URL(fixture.url).pathname.slice(1);
    await fixture.sql.query(`alter database "${database}" connection limit 30`);
    const held = await Promise.all(
      [1, 2, 3, 4].map(() =>
        Session.open(fixture.url, { side: 'test', applicationName: 'an application' }),
      ),
    );
    const findings = await fixture.check(spec, { attemptsAtOnce: 10 });
    for (const session of held) await session.close();
    expect(budget(findings)).toMatchObject([
      {
        level: 'error',
        reason:
          'Drover needs up to 30 connections for 10 chunks at once; 26 are free by the limit of the database',
        fix: `Let at most 8 chunks run at once (--workers times --concurrency), or: alter database "${database}" connection limit 30;`,
      },
    ]);
  });

  test('of the server are an error, and where not even one chunk fits, sessions must end', async () => {
    await using fixture = await checkFixture(server);
    const { spec } = await limitedRole(fixture, -1);
    expect(budget(await fixture.check(spec, { attemptsAtOnce: 500 }))).toMatchObject([
      {
        level: 'error',
        reason: expect.stringMatching(/needs up to 1010 .* by the limit of the server$/) as string,
        fix: expect.stringContaining('raise max_connections') as string,
      },
    ]);
  });

  test('for one role of two are its own finding, the server being shared', async () => {
    await using fixture = await checkFixture(server);
    const { name, url } = await limitedRole(fixture, 6);
    const findings = await fixture.check({ source: { connection: url } }, { attemptsAtOnce: 5 });
    expect(budget(findings).map(({ level, subject }) => `${level} ${subject}`)).toEqual([
      'info source and target',
      'error source',
    ]);
    expect(budget(findings)[1]?.fix).toContain(`alter role "${name}" connection limit 8;`);
    await fixture.sql.query(`alter role "${name}" connection limit 2`);
    const none = await fixture.check({ source: { connection: url } }, { attemptsAtOnce: 5 });
    expect(budget(none)[1]?.fix).toMatch(/^End sessions that are not needed, or: alter role/);
  });
});

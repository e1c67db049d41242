import { describe, expect, inject, test } from 'vitest';
import { telling } from '../../check/testing/findings.ts';
import { checkFixture, goodRows } from './testing/check-fixture.ts';

const server = inject('postgresUrl');

describe('a clean set-up', () => {
  test('gives no error and no warning, and says what there is to do', async () => {
    await using fixture = await checkFixture(server);
    await fixture.insert(goodRows());
    const findings = await fixture.check();
    expect(telling(findings)).toEqual([]);
    expect(findings.map((one) => `${one.rule}: ${one.subject}`)).toEqual([
      'server-version: source',
      'server-version: target',
      'connection-budget: source and target',
      'row-width: the table',
      'volume: to move',
      'disk: target',
    ]);
    expect(findings.filter((one) => one.fix !== '')).toEqual([]);
  });

  test('gives none for roles with just the rights that are needed', async () => {
    await using fixture = await checkFixture(server);
    const { sql } = fixture;
    await fixture.insert(goodRows());
    const reader = await fixture.role();
    const writer = await fixture.role();
    await sql.query(`grant usage on schema tenant to "${reader.name}"`);
    await sql.query(`grant select on tenant.tbl_data_timeseries to "${reader.name}"`);
    for (const schema of ['wide', 'drover']) {
      await sql.query(`create schema ${schema}`);
      await sql.query(`grant usage, create on schema ${schema} to "${writer.name}"`);
    }
    const findings = await fixture.check({
      source: { connection: reader.url },
      target: { connection: writer.url },
    });
    expect(telling(findings)).toEqual([]);
  });

  test('writes nothing into either database', async () => {
    await using fixture = await checkFixture(server);
    await fixture.insert(goodRows());
    const objects = `select count(*) as n from pg_class c join pg_namespace n on n.oid = relnamespace where nspname not in ('pg_toast', 'pg_catalog', 'information_schema')`;
    const before = await fixture.sql.query(objects);
    await fixture.check();
    expect(await fixture.sql.query(objects)).toEqual(before);
  });
});

describe('a server that cannot be used', () => {
  test('is one error with the address and the advice of its code, and nothing else is asked', async () => {
    await using fixture = await checkFixture(server);
    const missing = new URL(fixture.url);
    missing.pathname = '/drover_no_such_database';
    const findings = await fixture.check({ source: { connection: missing.href } });
    expect(findings.filter((one) => one.level !== 'info')).toMatchObject([
      {
        level: 'error',
        rule: 'database-missing',
        subject: expect.stringContaining('drover_no_such_database') as string,
      },
    ]);
    expect(findings.map((one) => one.rule)).toEqual(['database-missing', 'server-version']);
  });

  test('is an error on both sides where neither can be reached', async () => {
    await using fixture = await checkFixture(server);
    const connection = 'postgres://nobody@127.0.0.1:1/none';
    const findings = await fixture.check({ source: { connection }, target: { connection } });
    expect(findings.map((one) => `${one.level} ${one.rule} ${one.subject}`)).toEqual([
      'error connection-lost source (source 127.0.0.1:1/none)',
      'error connection-lost target (target 127.0.0.1:1/none)',
    ]);
  });
});

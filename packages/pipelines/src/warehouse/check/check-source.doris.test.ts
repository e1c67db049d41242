import { Session } from '@drover/postgres';
import { describe, expect, test } from 'vitest';
import { levelsOf, statementsOf, telling } from '../../check/testing/findings.ts';
import { type CheckFixture, checkFixture, worse } from './testing/check-fixture.ts';

const ORDERS = 'create table shop.orders (id bigint primary key, note text)';
const FILLED = `insert into shop.orders select i, repeat('x', 100) from generate_series(1, 5000) i`;

/** Large enough to be cut. */
const SMALL_CHUNKS = { chunk: { bytes: '64kB' } };

async function mend(
  fixture: CheckFixture,
  findings: Parameters<typeof statementsOf>[0],
  rule: string,
) {
  const statements = statementsOf(findings, rule);
  expect(statements.length).toBeGreaterThan(0);
  await fixture.run(...statements);
}

/** In a session of its own: what it did to the statistics is told when it ends. */
async function inSession({ source }: CheckFixture, statement: string) {
  const session = await Session.open(source.url, { side: 'test', applicationName: 'drover test' });
  await session.query(statement);
  await session.close();
}

describe('a right on the source that is missing', () => {
  test('is one error a schema, whose statements are enough', async () => {
    await using fixture = await checkFixture([
      ORDERS,
      'create table shop.events (n int primary key)',
      'create schema other',
      'create table other.things (n int primary key)',
    ]);
    const { name, url } = await fixture.roles.make(fixture.source.url);
    await fixture.run(`grant usage on schema other to "${name}"`);
    const file = { source: { connection: url, schemas: ['shop', 'other'] } };
    const findings = await fixture.check(file);
    expect(worse(findings)).toEqual([
      {
        level: 'error',
        rule: 'right-missing',
        subject: 'source schema shop',
        reason: `role ${name} may not use the schema of shop.events, shop.orders`,
        fix: `grant usage on schema "shop" to "${name}"; grant select on "shop"."events", "shop"."orders" to "${name}";`,
      },
      {
        level: 'error',
        rule: 'right-missing',
        subject: 'source schema other',
        reason: `role ${name} may not read other.things`,
        fix: `grant select on "other"."things" to "${name}";`,
      },
    ]);
    await mend(fixture, findings, 'right-missing');
    expect(telling(await fixture.check(file))).toEqual([]);
  });

  test('is granted for the whole schema where there are many tables', async () => {
    const many = Array.from(
      { length: 11 },
      (_, at) => `create table shop.t${at} (n int primary key)`,
    );
    await using fixture = await checkFixture(many);
    const { name, url } = await fixture.roles.make(fixture.source.url);
    await fixture.run(`grant usage on schema shop to "${name}"`);
    const file = { source: { connection: url } };
    const findings = await fixture.check(file);
    expect(worse(findings).map(({ fix }) => fix)).toEqual([
      `grant select on all tables in schema "shop" to "${name}";`,
    ]);
    await mend(fixture, findings, 'right-missing');
    expect(telling(await fixture.check(file))).toEqual([]);
  });

  test('is row security, whose rows are not looked at', async () => {
    await using fixture = await checkFixture([
      'create table shop.orders (id bigint primary key, born date)',
      `insert into shop.orders values (1, '0044-03-15 BC')`,
      'alter table shop.orders enable row level security',
    ]);
    const { name, url } = await fixture.roles.make(fixture.source.url);
    await fixture.run(
      `grant usage on schema shop to "${name}"`,
      `grant select on shop.orders to "${name}"`,
    );
    const file = { source: { connection: url } };
    const findings = await fixture.check(file);
    expect(levelsOf(findings, 'row-security')).toEqual(['error shop.orders']);
    expect(telling(findings)).toEqual(['row-security']);
    await mend(fixture, findings, 'row-security');
    expect(telling(await fixture.check(file))).toEqual(['date-out-of-range']);
  });
});

describe('the ledger', () => {
  test('in the database that is moved is a warning', async () => {
    await using fixture = await checkFixture([ORDERS]);
    const findings = await fixture.check({ ledger: { connection: fixture.source.url } });
    expect(levelsOf(findings, 'ledger-in-source')).toEqual(['warning ledger']);
    expect(telling(findings)).toEqual(['ledger-in-source']);
  });

  test('needs a schema that the role may make, by a statement that is enough', async () => {
    await using fixture = await checkFixture([ORDERS]);
    const { url } = await fixture.roles.make(fixture.ledger.url);
    const file = { ledger: { connection: url } };
    const findings = await fixture.check(file);
    expect(levelsOf(findings, 'right-missing')).toEqual(['error ledger schema drover']);
    for (const statement of statementsOf(findings, 'right-missing')) {
      await fixture.ledger.sql.query(statement);
    }
    expect(telling(await fixture.check(file))).toEqual([]);
  });
});

describe('connections of the source', () => {
  test('are wanted once an attempt, and for the loads of tables without a key', async () => {
    await using fixture = await checkFixture([ORDERS]);
    const { name, url } = await fixture.roles.make(fixture.source.url);
    await fixture.run(
      `grant usage on schema shop to "${name}"`,
      `grant select on all tables in schema shop to "${name}"`,
      `alter role "${name}" connection limit 22`,
    );
    const budget = async (attemptsAtOnce = 8) =>
      (await fixture.check({ source: { connection: url } }, { attemptsAtOnce })).filter(
        ({ rule, subject }) => rule === 'connection-budget' && subject === 'source',
      );
    expect(await budget()).toMatchObject([{ level: 'info', fix: '' }]);
    await fixture.run(
      ...Array.from({ length: 3 }, (_, at) => `create table shop.whole${at} (n int)`),
      `grant select on all tables in schema shop to "${name}"`,
    );
    // 8 + 3, and 4 loads for each of three tables.
    expect(await budget()).toMatchObject([
      {
        level: 'error',
        reason: expect.stringMatching(
          /^Drover needs up to 23 connections .* 22 are free/,
        ) as string,
      },
    ]);
    // No more of them at once than attempts.
    expect((await budget(2))[0]?.reason).toMatch(/^Drover needs up to 13 connections /);
  });
});

describe('tables', () => {
  test('that are left out are told with the reason, all of a reason together', async () => {
    await using fixture = await checkFixture([
      ORDERS,
      ...['tmp_a', 'tmp_b', 'secret'].map(
        (name) => `create table shop.${name} (n int primary key)`,
      ),
    ]);
    const schemas = [{ name: 'shop', exclude: ['secret', 'gone'], excludeRegex: ['^tmp_'] }];
    const findings = await fixture.check({ source: { schemas } });
    expect(
      findings.flatMap(({ rule, level, reason }) =>
        rule === 'tables-left' ? [level, reason] : [],
      ),
    ).toEqual([
      'info',
      'not moved is shop.secret (excluded by name)',
      'info',
      'not moved are 2 tables: shop.tmp_a, shop.tmp_b (excluded by the expression ^tmp_)',
      'info',
      'not moved is shop.gone (excluded, but the source has no such table)',
    ]);
  });

  test('without a key, or with a key of another order, are told with their size', async () => {
    await using fixture = await checkFixture([
      'create table shop.events (n int)',
      'insert into shop.events select generate_series(1, 100000)',
      'create table shop.people (name text collate "en_US" primary key)'.replace(
        '"en_US"',
        '"und-x-icu"',
      ),
      'analyze',
    ]);
    const findings = await fixture.check();
    expect(worse(findings)).toEqual([]);
    const reasons = (rule: string) =>
      findings.flatMap((one) => (one.rule === rule ? [one.reason] : []));
    expect(reasons('table-without-key')).toEqual([
      expect.stringMatching(/^tables without a key: shop\.events \(3\.7 MB\)\. /),
    ]);
    expect(reasons('verified-whole')).toEqual([
      expect.stringMatching(/ in shop\.people \(\d+ kB\): /),
    ]);
    expect(reasons('volume')).toEqual([
      '2 tables of 3.7 MB in the source, some 100000 rows by statistics, in about 2 chunks',
    ]);
  });

  test('whose key has no index in its order are a warning once they are large', async () => {
    await using fixture = await checkFixture([
      'create table shop.orders (id bigint not null, note text)',
      'create unique index on shop.orders (id, note)',
      FILLED,
      'analyze',
    ]);
    const tables = [{ name: 'shop.orders', key: ['id'] }];
    const small = await fixture.check({ tables });
    expect(telling(small)).toEqual(['key-unproven']);
    const findings = await fixture.check({ tables, ...SMALL_CHUNKS });
    expect(statementsOf(findings, 'index-missing')).toEqual([]);
    await fixture.run('drop index shop.orders_id_note_idx');
    expect(levelsOf(await fixture.check({ tables }), 'index-missing')).toEqual([]);
    const without = await fixture.check({ tables, ...SMALL_CHUNKS });
    expect(statementsOf(without, 'index-missing')).toEqual([
      'create index concurrently on "shop"."orders" ("id");',
    ]);
    await mend(fixture, without, 'index-missing');
    const mended = await fixture.check({ tables, ...SMALL_CHUNKS });
    expect(levelsOf(mended, 'index-missing')).toEqual([]);
  });
});

describe('statistics', () => {
  test('that are missing are a warning for tables that are cut, and the statement is enough', async () => {
    await using fixture = await checkFixture([
      'create table shop.orders (id bigint primary key, note text) with (autovacuum_enabled = false)',
      FILLED,
    ]);
    expect(telling(await fixture.check())).toEqual([]);
    const findings = await fixture.check(SMALL_CHUNKS);
    expect(worse(findings)).toMatchObject([
      { level: 'warning', rule: 'statistics-missing', fix: 'analyze "shop"."orders";' },
    ]);
    await mend(fixture, findings, 'statistics-missing');
    expect(telling(await fixture.check(SMALL_CHUNKS))).toEqual([]);
  });

  test('that are stale are a warning, also of partitions', async () => {
    await using fixture = await checkFixture([
      'create table shop.orders (id bigint primary key, note text) partition by range (id)',
      'create table shop.part partition of shop.orders default with (autovacuum_enabled = false)',
      FILLED,
      'analyze',
    ]);
    await inSession(fixture, 'update shop.orders set note = note || id where id <= 4000');
    const findings = await fixture.check(SMALL_CHUNKS);
    expect(worse(findings)).toMatchObject([
      { level: 'warning', rule: 'statistics-stale', fix: 'analyze "shop"."orders";' },
    ]);
    for (const statement of statementsOf(findings, 'statistics-stale')) {
      await inSession(fixture, statement);
    }
    expect(telling(await fixture.check(SMALL_CHUNKS))).toEqual([]);
  });
});

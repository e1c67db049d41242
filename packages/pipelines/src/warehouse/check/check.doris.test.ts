import { describe, expect, inject, test } from 'vitest';
import { telling } from '../../check/testing/findings.ts';
import { checkFixture, worse } from './testing/check-fixture.ts';

const SHOP = [
  'create table shop.orders (id bigint primary key, note text, price numeric(10,2), at timestamptz)',
  `insert into shop.orders select i, 'note ' || i, i / 7.0, '2026-01-01'::timestamptz from generate_series(1, 100) i`,
  'create table shop.events (what text)',
  'create view shop.seen as select 1 as one',
  'analyze',
];

const NOWHERE = 'postgres://nobody@127.0.0.1:1/none';

describe.each(['D24', 'D26'] as const)('a clean set-up, Doris of generation %s', (generation) => {
  test('gives no error and no warning, and says what there is to do', async () => {
    await using fixture = await checkFixture(SHOP, { generation });
    const findings = await fixture.check();
    expect(worse(findings)).toEqual([]);
    expect(findings.map(({ rule, subject }) => `${rule}: ${subject}`)).toEqual([
      'server-version: source',
      'server-version: ledger',
      'target-version: target',
      'tables-left: source',
      'connection-budget: source and ledger',
      'table-without-key: source',
      'volume: to move',
      'replicas: target',
      'load-way: target',
    ]);
    expect(findings.filter(({ fix }) => fix !== '')).toEqual([]);
    expect(findings.find(({ rule }) => rule === 'tables-left')?.reason).toBe(
      'not moved is shop.seen (a view, and source.views is skip)',
    );
  });
});

describe('a check', () => {
  test('writes nothing into source, ledger and target', async () => {
    await using fixture = await checkFixture(SHOP);
    const objects = `select count(*) as n from pg_class c join pg_namespace n on n.oid = relnamespace
      where nspname not in ('pg_toast', 'pg_catalog', 'information_schema')`;
    const look = async () => [
      await fixture.source.sql.query(objects),
      await fixture.ledger.sql.query(objects),
      await fixture.target.query('SHOW DATABASES'),
    ];
    const before = await look();
    await fixture.check();
    expect(await look()).toEqual(before);
  });

  test('needs no more of the roles than a run does', async () => {
    await using fixture = await checkFixture(SHOP);
    const reader = await fixture.roles.make(fixture.source.url);
    const keeper = await fixture.roles.make(fixture.ledger.url);
    await fixture.run(
      `grant usage on schema shop to "${reader.name}"`,
      `grant select on all tables in schema shop to "${reader.name}"`,
    );
    await fixture.ledger.sql.query(`create schema drover authorization "${keeper.name}"`);
    const findings = await fixture.check({
      source: { connection: reader.url },
      ledger: { connection: keeper.url },
    });
    expect(worse(findings)).toEqual([]);
  });

  test('says the rest where the source cannot be reached', async () => {
    await using fixture = await checkFixture(SHOP);
    const findings = await fixture.check({ source: { connection: NOWHERE } });
    expect(worse(findings)).toMatchObject([
      { level: 'error', rule: 'connection-lost', subject: 'source (source 127.0.0.1:1/none)' },
    ]);
    expect(findings.map(({ rule }) => rule)).toEqual([
      'connection-lost',
      'server-version',
      'target-version',
    ]);
  });

  test('says the rest where the ledger cannot be reached', async () => {
    await using fixture = await checkFixture(SHOP);
    const findings = await fixture.check({ ledger: { connection: NOWHERE } });
    expect(worse(findings)).toMatchObject([
      { level: 'error', rule: 'connection-lost', subject: 'ledger (ledger 127.0.0.1:1/none)' },
    ]);
    expect(findings.map(({ rule }) => rule)).toContain('volume');
  });

  test('looks at the source by the stricter limits where the target cannot be reached', async () => {
    await using fixture = await checkFixture([
      ...SHOP,
      `insert into shop.orders (id, note) values (0, repeat('x', 2000000))`,
    ]);
    const findings = await fixture.check({
      target: { fe: 'http://127.0.0.1:1', queryPort: 1 },
    });
    expect(worse(findings).map(({ level, rule, subject }) => [level, rule, subject])).toEqual([
      ['error', 'connection-lost', 'target frontend 127.0.0.1:1 (HTTP)'],
      ['error', 'connection-lost', 'target frontend 127.0.0.1:1 (MySQL protocol)'],
      ['warning', 'text-too-long', 'shop.orders.note'],
    ]);
    // Newer servers hold it.
    if (inject('dorisUrl') === null) expect(telling(await fixture.check())).toEqual([]);
  });

  test('looks at the tables that are asked for, and says which it does not know', async () => {
    await using fixture = await checkFixture(SHOP);
    const findings = await fixture.check({}, { options: { entities: ['shop.orders', 'shop.x'] } });
    expect(worse(findings)).toEqual([
      {
        level: 'error',
        rule: 'table-unknown',
        subject: 'shop.x',
        reason: 'is no table that the migration file would move',
        fix: 'Write schema.table. The file moves: shop.events, shop.orders.',
      },
    ]);
    expect(findings.map(({ rule }) => rule)).not.toContain('table-without-key');
  });

  test('is an error where the file names what the source lacks, or nothing would be moved', async () => {
    await using fixture = await checkFixture([]);
    expect(worse(await fixture.check({ source: { schemas: ['shops'] } }))).toMatchObject([
      { level: 'error', rule: 'file-invalid', fix: 'Its schemas are public, shop.' },
    ]);
    expect(telling(await fixture.check())).toEqual(['tables-none']);
  });

  test('passes on what plans have to say', async () => {
    await using fixture = await checkFixture([
      ...SHOP,
      'create table shop."orders!" (id int primary key)',
      'create table shop.orders_ (id int primary key)',
    ]);
    expect(
      worse(await fixture.check()).map(({ level, rule, subject }) => [level, rule, subject]),
    ).toEqual([
      ['error', 'table-name-twice', 'shop.orders!'],
      ['error', 'table-name-twice', 'shop.orders_'],
    ]);
  });
});

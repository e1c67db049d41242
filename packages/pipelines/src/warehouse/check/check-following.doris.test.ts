import { describe, expect, test } from 'vitest';
import { levelsOf, statementsOf, telling } from '../../check/testing/findings.ts';
import { type CheckFixture, checkFixture, worse } from './testing/check-fixture.ts';

const ORDERS = [
  'create table shop.orders (id bigint primary key, note text, changed timestamptz)',
  'create index on shop.orders (changed)',
  `insert into shop.orders select i, 'note', now() from generate_series(1, 10) i`,
];

const following = (of: object = {}, name = 'shop.orders') => ({
  tables: [{ name, watermark: 'changed', sweepDeletes: true, ...of }],
});

async function mend(
  fixture: CheckFixture,
  findings: Parameters<typeof statementsOf>[0],
  rule: string,
) {
  const statements = statementsOf(findings, rule);
  expect(statements.length).toBeGreaterThan(0);
  await fixture.run(...statements);
}

describe('a table that is followed', () => {
  test('gives no warning where all is well, and says what cannot be told from here', async () => {
    await using fixture = await checkFixture(ORDERS);
    const findings = await fixture.check(following());
    expect(worse(findings)).toEqual([]);
    expect(levelsOf(findings, 'watermark-trusted')).toEqual(['info sync']);
    expect(levelsOf(await fixture.check(), 'watermark-trusted')).toEqual([]);
  });

  test('without a key is a warning', async () => {
    await using fixture = await checkFixture(['create table shop.events (changed timestamptz)']);
    for (const of of [{}, { watermark: undefined }]) {
      const findings = await fixture.check(following(of, 'shop.events'));
      expect(worse(findings)).toMatchObject([
        { level: 'warning', rule: 'following-without-key', subject: 'shop.events' },
      ]);
    }
  });

  test('whose deletions are not seen is a warning', async () => {
    await using fixture = await checkFixture(ORDERS);
    const findings = await fixture.check(following({ sweepDeletes: false }));
    expect(worse(findings)).toMatchObject([
      { level: 'warning', rule: 'deletes-unseen', subject: 'shop.orders' },
    ]);
    const deletedWhen = { sweepDeletes: false, deletedWhen: 'note is null' };
    expect(telling(await fixture.check(following(deletedWhen)))).toEqual([]);
  });

  test('needs an index on its watermark, whose statement is enough', async () => {
    await using fixture = await checkFixture(ORDERS);
    await fixture.run(
      'drop index shop.orders_changed_idx',
      'create index on shop.orders (note, changed)',
    );
    const findings = await fixture.check(following());
    expect(telling(findings)).toEqual(['index-missing']);
    await mend(fixture, findings, 'index-missing');
    expect(telling(await fixture.check(following()))).toEqual([]);
  });

  test('with rows that have no watermark is a warning with their number', async () => {
    await using fixture = await checkFixture([
      ...ORDERS,
      'update shop.orders set changed = null where id <= 3',
    ]);
    const findings = await fixture.check(following());
    expect(worse(findings)).toEqual([
      {
        level: 'warning',
        rule: 'watermark-null',
        subject: 'shop.orders',
        reason: '3 rows have no changed: each sync loads them again',
        fix: 'update "shop"."orders" set "changed" = now() where "changed" is null;',
      },
    ]);
    await fixture.run(findings.find(({ rule }) => rule === 'watermark-null')?.fix ?? '');
    expect(telling(await fixture.check(following()))).toEqual([]);
  });

  test('by a number, which does not tell up to where it is complete, is an error', async () => {
    await using fixture = await checkFixture(ORDERS);
    const findings = await fixture.check(following({ watermark: 'id' }));
    expect(worse(findings)).toMatchObject([
      { level: 'error', rule: 'file-invalid', subject: 'shop.orders' },
    ]);
  });

  test('by a role that does not see the transactions of others is one error, however many tables', async () => {
    await using fixture = await checkFixture([
      ...ORDERS,
      'create table shop.more (id int primary key, changed timestamptz)',
      'create index on shop.more (changed)',
    ]);
    const { name, url } = await fixture.roles.make(fixture.source.url);
    await fixture.run(
      `grant usage on schema shop to "${name}"`,
      `grant select on all tables in schema shop to "${name}"`,
    );
    const both = {
      tables: ['shop.orders', 'shop.more'].flatMap((table) => following({}, table).tables),
    };
    const file = { source: { connection: url }, ...both };
    const findings = await fixture.check(file);
    expect(worse(findings)).toMatchObject([{ level: 'error', rule: 'permission-denied' }]);
    await mend(fixture, findings, 'permission-denied');
    expect(telling(await fixture.check(file))).toEqual([]);
  });
});

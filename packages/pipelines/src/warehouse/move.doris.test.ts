import { describe, expect, test } from 'vitest';
import { warehouseFixture } from './testing/warehouse-fixture.ts';

describe.each(['D24', 'D26'] as const)(
  'tables moved into a Doris of generation %s',
  (generation) => {
    test('hold what the source holds, with a key and without', async () => {
      await using fixture = await warehouseFixture({
        generation,
        setup: `
        create table shop.orders (id bigint primary key, note text, price numeric(10,2), at timestamptz);
        insert into shop.orders select i, 'note ' || i, i / 7.0, '2026-01-01'::timestamptz + i * interval '1 s'
          from generate_series(1, 1000) i;
        create table shop.events (what text, n int);
        insert into shop.events select 'event ' || i % 10, i from generate_series(1, 500) i`,
      });
      const run = await fixture.run();
      expect(run.settled.reduce((sum, { receipt }) => sum + receipt.loaded, 0)).toBe(1500);
      const rows = await fixture.target.query(
        `SELECT COUNT(*) AS n, COUNT(note) AS notes, SUM(price) AS price FROM \`${fixture.database}\`.\`orders\``,
      );
      const [sum] = await fixture.source.sql.query(
        'select sum(price)::text as price from shop.orders',
      );
      expect(rows).toEqual([{ n: '1000', notes: '1000', price: sum?.['price'] }]);
      const verdicts = await fixture.verify(run);
      expect(verdicts.reduce((all, { compared }) => all + compared, 0)).toBe(1500);
      expect(verdicts.map(({ wrong, stale }) => wrong + stale)).toEqual(verdicts.map(() => 0));
    });
  },
);

import { describe, expect, test } from 'vitest';
import { followed } from './testing/followed.ts';

describe('a table that is moved again into a target that has it', () => {
  // Mutation: without `sweptAtEnd` in plan.ts the rows stay; without it in move.ts each chunk looks through all.
  test.each([
    ['bigint', 'i', 0],
    ['text collate "en-x-icu"', `case i % 2 when 0 then 'é' else '_E' end || i`, 1],
  ])('loses what the source has lost, by key of %s', async (type, key, sweeps) => {
    await using at = await followed({
      setup: `create table shop.orders (id ${type} primary key, note text);
        insert into shop.orders select ${key}, 'old' from generate_series(1, 300) i`,
      spec: { chunk: { rows: 100 } },
    });
    const first = await at.full();
    expect(first.chunks.length).toBeGreaterThan(1);
    await at.sql(
      "delete from shop.orders where id::text like '%7'",
      "update shop.orders set note = 'new'",
    );
    const second = await at.full();
    const columns = ['id', 'note'];
    expect(await at.target('orders', columns)).toEqual(await at.source('orders', columns));
    expect(
      second.settled.filter(({ receipt }) => receipt.read === 0 && receipt.written > 0),
    ).toHaveLength(sweeps);
  });
});

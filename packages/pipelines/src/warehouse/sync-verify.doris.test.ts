import { describe, expect, test } from 'vitest';
import { followed } from './testing/followed.ts';
import type { WarehouseRun } from './testing/warehouse-fixture.ts';

const ORDERS = `
  create table shop.orders (id bigint primary key, note text, updated_at timestamptz not null default now());
  insert into shop.orders select i, 'note ' || i from generate_series(1, 200) i`;

/** A table that was moved, has changed in every way, and was followed. */
async function synced() {
  const at = await followed({
    setup: ORDERS,
    spec: { tables: [{ name: 'shop.orders', watermark: 'updated_at', sweepDeletes: true }] },
  });
  const full = await at.full();
  await at.sql(
    `update shop.orders set note = 'changed', updated_at = now() where id <= 20`,
    `insert into shop.orders (id, note) select i, 'new' from generate_series(201, 215) i`,
    'delete from shop.orders where id between 101 and 105',
  );
  const sync = await at.sync();
  /** As `drover verify` does: what each run moved, newest first; of a range, what moved it as such. */
  const verify = async () => {
    const moved: WarehouseRun = { ...full, chunks: [...sync.chunks, ...full.chunks] };
    const verdicts = await at.fixture.verify(moved);
    const sum = (of: 'compared' | 'wrong' | 'stale') =>
      verdicts.reduce((all, verdict) => all + verdict[of], 0);
    return { compared: sum('compared'), wrong: sum('wrong'), stale: sum('stale') };
  };
  return { ...at, verify };
}

describe.concurrent('verification after a sync', () => {
  test('passes, over all rows that there are now', async () => {
    await using at = await synced();
    expect(await at.verify()).toEqual({ compared: 210, wrong: 0, stale: 0 });
  });

  test('finds rows stale, not wrong, that changed or came after it', async () => {
    await using at = await synced();
    await at.sql(
      `update shop.orders set note = 'later', updated_at = now() where id in (5, 150, 201)`,
      `insert into shop.orders (id, note) values (300, 'later')`,
    );
    expect(await at.verify()).toEqual({ compared: 211, wrong: 0, stale: 4 });
    await at.sync();
    expect(await at.verify()).toEqual({ compared: 211, wrong: 0, stale: 0 });
  });

  test('finds what was changed without its watermark', async () => {
    await using at = await synced();
    await at.sql(`update shop.orders set note = 'silently' where id = 7`);
    await at.sync();
    expect(await at.verify()).toEqual({ compared: 210, wrong: 0, stale: 1 });
  });

  test('finds a row wrong that the target alone has lost, changed or got', async () => {
    await using at = await synced();
    const orders = `\`${at.fixture.database}\`.\`orders\``;
    await at.fixture.target.query(`DELETE FROM ${orders} WHERE id = 50`);
    await at.fixture.target.query(`UPDATE ${orders} SET note = 'spoilt' WHERE id = 60`);
    await at.fixture.target.query(
      `INSERT INTO ${orders} (id, note, updated_at) VALUES (9999, 'stray', '2026-01-01')`,
    );
    expect(await at.verify()).toEqual({ compared: 210, wrong: 3, stale: 0 });
  });
});

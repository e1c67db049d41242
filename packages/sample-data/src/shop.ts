import type { SqlDatabase } from '@drover/core';

export interface ShopOptions {
  readonly orders: number;
}

/** Rows of the shop that no target with dates of four digits can hold. */
export const SHOP_MISFITS = 2;

/**
 * Fills a schema `shop`: customers by uuid, orders by number with their lines (a key of two columns), and events,
 * a table without a key. Two of the customers are older than the calendar of most other databases.
 * @returns how many rows each table has.
 */
export async function fillShop(
  sql: SqlDatabase,
  { orders }: ShopOptions,
): Promise<ReadonlyMap<string, number>> {
  for (const statement of SCHEMA) await sql.query(statement);
  const customers = Math.ceil(orders / 10);
  await sql.query(
    `insert into shop.customer
     select gen_random_uuid(), 'Customer ' || i, case when i % 5 = 0 then null else 'c' || i || '@shop.example' end,
       date '1950-01-01' + i % 18000, jsonb_build_object('level', i % 4, 'tags', array['a', 'b "c"']), now()
     from generate_series(1, $1::int) i`,
    [customers],
  );
  await sql.query(
    `update shop.customer set born = date '0044-03-15 BC'
     where id in (select id from shop.customer order by name limit $1)`,
    [SHOP_MISFITS],
  );
  await sql.query(
    `insert into shop.orders
     select i, 'Customer ' || 1 + i % $2::int, round((i * 37 % 99991) / 100.0, 2),
       timestamptz '2026-01-01 00:00:00+00' + i * interval '20 s',
       case i % 50 when 0 then E'say "hello",\\nor \\\\N' when 1 then '' else 'note ' || i end,
       now() - interval '1 hour', null
     from generate_series(1, $1::int) i`,
    [orders, customers],
  );
  await sql.query(
    `insert into shop.order_line
     select o, l, 'article ' || (o * l) % 500, 1 + (o + l) % 9, (o * l % 7919) / 100.0
     from generate_series(1, $1::int) o, generate_series(1, 2) l`,
    [orders],
  );
  await sql.query(
    `insert into shop.event
     select timestamp '2026-01-01' + i * interval '7 s', (array['view', 'search', 'buy'])[1 + i % 3],
       jsonb_build_object('n', i)
     from generate_series(1, $1::int) i`,
    [orders],
  );
  await sql.query('analyze shop.customer, shop.orders, shop.order_line, shop.event');
  return new Map([
    ['shop.customer', customers],
    ['shop.orders', orders],
    ['shop.order_line', 2 * orders],
    ['shop.event', orders],
  ]);
}

const SCHEMA = [
  'create schema shop',
  `create table shop.customer (id uuid primary key, name text not null, mail text, born date, profile jsonb,
     updated_at timestamptz not null)`,
  `create table shop.orders (id bigint primary key, customer text, total numeric(12, 2), placed timestamptz,
     note text, updated_at timestamptz not null, deleted_at timestamptz)`,
  `create table shop.order_line (order_id bigint, line int, article text, pieces smallint, price numeric(10, 2),
     primary key (order_id, line))`,
  'create table shop.event (at timestamp, what text, payload jsonb)',
];

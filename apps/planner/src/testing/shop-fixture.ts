import { inject } from 'vitest';
import { type WarehouseCli, warehouseCli } from './warehouse-fixture.ts';

/** Two rows have a date that Doris does not know. */
const SETUP = [
  `create table shop.customers (id int primary key, name text, born date)`,
  `insert into shop.customers select i, 'customer ' || i, '1980-01-01'::date + i from generate_series(1, 600) i`,
  `update shop.customers set born = '0044-03-15 BC' where id in (3, 4)`,
  `create table shop.orders (id bigint primary key, note text, total numeric(12,2),
     updated_at timestamptz not null default now(), deleted_at timestamptz)`,
  `insert into shop.orders (id, note, total) select i, 'order ' || i, i / 7.0 from generate_series(1, 1500) i`,
  `create index on shop.orders (updated_at)`,
  `create table shop.events (what text, n int)`,
  `insert into shop.events select 'event ' || i % 10, i from generate_series(1, 300) i`,
  'analyze',
];
const FOLLOWED = {
  name: 'shop.orders',
  watermark: 'updated_at',
  deletedWhen: 'deleted_at is not null',
  sweepDeletes: true,
};
/** Three tables, one of them followed, one without a key; the other two in several chunks. */
export function openShop(queueUrl: string, spec: object = {}): Promise<WarehouseCli> {
  return warehouseCli({
    postgresUrl: inject('postgresUrl'),
    queueUrl,
    dorisUrl: inject('dorisUrl'),
    setup: SETUP,
    spec: { tables: [FOLLOWED], chunk: { rows: 500 }, ...spec },
  });
}

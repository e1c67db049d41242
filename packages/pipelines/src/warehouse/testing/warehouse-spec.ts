import { type WarehouseSpec, warehouseSpecSchema } from '../spec.ts';

/** A migration file of a warehouse with what a test wants of it. */
export function warehouseSpec(of: {
  readonly source?: object;
  readonly tables?: readonly object[];
}): WarehouseSpec {
  return warehouseSpecSchema.parse({
    name: 'test',
    pipeline: 'warehouse',
    ledger: { connection: 'postgres://localhost/ledger' },
    source: { connection: 'postgres://localhost/source', schemas: 'all', ...of.source },
    queue: { url: 'redis://localhost' },
    target: { fe: 'http://localhost:8030', user: 'root' },
    tables: of.tables ?? [],
  });
}

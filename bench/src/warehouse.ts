import type { Result } from './measure.ts';
import { benchWarehouseParallel, benchWarehousePipe } from './warehouse-chunk.ts';
import { benchWarehouseFlat } from './warehouse-flat.ts';
import { openWarehouseGround, type WarehouseGround } from './warehouse-ground.ts';
import { benchWarehouseLedger } from './warehouse-ledger.ts';
import { benchWarehouseMemory } from './warehouse-memory.ts';
import { benchWarehouseRows } from './warehouse-rows.ts';

/** What is measured of a warehouse; each alone, or one after another on the same tables. */
export const WAREHOUSE_BENCHES: ReadonlyMap<
  string,
  (ground: WarehouseGround) => Promise<Result[]>
> = new Map([
  ['warehouse-pipe', benchWarehousePipe],
  ['warehouse-parallel', benchWarehouseParallel],
  ['warehouse-ledger', benchWarehouseLedger],
  ['warehouse-rows', benchWarehouseRows],
  ['warehouse-memory', benchWarehouseMemory],
  ['warehouse-flat', benchWarehouseFlat],
]);

/** @param wanted names of benches; `warehouse` stands for all of them. */
export async function benchWarehouse(wanted: readonly string[]): Promise<Result[]> {
  await using ground = await openWarehouseGround();
  const results: Result[] = [];
  for (const [name, bench] of WAREHOUSE_BENCHES) {
    if (wanted.includes(name) || wanted.includes('warehouse')) {
      results.push(...(await bench(ground)));
    }
  }
  return results;
}

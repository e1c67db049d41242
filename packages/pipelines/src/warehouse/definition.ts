import type { PipelineDefinition } from '@drover/core';
import { type WarehouseSpec, warehouseSpecSchema } from './spec.ts';
import { createWarehouse } from './warehouse.ts';

export const warehouseDefinition: PipelineDefinition<WarehouseSpec> = {
  kind: 'warehouse',
  schema: warehouseSpecSchema,
  listFiles: () => [],
  ledgerConnection: (spec) => spec.ledger.connection,
  create: createWarehouse,
};

export { noLog as silentLog } from '@drover/core';
export { type Door, openDoor } from './door.ts';
export { expectedWide, hourlyRows } from './hourly-rows.ts';
export { type MemoryGate, memoryGate } from './memory-gate.ts';
export { type Barrier, barrierAt, type Signal, signal } from './milestones.ts';
export {
  createNarrowTable,
  insertNarrowRows,
  type NarrowRow,
  type NarrowTableOptions,
  narrowRow,
} from './narrow-table.ts';
export { type ScratchDatabase, scratchDatabase } from './scratch-database.ts';
export { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
export { until } from './until.ts';
export { plainPivot, readWideTables, type WideTables } from './wide-tables.ts';

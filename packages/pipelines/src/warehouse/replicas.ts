import { DroverError } from '@drover/core';
import type { WarehouseParts } from './parts.ts';
import { aliveBackends } from './target-tables.ts';

/** Copies that Doris itself makes by default. */
const DEFAULT_REPLICAS = 3;

/** As many copies as the file says, or as Doris makes by default and there are backends for. */
export async function replicasOf(parts: WarehouseParts): Promise<number> {
  const { replicas } = parts.spec.target;
  if (replicas !== undefined) return replicas;
  const alive = await aliveBackends(parts.statements);
  if (alive > 0) return Math.min(DEFAULT_REPLICAS, alive);
  throw new DroverError('SERVER_UNAVAILABLE', { message: 'target: no backend is alive.' });
}

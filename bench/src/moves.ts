import { randomUUID } from 'node:crypto';
import type { MoveContext, Pipeline, Receipt } from '@drover/core';
import { memoryGate, silentLog } from '@drover/testkit';

const ANCHOR = { chunkMicros: '3600000000', parts: [], nullKeys: false, dropTables: false };

export function moveContext(): MoveContext {
  return {
    anchor: ANCHOR,
    applicationName: `drover bench ${randomUUID().slice(0, 8)}`,
    signal: new AbortController().signal,
    log: silentLog,
    progress() {},
    async reached() {},
    gate: memoryGate(),
  };
}

export async function prepare(pipeline: Pipeline, ships: readonly string[]): Promise<void> {
  for (const ship of ships) {
    await pipeline.move({ id: 1, phase: 'prepare', stream: ship, range: { ship } }, moveContext());
  }
}

/** Moves a span as a worker would, without queue and ledger. */
export function move(
  pipeline: Pipeline,
  span: { ships: readonly string[]; from: string; to: string },
): Promise<Receipt> {
  const chunk = { id: 1, phase: 'data' as const, stream: 'bench', range: { ...span } };
  return pipeline.move(chunk, moveContext());
}

import { randomUUID } from 'node:crypto';
import type { ClaimedChunk, Json, MoveContext, Phase, Receipt } from '@drover/core';
import { loadPipeline } from '@drover/pipelines';
import { memoryGate, silentLog } from '@drover/testkit';
import { benchHost } from './ground.ts';
import type { WarehouseGround } from './warehouse-ground.ts';
import { SCHEMA, TABLES, type TableName } from './warehouse-tables.ts';

/** Rows of a table, by their keys: from the first, up to and without the second. */
export interface Span {
  readonly table: TableName;
  readonly from: number;
  readonly to: number;
}

export const firstRows = (table: TableName, rows = TABLES[table].rows): Span => ({
  table,
  from: 1,
  to: rows + 1,
});

export const rowsOf = ({ from, to }: Span): number => to - from;

/** The migration file of some tables of the ground, as the loader would read it. */
export function warehouseFile(
  { url, sink }: WarehouseGround,
  of: { tables: readonly TableName[]; chunk?: object; queue?: string; name?: string },
): { readonly [key: string]: unknown } {
  const { fe, queryPort, user } = sink;
  return {
    name: of.name ?? 'bench',
    pipeline: 'warehouse',
    queue: { url: of.queue ?? 'redis://127.0.0.1:1' },
    ledger: { connection: url },
    source: { connection: url, schemas: [{ name: SCHEMA, tables: of.tables }] },
    target: { fe, queryPort, user },
    ...(of.chunk === undefined ? {} : { chunk: of.chunk }),
  };
}

interface WarehouseMover {
  /** Moves rows as one chunk, as a worker would, without queue and ledger. */
  move(span: Span): Promise<Receipt>;
  close(): Promise<void>;
}

export async function openMover(
  ground: WarehouseGround,
  tables: readonly TableName[],
): Promise<WarehouseMover> {
  const definition = await loadPipeline('warehouse');
  const pipeline = definition.create({
    spec: definition.schema.parse(warehouseFile(ground, { tables })),
    lists: new Map(),
    host: benchHost,
  });
  const { anchor } = await pipeline.open({
    log: silentLog,
    kind: 'full',
    options: {},
    cutoffs: new Map(),
    watermarks: new Map(),
    migrationId: 'bench',
    unsettled: [],
  });
  // Labels of an earlier mover are taken.
  const migrationId = randomUUID();
  let lastId = 0;
  const move = (phase: Phase, range: Json & { readonly stream: string }) => {
    lastId += 1;
    const { stream } = range;
    const chunk: ClaimedChunk = { id: lastId, phase, stream, range, generation: 1, ancestors: [] };
    return pipeline.move(chunk, contextOf(migrationId, anchor));
  };
  for (const table of tables) await move('prepare', { kind: 'table', stream: streamOf(table) });
  return {
    move({ table, from, to }) {
      const stream = streamOf(table);
      return move('data', {
        kind: 'keys',
        stream,
        from: [String(from)],
        to: [String(to)],
        cuts: [],
      });
    },
    close: () => pipeline.close(),
  };
}

const streamOf = (table: TableName): string => `${SCHEMA}.${table}`;

const contextOf = (migrationId: string, anchor: Json): MoveContext => ({
  migrationId,
  anchor,
  applicationName: `drover bench ${randomUUID().slice(0, 8)}`,
  signal: new AbortController().signal,
  log: silentLog,
  progress() {},
  async pace() {},
  async reached() {},
  gate: memoryGate(),
});

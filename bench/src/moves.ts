import { randomUUID } from 'node:crypto';
import type {
  AttemptContext,
  ClaimedChunk,
  Json,
  MoveContext,
  Phase,
  Pipeline,
  Receipt,
  Verdict,
} from '@drover/core';
import { type Database, qualifiedName } from '@drover/postgres';
import { memoryGate, silentLog } from '@drover/testkit';

const ANCHOR = { chunkMicros: '3600000000', parts: [], nullKeys: false, dropTables: false };

interface BenchSpan {
  readonly ships: readonly string[];
  readonly from: string;
  readonly to: string;
}

function attemptContext(): AttemptContext {
  return {
    migrationId: 'bench',
    anchor: ANCHOR,
    applicationName: `drover bench ${randomUUID().slice(0, 8)}`,
    signal: new AbortController().signal,
    log: silentLog,
    progress() {},
    async pace() {},
    async reached() {},
  };
}

const moveContext = (): MoveContext => ({ ...attemptContext(), gate: memoryGate() });

export async function prepare(pipeline: Pipeline, ships: readonly string[]): Promise<void> {
  for (const ship of ships) {
    await pipeline.move(claimed('prepare', { ship }), moveContext());
  }
}

const claimed = (phase: Phase, range: Json): ClaimedChunk => ({
  id: 1,
  phase,
  stream: 'bench',
  range,
  generation: 1,
  ancestors: [],
});

/** Moves a span as a worker would, without queue and ledger. */
export function move(pipeline: Pipeline, span: BenchSpan): Promise<Receipt> {
  return moveRange(pipeline, { ...span });
}

/** Moves a data chunk by its range, as the ledger has it. */
export function moveRange(pipeline: Pipeline, range: Json): Promise<Receipt> {
  return pipeline.move(claimed('data', range), moveContext());
}

/** Verifies a span as a worker would. */
export function verify(pipeline: Pipeline, span: BenchSpan): Promise<Verdict> {
  return pipeline.verify(claimed('verify', { ...span }), {
    ...attemptContext(),
    maxDifferences: 100,
    moved: async () => ({ receipts: [], rejects: [] }),
  });
}

/** Empties all tables of a schema and writes out what is dirty, so that every candidate starts alike. */
export async function emptyTables(sql: Database, schema: string): Promise<void> {
  const tables = await sql.query(
    `select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and relkind = 'r'`,
    [schema],
  );
  for (const { relname } of tables) {
    await sql.query(`truncate ${qualifiedName(schema, relname ?? '')}`);
  }
  await sql.query('checkpoint');
}

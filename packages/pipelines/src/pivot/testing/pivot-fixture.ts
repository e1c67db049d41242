import { randomUUID } from 'node:crypto';
import type {
  ClaimedChunk,
  Json,
  MoveContext,
  Phase,
  Pipeline,
  PlannedChunk,
  RunOptions,
  VerifyContext,
} from '@drover/core';
import {
  createNarrowTable,
  type MemoryGate,
  memoryGate,
  type NarrowTableOptions,
  type ScratchDatabase,
  scratchDatabase,
  silentLog,
} from '@drover/testkit';
import { createPivot } from '../pivot.ts';
import { pivotSpecSchema } from '../spec.ts';

export interface PivotFixture extends AsyncDisposable {
  readonly database: ScratchDatabase;
  readonly pipeline: Pipeline;
  /** Opens, and runs the given phases of one run to their end; verdicts are left out. */
  run(options?: { phases?: readonly Phase[]; options?: RunOptions }): Promise<MemoryGate>;
  plan(phase: Phase, anchor: Json): Promise<PlannedChunk[]>;
  moveContext(overrides?: Partial<MoveContext>): MoveContext & { gate: MemoryGate };
  verifyContext(overrides?: Partial<VerifyContext>): VerifyContext;
}

type SpecInput = { [key: string]: unknown };

/** A database with an empty narrow table, and a pivot from it into the schema `wide`. */
export async function pivotFixture(
  serverUrl: string,
  spec: SpecInput = {},
  fixture: { table?: NarrowTableOptions; maxTupleBytes?: number } = {},
): Promise<PivotFixture> {
  const database = await scratchDatabase(serverUrl);
  await createNarrowTable(database.sql, fixture.table);
  const { source = {}, target = {}, ...rest } = spec as Record<string, object>;
  const parsed = pivotSpecSchema.parse({
    name: 'test',
    pipeline: 'pivot',
    queue: { url: 'redis://127.0.0.1:1' },
    source: { connection: database.url, ...source },
    target: { connection: database.url, schema: 'wide', ...target },
    ...rest,
  });
  const pipeline = createPivot({
    spec: parsed,
    lists: new Map(),
    host: { name: 'test', pid: 1, now: Date.now, random: Math.random, uuid: randomUUID },
    ...(fixture.maxTupleBytes === undefined ? {} : { maxTupleBytes: fixture.maxTupleBytes }),
  });
  const moveContext: PivotFixture['moveContext'] = (overrides) => ({
    migrationId: 'test',
    anchor: null,
    applicationName: `drover test ${randomUUID().slice(0, 8)}`,
    signal: new AbortController().signal,
    log: silentLog,
    progress() {},
    async pace() {},
    async reached() {},
    gate: memoryGate(),
    ...(overrides as { gate?: MemoryGate }),
  });
  const plan = async (phase: Phase, anchor: Json) => {
    const chunks: PlannedChunk[] = [];
    const context = { after: null, dataChunks: noChunks, signal: new AbortController().signal };
    for await (const chunk of pipeline.plan(phase, anchor, context)) chunks.push(chunk);
    return chunks;
  };
  return {
    database,
    pipeline,
    plan,
    moveContext,
    verifyContext: (overrides) => ({
      migrationId: 'test',
      anchor: null,
      applicationName: `drover test ${randomUUID().slice(0, 8)}`,
      signal: new AbortController().signal,
      log: silentLog,
      progress() {},
      async pace() {},
      async reached() {},
      maxDifferences: 100,
      moved: async () => ({ receipts: [], rejects: [] }),
      ...overrides,
    }),
    async run({
      phases = ['prepare', 'data', 'finish'],
      options = {},
    }: {
      phases?: readonly Phase[];
      options?: RunOptions;
    } = {}) {
      const { anchor } = await pipeline.open({
        log: silentLog,
        kind: 'full',
        options,
        cutoffs: new Map(),
        watermarks: new Map(),
        migrationId: 'test',
        unsettled: [],
      });
      const gate = memoryGate();
      for (const phase of phases) {
        for (const chunk of await plan(phase, anchor)) {
          await pipeline.move(asChunk(phase, chunk), moveContext({ anchor, gate }));
        }
      }
      return gate;
    },
    async [Symbol.asyncDispose]() {
      await pipeline.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

export function asChunk(phase: Phase, planned: PlannedChunk): ClaimedChunk {
  return {
    id: planned.ordinal + 1,
    phase,
    stream: planned.stream,
    range: planned.range,
    generation: 1,
    ancestors: [],
  };
}

async function* noChunks(): AsyncGenerator<never> {}

import { randomUUID } from 'node:crypto';
import { systemHost } from '@drover/config';
import type {
  ClaimedChunk,
  DataChunk,
  Json,
  MoveContext,
  Phase,
  Pipeline,
  PlannedChunk,
  RunKind,
  RunOptions,
  UnsettledChunk,
  Verdict,
} from '@drover/core';
import { openStatements, type Statements } from '@drover/doris';
import { type DorisServer, startDoris } from '@drover/servers';
import type { Generation } from '@drover/stand-ins';
import {
  type MemoryGate,
  memoryGate,
  type ScratchDatabase,
  scratchDatabase,
  silentLog,
} from '@drover/testkit';
import { inject } from 'vitest';
import { targetIdentifier } from '../names.ts';
import { warehouseSpecSchema } from '../spec.ts';
import { createWarehouse } from '../warehouse.ts';

export interface WarehouseFixture extends AsyncDisposable {
  readonly source: ScratchDatabase;
  readonly doris: DorisServer;
  readonly target: Statements;
  /** A database of the target that no other test has. */
  readonly database: string;
  readonly pipeline: Pipeline;
  /** One more, of the same file but for these parts of it; to be closed by the test. */
  pipelineWith(spec: object): Pipeline;
  /** All phases, or some, as workers would; @returns what was settled, of the phase data. */
  run(of?: RunOf): Promise<WarehouseRun>;
  /** Verifies what a run moved. */
  verify(run: WarehouseRun): Promise<readonly Verdict[]>;
  moveContext(overrides?: Partial<MoveContext>): MoveContext;
}

export interface RunOf {
  readonly kind?: RunKind;
  readonly phases?: readonly Phase[];
  readonly options?: RunOptions;
  readonly watermarks?: ReadonlyMap<string, string>;
  readonly unsettled?: readonly UnsettledChunk[];
}

export interface WarehouseRun {
  readonly anchor: Json;
  readonly chunks: readonly DataChunk[];
  readonly settled: MemoryGate['settled'];
  /** How far each stream was followed, as the ledger would remember it. */
  readonly watermarks: ReadonlyMap<string, string>;
}

/** A Postgres with a schema `shop` that `setup` fills, and a Doris, real where one is given. */
export async function warehouseFixture(of: {
  readonly setup: string;
  readonly generation?: Generation;
  readonly spec?: object;
  readonly source?: object;
  readonly target?: object;
  readonly backends?: number;
}): Promise<WarehouseFixture> {
  const source = await scratchDatabase(inject('postgresUrl'));
  await source.sql.query('create schema shop');
  await source.sql.query('set search_path = shop');
  for (const statement of of.setup.split(';\n')) await source.sql.query(statement);
  const doris = await startDoris({
    givenUrl: inject('dorisUrl') ?? undefined,
    ...(of.generation === undefined ? {} : { generation: of.generation }),
    backends: of.backends ?? 1,
  });
  const database = `drover_test_${randomUUID().slice(0, 8)}`;
  const { fe, queryPort, user, password } = doris;
  const spec = {
    name: 'test',
    pipeline: 'warehouse',
    queue: { url: 'redis://127.0.0.1:1' },
    ledger: { connection: source.url },
    source: { connection: source.url, schemas: ['shop'], ...of.source },
    target: { fe, queryPort, user, password, database, ...of.target },
    ...of.spec,
  };
  const pipelineWith = (other: object) =>
    createWarehouse({
      spec: warehouseSpecSchema.parse({ ...spec, ...other }),
      host: systemHost,
    });
  const pipeline = pipelineWith({});
  const target = openStatements(
    { fe: [fe], be: [], via: 'auto', queryPort, user, password, tls: false },
    { max: 2, timeoutSeconds: 60 },
  );
  const moveContext = (overrides: Partial<MoveContext> = {}): MoveContext => ({
    migrationId: database,
    anchor: null,
    applicationName: `drover test ${randomUUID().slice(0, 8)}`,
    signal: new AbortController().signal,
    log: silentLog,
    progress() {},
    async pace() {},
    async reached() {},
    gate: memoryGate(),
    ...overrides,
  });
  let lastId = 0;
  const fixture: WarehouseFixture = {
    source,
    doris,
    target,
    database,
    pipeline,
    pipelineWith,
    moveContext,
    async run({
      kind = 'full',
      phases = ['prepare', 'data', 'finish'],
      options = {},
      watermarks = new Map(),
      unsettled = [],
    }: RunOf = {}) {
      const { anchor } = await pipeline.open({
        log: silentLog,
        kind,
        options,
        cutoffs: new Map(),
        watermarks,
        migrationId: database,
        unsettled,
      });
      const chunks: DataChunk[] = [];
      const settled: MemoryGate['settled'] = [];
      const followed = new Map(watermarks);
      for (const phase of phases) {
        for (const planned of await planOf(pipeline, phase, anchor, chunks)) {
          lastId += 1;
          const gate = memoryGate();
          await pipeline.move(claimed(lastId, phase, planned), moveContext({ anchor, gate }));
          settled.push(...gate.settled);
          for (const { watermark } of gate.settled) {
            if (watermark !== undefined) followed.set(planned.stream, watermark);
          }
          if (phase !== 'data') continue;
          chunks.push({
            id: lastId,
            runId: 1,
            runKind: kind,
            verifyPlanned: false,
            phase,
            ...planned,
          });
        }
      }
      return { anchor, chunks, settled, watermarks: followed };
    },
    async verify({ anchor, chunks, settled }) {
      const verdicts: Verdict[] = [];
      for (const planned of await planOf(pipeline, 'verify', anchor, chunks)) {
        lastId += 1;
        const context = {
          ...moveContext({ anchor }),
          maxDifferences: 100,
          moved: async () => ({
            receipts: settled.map(({ receipt }) => receipt),
            rejects: settled.flatMap(({ rejects }) => rejects),
          }),
        };
        verdicts.push(await pipeline.verify(claimed(lastId, 'verify', planned), context));
      }
      return verdicts;
    },
    async [Symbol.asyncDispose]() {
      await target.query(`DROP DATABASE IF EXISTS ${targetIdentifier(database)} FORCE`);
      await target.close();
      await pipeline.close();
      await doris[Symbol.asyncDispose]();
      await source[Symbol.asyncDispose]();
    },
  };
  return fixture;
}

export function claimed(id: number, phase: Phase, planned: PlannedChunk): ClaimedChunk {
  const { stream, range } = planned;
  return { id, phase, stream, range, generation: 1, ancestors: [] };
}

export async function planOf(
  pipeline: Pipeline,
  phase: Phase,
  anchor: Json,
  done: readonly DataChunk[],
): Promise<readonly PlannedChunk[]> {
  const chunks: PlannedChunk[] = [];
  const context = {
    after: null,
    async *dataChunks() {
      yield* done;
    },
    signal: new AbortController().signal,
  };
  for await (const chunk of pipeline.plan(phase, anchor, context)) chunks.push(chunk);
  return chunks;
}

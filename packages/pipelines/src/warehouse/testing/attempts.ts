import {
  type ClaimedChunk,
  DroverError,
  type ErrorCode,
  type Json,
  type MoveContext,
  type Phase,
  type Receipt,
  Stopped,
} from '@drover/core';
import { type MemoryGate, memoryGate } from '@drover/testkit';
import { targetIdentifier } from '../names.ts';
import { claimed, planOf, type WarehouseFixture } from './warehouse-fixture.ts';

/** A table with a key, and one without; texts of both read the same on both sides. */
export const TWO_TABLES = `
  create table shop.orders (id bigint primary key, note text, price numeric(10,2));
  insert into shop.orders select i, 'note ' || i || repeat(' ''"\\,', 20), i / 7.0 from generate_series(1, 300) i;
  create table shop.events (what text, n int);
  insert into shop.events select 'event ' || i % 10 || repeat('-', 80), i from generate_series(1, 300) i;
  insert into shop.events select * from shop.events where n <= 5`;

const COLUMNS = { orders: ['id', 'note', 'price'], events: ['what', 'n'] } as const;

export type TableName = keyof typeof COLUMNS;

export interface ChunkAtHand {
  readonly anchor: Json;
  readonly chunk: ClaimedChunk;
  /** Remembers intents over all attempts at the chunk. */
  readonly gate: MemoryGate;
}

let lastId = 5000;

/** Makes the tables, and plans the only chunk of one of them. */
export async function chunkOf(
  fixture: WarehouseFixture,
  table: string,
  phase: Phase = 'data',
): Promise<ChunkAtHand> {
  const { anchor } = await fixture.run({ phases: ['prepare'] });
  const planned = (await planOf(fixture.pipeline, phase, anchor, [])).find(
    ({ stream }) => stream === `shop.${table}`,
  );
  if (planned === undefined) throw new Error(`no chunk of ${table}`);
  lastId += 1;
  return { anchor, chunk: claimed(lastId, phase, planned), gate: memoryGate() };
}

/** The next generation of a chunk, as `drover reprocess` makes it. */
export function nextGeneration({ anchor, chunk }: ChunkAtHand): ChunkAtHand {
  const { generation } = chunk;
  return { anchor, chunk: { ...chunk, generation: generation + 1 }, gate: memoryGate() };
}

export const attempt = (
  fixture: WarehouseFixture,
  { anchor, chunk, gate }: ChunkAtHand,
  overrides: Partial<MoveContext> = {},
): Promise<Receipt> =>
  fixture.pipeline.move(chunk, fixture.moveContext({ anchor, gate, ...overrides }));

/**
 * Attempts at the chunk one after the other, as the engine makes them of errors that pass.
 * @returns the codes of those that failed, and the receipt. Throws what would park the chunk or end the run.
 */
export async function attempts(
  fixture: WarehouseFixture,
  at: ChunkAtHand,
  { max = 5, ...overrides }: Partial<MoveContext> & { readonly max?: number } = {},
): Promise<{ codes: readonly ErrorCode[]; receipt: Receipt }> {
  const codes: ErrorCode[] = [];
  for (;;) {
    try {
      return { codes, receipt: await attempt(fixture, at, overrides) };
    } catch (error) {
      if (!(error instanceof DroverError)) throw error;
      codes.push(error.code);
      if (error.policy === 'park' || error.policy === 'abort' || codes.length >= max) throw error;
    }
  }
}

/** The gate of an attempt that has the chunk until `take` is called. */
export interface TakenGate {
  readonly gate: MemoryGate;
  /** Another attempt has the chunk from now on; what this one meant to commit is remembered. */
  readonly take: () => void;
}

export function takenGate(of: MemoryGate): TakenGate {
  let taken = false;
  const check = () => {
    if (taken) throw new Stopped('fenced');
  };
  return {
    gate: {
      ...of,
      outside: {
        intent: () => of.outside.intent(),
        async mayCommit(intent) {
          check();
          await of.outside.mayCommit(intent);
        },
        async settle(done) {
          check();
          await of.outside.settle(done);
        },
      },
    },
    take() {
      taken = true;
    },
  };
}

/** All rows of both sides as texts, each side sorted, duplicates included. */
export async function bothSides(
  { source, target, database }: WarehouseFixture,
  table: TableName,
): Promise<{ source: string[]; target: string[] }> {
  const columns = COLUMNS[table];
  const texts = columns.map((name) => `${name}::text as ${name}`).join(', ');
  const names = columns.map(targetIdentifier).join(', ');
  const expected = await source.sql.query(`select ${texts} from shop.${table}`);
  const found = await target.query(
    `SELECT ${names} FROM ${targetIdentifier(database)}.${targetIdentifier(table)}`,
  );
  const lines = (rows: readonly Readonly<Record<string, string | null>>[]) =>
    rows.map((row) => JSON.stringify(columns.map((name) => row[name] ?? null))).sort();
  return { source: lines(expected), target: lines(found) };
}

import { mkdirSync } from 'node:fs';
import type { SqlExecutor } from '@drover/core';
import { until } from '@drover/testkit';
import { checkRound, type RoundCounts } from './check-round.ts';
import { Crew } from './crew.ts';
import type { Scene } from './fault.ts';
import type { FaultDeck } from './fault-deck.ts';
import type { Field } from './field.ts';
import { openGround } from './ground.ts';
import { type Injection, injectFaults } from './injections.ts';
import { type Progress, readProgress } from './ledger-view.ts';
import { drawMigrationShape, writeMigration } from './migration-folder.ts';
import { Pace } from './pace.ts';
import type { Random } from './random.ts';
import { sourceRows } from './source-rows.ts';

export interface RoundOptions {
  readonly number: number;
  /** The built command. */
  readonly program: string;
  /** For the migration, its logs and what is printed; made here. */
  readonly folder: string;
  readonly deck: FaultDeck;
  readonly faults: number;
  readonly deadlineMs: number;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
}

export interface RoundResult {
  readonly number: number;
  readonly folder: string;
  readonly injections: readonly Injection[];
  readonly counts: RoundCounts;
  readonly violations: readonly string[];
}

const SHIPS = ['S1', 'S2', 'S3', 'S4'];

/** Chunks of an hour and a ship: as many for each fault as the pace wants. */
const CHUNKS_PER_FAULT = 8;
const LEAST_CHUNKS = 24;

const BEGIN_MS = 60_000;
const END_MS = 180_000;

/** One migration from its start to its checked end, with faults in between. */
export async function playRound(field: Field, options: RoundOptions): Promise<RoundResult> {
  const { random, tell } = options;
  const name = `chaos_${options.number}`;
  const migration = drawMigrationShape(random);
  const chunks = Math.max(LEAST_CHUNKS, options.faults * CHUNKS_PER_FAULT);
  const shape = { ships: SHIPS, hours: Math.ceil(chunks / SHIPS.length) };
  const rows = sourceRows(shape, random);
  tell(`${rows.length} rows, about ${chunks} chunks, ${JSON.stringify(migration)}`);
  await using ground = await openGround(field, { name, shape, rows });
  mkdirSync(options.folder, { recursive: true });
  writeMigration(options.folder, {
    name: name.replace('_', '-'),
    shape: migration,
    environment: ground.environment,
  });
  const { program, folder } = options;
  const [workers, concurrency] = [random.between(2, 3), random.between(1, 2)];
  await using crew = new Crew({ program, folder, workers, concurrency });
  const progress = async (): Promise<Progress> => {
    const found = await readProgress(ground.target);
    if (found === null) throw new Error('the run has gone from the ledger');
    return found;
  };
  const pace = new Pace([field.source.line, field.target.line]);
  const scene: Scene = { field, ground, name, crew, pace, random, progress };
  await begin(crew, ground.target);
  const injections = await injectFaults(scene, { ...options, quota: options.faults });
  pace.release();
  const violations = await seeThrough(scene);
  tell('the run has ended; checking');
  const { counts, violations: wrong } = await checkRound(scene, { folder, migration });
  return {
    number: options.number,
    folder,
    injections,
    counts,
    violations: [...violations, ...wrong],
  };
}

/** Resolves when data is being moved. */
async function begin(crew: Crew, target: SqlExecutor): Promise<void> {
  const watcher = crew.begin();
  await until(
    'the first chunk of data is in hand',
    async () => {
      if (watcher.code !== null) throw new Error(`drover run ended with ${watcher.code}`);
      const progress = await readProgress(target);
      return progress?.attempts.some((attempt) => attempt.phase === 'data') ?? false;
    },
    BEGIN_MS,
  );
}

/** Starts what is missing until the run has ended. @returns what is wrong where it does not. */
async function seeThrough({ crew, progress }: Scene): Promise<string[]> {
  let last: Progress | null = null;
  const over = async () => {
    last = await progress();
    crew.replenish(last.state);
    return last.state === 'done';
  };
  try {
    await until('the run is done', over, END_MS);
    return [];
  } catch {
    return [`the run did not end: ${JSON.stringify(last)}`];
  }
}

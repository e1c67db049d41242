import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SqlExecutor } from '@drover/core';
import { until } from '@drover/testkit';
import { checkData } from './check-data.ts';
import { checkEnds, checkSessions, WATCHER_FAILED } from './check-processes.ts';
import { checkFiles, checkLedgerTexts } from './check-texts.ts';
import { Crew } from './crew.ts';
import { PRINTED } from './drover-process.ts';
import { readExpected } from './expected-tables.ts';
import type { Scene } from './fault.ts';
import type { FaultDeck } from './fault-deck.ts';
import type { Field } from './field.ts';
import { type Ground, openGround } from './ground.ts';
import { type Injection, injectFaults } from './injections.ts';
import { type Progress, readProgress } from './ledger-view.ts';
import { drawMigrationShape, type MigrationShape, writeMigration } from './migration-folder.ts';
import { Pace } from './pace.ts';
import { processesIn } from './process-state.ts';
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

export interface RoundCounts {
  readonly chunks: number;
  readonly attempts: number;
  readonly superseded: number;
  readonly retried: number;
  /** Most attempts that one chunk burnt. */
  readonly mostBurnt: number;
  /** Watchers that gave up when a store was away; the run goes on without. */
  readonly watchersFailed: number;
  readonly rows: number;
  readonly cells: number;
  readonly differences: number;
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
  await begin(scene, ground.target);
  const injections = await injectFaults(scene, { ...options, quota: options.faults });
  pace.release();
  const violations = await seeThrough(scene);
  tell('the run has ended; checking');
  const { counts, violations: wrong } = await check(scene, { folder, migration });
  return {
    number: options.number,
    folder,
    injections,
    counts,
    violations: [...violations, ...wrong],
  };
}

/** Resolves when data is being moved. */
async function begin({ crew, field }: Scene, target: SqlExecutor): Promise<void> {
  const watcher = crew.begin();
  for (const line of [field.source.line, field.target.line, field.queue.line]) await line.restore();
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

async function check(
  scene: Scene,
  of: { folder: string; migration: MigrationShape },
): Promise<{ counts: RoundCounts; violations: string[] }> {
  const { crew, ground, field } = scene;
  await crew.dismiss();
  const report = await crew.command('report');
  const { runId } = await scene.progress();
  const expected = await readExpected(ground.source, of.migration);
  const data = await checkData(ground.target, { expected, runId });
  const said = readFileSync(join(of.folder, PRINTED, `${report.name}.txt`), 'utf8');
  const violations = [
    ...data.violations,
    ...(said.includes('Verification: PASSED') ? [] : ['the report does not say PASSED']),
    ...checkEnds(crew.processes),
    ...processesIn(of.folder).map((pid) => `process ${pid} is left`),
    ...(await checkSessions(field)),
    ...checkFiles(of.folder),
    ...(await checkLedgerTexts(ground.target)),
  ];
  const watchers = crew.processes.filter((one) => one.name.startsWith('watcher-'));
  const watchersFailed = watchers.filter((one) => one.code === WATCHER_FAILED).length;
  const { cells, differences } = data;
  const counts = await countWork(ground, runId);
  return {
    counts: { ...counts, watchersFailed, rows: expected.rows, cells, differences },
    violations,
  };
}

async function countWork({ target }: Ground, runId: number) {
  const [row] = await target.query(
    `select (select count(*) from drover.chunk where run_id = $1) as chunks,
       (select max(attempts) from drover.chunk where run_id = $1) as most_burnt, count(*) as attempts,
       count(*) filter (where outcome = 'superseded') as superseded,
       count(*) filter (where outcome = 'retry') as retried
     from drover.attempt where run_id = $1`,
    [runId],
  );
  return {
    chunks: Number(row?.['chunks']),
    attempts: Number(row?.['attempts']),
    superseded: Number(row?.['superseded']),
    retried: Number(row?.['retried']),
    mostBurnt: Number(row?.['most_burnt']),
  };
}

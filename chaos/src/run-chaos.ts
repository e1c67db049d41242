import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FaultDeck } from './fault-deck.ts';
import { openField } from './field.ts';
import { seededRandom } from './random.ts';
import { playRound, type RoundResult } from './round.ts';

export interface ChaosOptions {
  /** The same seed draws the same faults in the same order. */
  readonly seed: number;
  /** How many faults in all. */
  readonly faults: number;
  /** No fault is made after this; the round at hand is played to its end. */
  readonly minutes: number;
  /** Only kinds of faults whose names contain this. */
  readonly only?: string;
  /** The built command; that of this repository by default. */
  readonly program?: string;
  readonly signal?: AbortSignal;
  /** Told what is being done, line by line. */
  readonly tell?: (line: string) => void;
}

export interface ChaosResult {
  readonly seed: number;
  readonly rounds: readonly RoundResult[];
  /** Faults that cannot be made on this machine, and why. */
  readonly impossible: readonly { readonly name: string; readonly why: string }[];
  /** Of every round, with seed, round, the faults in their order, and where the logs are. */
  readonly violations: readonly string[];
  readonly elapsedMs: number;
}

const FAULTS_PER_ROUND = 14;

/** The command is a program, not a library: it is started as a person would start it. */
const DROVER = fileURLToPath(new URL('../../apps/planner/dist/main.js', import.meta.url));

/**
 * Plays rounds, each a migration of its own, until enough faults were made. Starts two Postgres servers and
 * a Redis of its own.
 * @throws where the servers cannot be started, or a run cannot be begun.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { seed, faults, minutes, program = DROVER, tell = () => {} } = options;
  const startMs = Date.now();
  const deadlineMs = startMs + minutes * 60_000;
  const signal = options.signal ?? new AbortController().signal;
  const logs = mkdtempSync(join(tmpdir(), `drover-chaos-${seed}-`));
  tell(`seed ${seed}, ${faults} faults, at most ${minutes} minutes of them; logs in ${logs}`);
  const random = seededRandom(seed);
  const rounds: RoundResult[] = [];
  const made = () => rounds.reduce((sum, round) => sum + round.injections.length, 0);
  if (!existsSync(program)) throw new Error(`${program} is not there: build it, npm run build`);
  await using field = await openField();
  const deck = new FaultDeck(field, random.fork('deck'), options.only);
  for (const { name, why } of deck.impossible) tell(`cannot be made here: ${name}; ${why}`);
  while (made() < faults && Date.now() < deadlineMs) {
    const number = rounds.length + 1;
    const folder = join(logs, `round-${number}`);
    const round = await playRound(field, {
      number,
      program,
      folder,
      deck,
      faults: Math.min(FAULTS_PER_ROUND, faults - made()),
      deadlineMs,
      random: random.fork(`round ${number}`),
      signal,
      tell: (line) =>
        tell(`${((Date.now() - startMs) / 1000).toFixed(1)} s, round ${number}: ${line}`),
    }).catch((error: unknown) => {
      const what = error instanceof Error ? error.message : typeof error;
      const where = `seed ${seed}, round ${number}, logs in ${folder}`;
      throw new Error(`${where}: ${what}`, { cause: error });
    });
    rounds.push(round);
    for (const violation of violationsOf(seed, round)) tell(violation);
    if (round.violations.length === 0) rmSync(round.folder, { recursive: true });
  }
  const violations = rounds.flatMap((round) => violationsOf(seed, round));
  if (violations.length === 0) rmSync(logs, { recursive: true });
  const elapsedMs = Date.now() - startMs;
  return { seed, rounds, impossible: deck.impossible, violations, elapsedMs };
}

function violationsOf(seed: number, { number, injections, folder, violations }: RoundResult) {
  if (violations.length === 0) return [];
  const faults = injections.map((one) => `  ${one.number}. ${one.fault} (${one.note})`);
  return [
    `VIOLATED with seed ${seed} in round ${number}; logs are kept in ${folder}\n` +
      `${violations.map((one) => `- ${one}\n`).join('')}after these faults:\n${faults.join('\n')}`,
  ];
}

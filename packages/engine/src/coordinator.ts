import { setTimeout as pause } from 'node:timers/promises';
import {
  type ChunkQueue,
  type Host,
  type Ledger,
  type Log,
  type Migration,
  type Pipeline,
  type Run,
  type Throttle,
  toDroverError,
} from '@drover/core';
import { closePhaseIfOver } from './close-phase.ts';
import { growingPause } from './growing-pause.ts';
import { LoadMeter } from './load-meter.ts';
import { mirrorDeadLetters } from './mirror-dead-letters.ts';
import { PhasePlanner } from './plan-phase.ts';
import { Reconciler } from './reconcile.ts';

export interface CoordinatorParts {
  readonly ledger: Ledger;
  readonly queue: ChunkQueue;
  readonly pipeline: Pipeline;
  readonly migration: Migration;
  readonly host: Host;
  readonly log: Log;
  /** Who it is in the lease. */
  readonly owner: string;
  /** Hash of the migration file at hand; runs of another file are left to those who have it. */
  readonly fileHash: string;
  /** The limits on the load that the file sets. */
  readonly throttle: Throttle;
  /** Chunks that are kept queued or running. */
  readonly depth?: number;
  readonly tickMs?: number;
}

/** Some ten thousand: a million chunks cost the queue little, and cancelling is instant. */
const DEPTH = 10_000;
const TICK_MS = 500;
const LEASE_MS = 5_000;
const RECONCILE_MS = 2_000;

/** While coordination fails, for instance because the source is away, it is tried again ever more rarely. */
const LONGEST_PAUSE_MS = 10_000;

/**
 * Plans phases, feeds the queue, and finds what the queue lost. One process at a time does it, by a lease
 * in the ledger; but every step is a conditional write, so two at once do no harm.
 */
export class Coordinator implements AsyncDisposable {
  readonly #parts: CoordinatorParts;
  readonly #leaseName: string;
  readonly #reconciler: Reconciler;
  readonly #meter: LoadMeter;
  readonly #planners = new Map<number, PhasePlanner>();
  #reconciledAt = 0;
  #underWay = false;
  readonly #stop = new AbortController();
  #wake = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #passing: Promise<void> = Promise.resolve();

  constructor(parts: CoordinatorParts) {
    this.#parts = parts;
    this.#leaseName = `coordinator ${parts.migration.id}`;
    this.#reconciler = new Reconciler(parts.ledger, parts.queue);
    const { migration, throttle } = parts;
    this.#meter = new LoadMeter({ ...parts, migrationId: migration.id, file: throttle });
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** Something happened: do not wait for the next tick. */
  poke(): void {
    this.#wake.abort();
  }

  /**
   * One round for every unfinished run of the migration; safe with or without the lease. Rounds of one
   * process follow one another.
   */
  pass(): Promise<void> {
    const round = this.#passing.then(() => this.#pass());
    this.#passing = round.catch(() => {});
    return round;
  }

  async #pass(): Promise<void> {
    const runs = await this.#parts.ledger.unfinishedRuns(this.#parts.migration.id);
    const known = runs.filter((run) => run.fileHash === this.#parts.fileHash);
    const mine = known.filter((run) => run.state === 'running');
    // What is in hand goes on while a run is paused.
    this.#underWay = known.some((run) => run.state !== 'failed');
    for (const [id, planner] of this.#planners) {
      if (mine.some((run) => run.id === id)) continue;
      this.#planners.delete(id);
      await planner.close();
    }
    for (const run of mine) await this.#advance(run, await this.#plannerOf(run));
    await this.#reconcile(runs, new Set(mine.map((run) => run.id)));
    for (const run of mine) if (await closePhaseIfOver(this.#parts.ledger, run.id)) this.poke();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.poke();
    await this.#loop;
    await this.#passing;
    await this.#meter[Symbol.asyncDispose]();
    for (const planner of this.#planners.values()) await planner.close();
    await this.#mirror().catch(() => {});
  }

  async #run(): Promise<void> {
    const { ledger, owner, log, tickMs = TICK_MS } = this.#parts;
    const lease = { name: this.#leaseName, owner, ttlMs: LEASE_MS };
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      let busy = false;
      let sleepMs = tickMs;
      try {
        if (!(await this.#isConcerned())) await ledger.releaseLease(lease);
        else if (await ledger.acquireLease(lease)) {
          if (this.#underWay) this.#meter.look();
          await this.pass();
          busy = [...this.#planners.values()].some((planner) => !planner.complete);
        }
        failures = 0;
      } catch (error) {
        const { code, message } = toDroverError(error);
        sleepMs = growingPause({
          times: failures,
          firstPauseMs: tickMs,
          longestPauseMs: LONGEST_PAUSE_MS,
          random: this.#parts.host.random(),
        });
        failures += 1;
        log.warn('coordination failed, trying again', { code, error: message, pauseMs: sleepMs });
      }
      if (!busy) await this.#sleep(sleepMs);
    }
    await ledger.releaseLease(lease).catch(() => {});
  }

  /** Who has the file of none of the runs leaves the lease to those who have. */
  async #isConcerned(): Promise<boolean> {
    const { ledger, migration, fileHash } = this.#parts;
    const runs = await ledger.unfinishedRuns(migration.id);
    return runs.length === 0 || runs.some((run) => run.fileHash === fileHash);
  }

  async #sleep(ms: number): Promise<void> {
    const { signal } = this.#wake;
    if (!this.#stop.signal.aborted) await pause(ms, undefined, { signal }).catch(() => {});
    if (signal.aborted) this.#wake = new AbortController();
  }

  async #plannerOf(run: Run): Promise<PhasePlanner> {
    const known = this.#planners.get(run.id);
    // One that is complete asks the ledger no more, where somebody may have opened the phase again since.
    if (known?.phase === run.phase && !known.complete) return known;
    await known?.close();
    const planner = new PhasePlanner({ ...this.#parts, run });
    this.#planners.set(run.id, planner);
    return planner;
  }

  async #advance(run: Run, planner: PhasePlanner): Promise<void> {
    const { ledger, queue, depth = DEPTH } = this.#parts;
    await planner.advance();
    const fed = await ledger.feed({ runId: run.id, depth });
    if (fed.length > 0) await queue.add(fed);
  }

  async #reconcile(runs: readonly Run[], mine: ReadonlySet<number>): Promise<void> {
    const { host, log } = this.#parts;
    const now = host.now();
    if (now - this.#reconciledAt < RECONCILE_MS) return;
    this.#reconciledAt = now;
    const { again, strays } = await this.#reconciler.look(runs, mine);
    if (again.length > 0) log.warn('the queue had lost chunks', { chunks: again.length });
    if (strays.length > 0) log.info('the queue had chunks of nobody', { chunks: strays.length });
    await this.#mirror();
  }

  #mirror(): Promise<void> {
    const { ledger, queue, migration } = this.#parts;
    return mirrorDeadLetters(ledger, queue.deadLetters, migration.id);
  }
}

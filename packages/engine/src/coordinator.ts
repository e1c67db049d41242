import { setTimeout as pause } from 'node:timers/promises';
import {
  type ChunkQueue,
  type Host,
  type Ledger,
  type Log,
  type Migration,
  type Pipeline,
  type Run,
  toDroverError,
} from '@drover/core';
import { closePhaseIfOver } from './close-phase.ts';
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
  /** Chunks that are kept queued or running. */
  readonly depth?: number;
  readonly tickMs?: number;
}

/** Some ten thousand: a million chunks cost the queue little, and cancelling is instant. */
const DEPTH = 10_000;
const TICK_MS = 500;
const LEASE_MS = 5_000;
const RECONCILE_MS = 2_000;

/**
 * Plans phases, feeds the queue, and finds what the queue lost. One process at a time does it, by a lease
 * in the ledger; but every step is a conditional write, so two at once do no harm.
 */
export class Coordinator implements AsyncDisposable {
  readonly #parts: CoordinatorParts;
  readonly #leaseName: string;
  readonly #runs = new Map<number, RunInHand>();
  readonly #stop = new AbortController();
  #wake = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #passing: Promise<void> = Promise.resolve();

  constructor(parts: CoordinatorParts) {
    this.#parts = parts;
    this.#leaseName = `coordinator ${parts.migration.id}`;
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
    const mine = runs.filter(
      (run) => run.state === 'running' && run.fileHash === this.#parts.fileHash,
    );
    for (const [id, { planner }] of this.#runs) {
      if (mine.some((run) => run.id === id)) continue;
      this.#runs.delete(id);
      await planner.close();
    }
    for (const run of mine) await this.#advance(run, await this.#inHand(run));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.poke();
    await this.#loop;
    await this.#passing;
    for (const { planner } of this.#runs.values()) await planner.close();
  }

  async #run(): Promise<void> {
    const { ledger, owner, log, tickMs = TICK_MS } = this.#parts;
    const lease = { name: this.#leaseName, owner, ttlMs: LEASE_MS };
    while (!this.#stop.signal.aborted) {
      let busy = false;
      try {
        if (await ledger.acquireLease(lease)) {
          await this.pass();
          busy = [...this.#runs.values()].some(({ planner }) => !planner.complete);
        }
      } catch (error) {
        const { code, message } = toDroverError(error);
        log.warn('coordination failed, trying again', { code, error: message });
      }
      if (!busy) await this.#sleep(tickMs);
    }
    await ledger.releaseLease(lease).catch(() => {});
  }

  async #sleep(ms: number): Promise<void> {
    const { signal } = this.#wake;
    if (!this.#stop.signal.aborted) await pause(ms, undefined, { signal }).catch(() => {});
    if (signal.aborted) this.#wake = new AbortController();
  }

  async #inHand(run: Run): Promise<RunInHand> {
    const known = this.#runs.get(run.id);
    if (known?.planner.phase === run.phase) return known;
    await known?.planner.close();
    const { ledger, queue } = this.#parts;
    const inHand = {
      planner: new PhasePlanner({ ...this.#parts, run }),
      reconciler: known?.reconciler ?? new Reconciler(ledger, queue),
      reconciledAt: known?.reconciledAt ?? 0,
    };
    this.#runs.set(run.id, inHand);
    return inHand;
  }

  async #advance(run: Run, inHand: RunInHand): Promise<void> {
    const { ledger, queue, log, host, depth = DEPTH } = this.#parts;
    await inHand.planner.advance();
    const fed = await ledger.feed({ runId: run.id, depth });
    if (fed.length > 0) await queue.add(fed);
    const now = host.now();
    if (now - inHand.reconciledAt >= RECONCILE_MS) {
      inHand.reconciledAt = now;
      const again = await inHand.reconciler.look(run.id);
      if (again.length > 0)
        log.warn('the queue had lost chunks', { run: run.id, chunks: again.length });
    }
    if (await closePhaseIfOver(ledger, run.id)) this.poke();
  }
}

/** What is remembered of a run from one pass to the next. */
interface RunInHand {
  readonly planner: PhasePlanner;
  readonly reconciler: Reconciler;
  reconciledAt: number;
}

import type { Claim, Host, Ledger, Log, Milestone, Pipeline } from '@drover/core';
import type { AttemptsInHand } from './attempts-in-hand.ts';
import type { Breaker } from './breaker.ts';
import type { Congestion } from './congestion.ts';
import type { AttemptLimits } from './decision.ts';
import type { Throttler } from './throttler.ts';

/** What a worker works with; the same for all its attempts. */
export interface Workshop {
  readonly ledger: Ledger;
  readonly pipeline: Pipeline;
  readonly host: Host;
  readonly log: Log;
  readonly workerId: string;
  readonly limits: AttemptLimits;
  /** Rejects that a run may have. */
  readonly maxRejectsInRun: number;
  readonly breaker: Pick<Breaker, 'look'>;
  readonly throttler: Throttler;
  readonly congestion: Congestion;
  /** Hash of the migration file that this worker has. */
  readonly fileHash: string;
  readonly inHand: AttemptsInHand;
  /** Aborted when the worker takes no more work: nobody rests any longer. */
  readonly stopping: AbortSignal;
  /** Called when this attempt closed a phase: the next one is to be planned and fed. */
  readonly onPhaseClosed: (runId: number) => void;
  /** Tests wait here; production passes. */
  readonly reached?: (milestone: Milestone, chunkId: number) => Promise<void>;
}

export type WonClaim = Extract<Claim, { won: true }>;
